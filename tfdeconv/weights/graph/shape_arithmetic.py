"""Shapes, ends and sizes: what operations say as attributes or as inputs, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...limits import MAX_FOLDED_VALUES, MAX_PIECES, MAX_WHOLE_NUMBERS
from . import kinds
from .not_understood import NotUnderstood

# values of an operation's inputs; None for those that are left out, or depend on the image
Arrays = Sequence[Any]


def refuse_large(size: int) -> None:
    """Raises NotUnderstood for more values than anybody computes with beforehand."""
    if size > MAX_FOLDED_VALUES:
        raise NotUnderstood(f"it computes {size:,} values from constants")


def integers(values: Any) -> tuple[int, ...]:
    """Whole numbers of an array; raises NotUnderstood for others."""
    array = np.atleast_1d(np.asarray(values))
    if array.size > MAX_WHOLE_NUMBERS:
        raise NotUnderstood(f"it has {array.size:,} integers as an input, expected a few")
    whole = array.ndim == 1 and array.dtype.kind in "biuf" and np.isfinite(array).all()
    if not whole or (array != np.floor(array)).any():
        raise NotUnderstood("its input does not consist of integers")
    # ONNX ends slices at the largest integer that there is
    return tuple(int(number) for number in array)


def or_input(value: Any, arrays: Arrays, position: int) -> Any:
    """An attribute, or the integers of the input that has it where it is None."""
    if value is not None or len(arrays) <= position or arrays[position] is None:
        return value
    return integers(arrays[position])


def target_shape(kind: kinds.Reshape, lengths: Sequence[int], arrays: Arrays) -> tuple[int, ...]:
    """The shape that a Reshape makes of one."""
    shape = list(or_input(kind.shape, arrays, 1) or ())
    for position, extent in enumerate(shape):
        if extent == 0 and kind.copy_zeros and position < len(lengths):
            shape[position] = lengths[position]
    size = int(np.prod(lengths, dtype=object))
    if shape.count(-1) == 1:
        known = -int(np.prod(shape, dtype=object))
        if known <= 0 or size % known:
            raise NotUnderstood(
                f"it reshapes {list(lengths)} to {shape}, which has another number of values"
            )
        shape[shape.index(-1)] = size // known
    if min(shape, default=1) < 1 or int(np.prod(shape, dtype=object)) != size:
        raise NotUnderstood(
            f"it reshapes {list(lengths)} to {shape}, which has another number of values"
        )
    return tuple(shape)


def slices(kind: kinds.Slice, axes_count: int, arrays: Arrays) -> dict[int, slice]:
    """{axis: the slice along it}."""
    starts = or_input(kind.starts, arrays, 1)
    stops = or_input(kind.stops, arrays, 2)
    if starts is None or stops is None:
        raise NotUnderstood("its start or end is missing")
    axes = or_input(kind.axes, arrays, 3)
    if axes is None:
        axes = tuple(range(len(starts)))
    steps = or_input(kind.steps, arrays, 4)
    if steps is None:
        steps = (1,) * len(starts)
    if not len(starts) == len(stops) == len(axes) == len(steps) or 0 in steps:
        raise NotUnderstood("its starts, ends, axes and steps do not fit together")
    found: dict[int, slice] = {}
    for axis, start, stop, step in zip(axes, starts, stops, steps):
        if not -axes_count <= axis < axes_count:
            raise NotUnderstood(f"it slices axis {axis}, and its input has {axes_count} axes")
        if step < 0 and stop < -(1 << 30):
            stop = None
        found[axis % axes_count] = slice(start, stop, step)
    return found


def pads_of(kind: kinds.Padding, axes_count: int, arrays: Arrays) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis."""
    if kind.pads is not None:
        pads = kind.pads
    else:
        flat = or_input(None, arrays, 1) or ()
        half = len(flat) // 2
        pads = tuple(zip(flat[:half], flat[half:]))
    axes = or_input(kind.axes, arrays, 3)
    if axes is None:
        axes = tuple(range(axes_count))
    if len(axes) != len(pads) or not all(-axes_count <= axis < axes_count for axis in axes):
        raise NotUnderstood("it has pads for other axes than its input has")
    by_axis = dict(zip((axis % axes_count for axis in axes), pads))
    return tuple(by_axis.get(axis, (0, 0)) for axis in range(axes_count))


def split_sizes(kind: kinds.Split, extent: int, arrays: Arrays) -> tuple[int, ...]:
    """How long the pieces are."""
    sizes = or_input(kind.sizes, arrays, 1)
    if sizes is None:
        piece = kind.piece or -(-extent // max(kind.count or 1, 1))
        if piece < 1 or extent // piece > MAX_PIECES:
            raise NotUnderstood(
                f"it splits {extent} values into pieces of {piece}, which are too many"
            )
        starts = range(0, extent, piece)
        sizes = tuple(min(piece, extent - start) for start in starts)
    if tuple(sizes).count(-1) == 1:
        left = extent - sum(sizes) - 1
        sizes = tuple(left if size == -1 else size for size in sizes)
    if sum(sizes) != extent or min(sizes, default=0) < 1:
        raise NotUnderstood(
            f"it splits {extent} values into pieces of {list(sizes)[:8]}, which are not as many"
        )
    return tuple(sizes)


def flat_shape(kind: kinds.Flattened, lengths: Sequence[int]) -> tuple[int, ...]:
    """The shape that a Flattened makes of one."""
    count = len(lengths)
    first = kind.first + count if kind.first < 0 else kind.first
    last = kind.last + count if kind.last < 0 else kind.last
    # of a tensor [n, ...] two axes may be all of it and nothing
    if not 0 <= first <= count - (not kind.two) or (not kind.two and not first <= last < count):
        raise NotUnderstood(
            f"it flattens axes {kind.first} to {kind.last}, and its input has {count} axes"
        )
    if kind.two:
        return int(np.prod(lengths[:first])), int(np.prod(lengths[first:]))
    middle = int(np.prod(lengths[first : last + 1], dtype=object))
    return (*lengths[:first], middle, *lengths[last + 1 :])


def shape_of(kind: kinds.ShapeOf, lengths: Sequence[int]) -> np.ndarray:
    """A tensor's shape, or the length of one axis."""
    if kind.axis is not None:
        return np.array(lengths[kind.axis], np.int64)
    return np.array(lengths[kind.start : kind.stop], np.int64)
