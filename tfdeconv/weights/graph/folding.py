"""What can be worked out without an image: constants, shapes, and what is computed from them.

Exporters write a Flatten as half a dozen operations on shapes. All of their inputs are numbers once
the size of the image is known, so numpy computes them here, within bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...limits import MAX_FOLDED_VALUES
from . import kinds
from .kinds import Kind
from .not_understood import NotUnderstood
from .operation import Constant

Arrays = Sequence[np.ndarray]
Fold = Callable[[Any, Arrays], "np.ndarray | list[np.ndarray]"]


def fold(kind: Kind, constants: Sequence[Constant | None]) -> list[Constant]:
    """The outputs of an operation on constants alone; raises NotUnderstood where it has none."""
    function = FOLDS.get(type(kind))
    if function is None:
        raise NotUnderstood(f"it is a {type(kind).__name__} of constants")
    if constants[0] is not None and is_deferred(kind, constants[0]):
        return [deferred(kind, constants, function)]
    arrays = [array_of(constant) for constant in constants]
    try:
        with np.errstate(all="ignore"):
            outputs = function(kind, arrays)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        raise NotUnderstood(f"its constants do not fit ({str(error)[:80]})") from None
    if not isinstance(outputs, list):
        outputs = [outputs]
    for output in outputs:
        refuse_large(output.size)
    return [Constant.of_array(np.asarray(output)) for output in outputs]


def is_deferred(kind: Kind, constant: Constant) -> bool:
    """Whether an operation waits until its weights are asked for: it only moves many values."""
    if constant.shape is None or not isinstance(kind, DEFERRED):
        return False
    return math.prod(constant.shape) > MANY_VALUES


def deferred(kind: Kind, constants: Sequence[Constant | None], function: Fold) -> Constant:
    """What an operation makes of weights, worked out when it is asked for."""
    weights, *others = constants
    assert weights is not None and weights.shape is not None
    rest = [array_of(constant) for constant in others]
    # of the same shape, in no memory
    outline = np.broadcast_to(np.zeros((), np.float32), weights.shape)
    try:
        shape = np.shape(function(kind, [outline, *rest]))
    except (ValueError, TypeError, LookupError) as error:
        raise NotUnderstood(f"its constants do not fit ({str(error)[:80]})") from None

    def read() -> np.ndarray:
        return np.ascontiguousarray(function(kind, [weights.read(), *rest]))

    return Constant(shape, weights.dtype, read, weights.name)


def array_of(constant: Constant | None) -> Any:
    """A constant's values; None for an input that is left out."""
    if constant is None:
        return None
    if constant.shape is None:
        raise NotUnderstood("it computes with a variable")
    refuse_large(int(np.prod(constant.shape, dtype=np.float64)))
    return constant.read()


DEFERRED = (
    kinds.Transpose,
    kinds.Reshape,
    kinds.Flattened,
    kinds.Squeeze,
    kinds.Unsqueeze,
    kinds.Idle,
)
MANY_VALUES = 1 << 16


def refuse_large(size: int) -> None:
    """Raises NotUnderstood for more values than anybody computes with beforehand."""
    if size > MAX_FOLDED_VALUES:
        raise NotUnderstood(f"it computes {size:,} values from constants")


def integers(values: Any) -> tuple[int, ...]:
    """Whole numbers of an array; raises NotUnderstood for others."""
    array = np.atleast_1d(np.asarray(values))
    if array.ndim != 1 or not np.isfinite(array).all() or (array != np.floor(array)).any():
        raise NotUnderstood("it has no whole numbers where they are needed")
    # ONNX ends slices at the largest integer that there is
    return tuple(int(number) for number in array)


def or_input(value: Any, arrays: Arrays, position: int) -> Any:
    """An attribute, or the integers of the input that has it where it is None."""
    if value is not None or len(arrays) <= position or arrays[position] is None:
        return value
    return integers(arrays[position])


# shapes


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
            raise NotUnderstood(f"it reshapes {list(lengths)} to {shape}")
        shape[shape.index(-1)] = size // known
    if min(shape, default=1) < 1 or int(np.prod(shape, dtype=object)) != size:
        raise NotUnderstood(f"it reshapes {list(lengths)} to {shape}")
    return tuple(shape)


def slices(kind: kinds.Slice, axes_count: int, arrays: Arrays) -> dict[int, slice]:
    """{axis: the slice along it}."""
    starts = or_input(kind.starts, arrays, 1)
    stops = or_input(kind.stops, arrays, 2)
    if starts is None or stops is None:
        raise NotUnderstood("it does not say where it begins and ends")
    axes = or_input(kind.axes, arrays, 3)
    if axes is None:
        axes = tuple(range(len(starts)))
    steps = or_input(kind.steps, arrays, 4)
    if steps is None:
        steps = (1,) * len(starts)
    if not len(starts) == len(stops) == len(axes) == len(steps) or 0 in steps:
        raise NotUnderstood("its beginnings, ends, axes and steps do not fit each other")
    found: dict[int, slice] = {}
    for axis, start, stop, step in zip(axes, starts, stops, steps):
        if not -axes_count <= axis < axes_count:
            raise NotUnderstood(f"it slices axis {axis} of {axes_count}")
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
        raise NotUnderstood("its pads do not fit its axes")
    by_axis = dict(zip((axis % axes_count for axis in axes), pads))
    return tuple(by_axis.get(axis, (0, 0)) for axis in range(axes_count))


def split_sizes(kind: kinds.Split, extent: int, arrays: Arrays) -> tuple[int, ...]:
    """How long the pieces are."""
    sizes = or_input(kind.sizes, arrays, 1)
    if sizes is None:
        piece = kind.piece or -(-extent // max(kind.count or 1, 1))
        starts = range(0, extent, piece)
        sizes = tuple(min(piece, extent - start) for start in starts)
    if sum(sizes) != extent or min(sizes, default=0) < 1:
        raise NotUnderstood(f"it splits {extent} into {list(sizes)[:8]}")
    return tuple(sizes)


# functions of constants


def elementwise(kind: kinds.Elementwise, arrays: Arrays) -> np.ndarray:
    result = arrays[0]
    for array in arrays[1:]:
        if kind.operation == "divide" and result.dtype.kind in "iu" and array.dtype.kind in "iu":
            # towards zero, as ONNX and torch have it
            result = np.trunc(result / array).astype(result.dtype)
        else:
            result = ARITHMETIC[kind.operation](result, array)
        refuse_large(result.size)
    if kind.operation == "average":
        result = result / len(arrays)
    return result


def expanded(kind: kinds.Expand, arrays: Arrays) -> np.ndarray:
    shape = or_input(kind.shape, arrays, 1) or ()
    old = (1,) * (len(shape) - arrays[0].ndim) + arrays[0].shape
    wanted = [new if new != -1 else length for new, length in zip(shape, old)]
    result_shape = np.broadcast_shapes(old, tuple(wanted))
    refuse_large(int(np.prod(result_shape, dtype=np.float64)))
    return np.broadcast_to(arrays[0], result_shape).copy()


def sliced(kind: kinds.Slice, arrays: Arrays) -> np.ndarray:
    found = slices(kind, arrays[0].ndim, arrays)
    key = tuple(found.get(axis, slice(None)) for axis in range(arrays[0].ndim))
    return arrays[0][key]


def padded(kind: kinds.Padding, arrays: Arrays) -> np.ndarray:
    pads = pads_of(kind, arrays[0].ndim, arrays)
    if kind.mode != "constant" or min(map(min, pads), default=0) < 0:
        raise ValueError(kind.mode)
    sizes = [sum(pad) + extent for pad, extent in zip(pads, arrays[0].shape)]
    refuse_large(int(np.prod(sizes, dtype=np.float64)))
    value = kind.value
    if len(arrays) > 2 and arrays[2] is not None:
        value = arrays[2].item()
    return np.pad(arrays[0], pads, constant_values=value)


def split(kind: kinds.Split, arrays: Arrays) -> list[np.ndarray]:
    sizes = split_sizes(kind, arrays[0].shape[kind.axis], arrays)
    return np.split(arrays[0], np.cumsum(sizes)[:-1], axis=kind.axis)


def reduced(kind: kinds.Reduction, arrays: Arrays) -> np.ndarray:
    axes = or_input(kind.axes, arrays, 1)
    return REDUCTIONS[kind.kind](arrays[0], axis=axes, keepdims=kind.keep)


def unsqueezed(kind: kinds.Unsqueeze, arrays: Arrays) -> np.ndarray:
    axes = or_input(kind.axes, arrays, 1)
    if axes is None:
        raise ValueError("no axes")
    return np.expand_dims(arrays[0], axes)


def flattened(kind: kinds.Flattened, arrays: Arrays) -> np.ndarray:
    return arrays[0].reshape(flat_shape(kind, arrays[0].shape))


def flat_shape(kind: kinds.Flattened, lengths: Sequence[int]) -> tuple[int, ...]:
    """The shape that a Flattened makes of one."""
    count = len(lengths)
    first = kind.first + count if kind.first < 0 else kind.first
    last = kind.last + count if kind.last < 0 else kind.last
    if kind.two:
        return int(np.prod(lengths[:first])), int(np.prod(lengths[first:]))
    middle = int(np.prod(lengths[first : last + 1], dtype=object))
    return (*lengths[:first], middle, *lengths[last + 1 :])


def computed(kind: kinds.Computation, arrays: Arrays) -> np.ndarray:
    if kind.function not in FUNCTIONS:
        raise NotUnderstood(f"it computes {kind.function}")
    return np.asarray(FUNCTIONS[kind.function](*arrays, *kind.arguments))


def arange(start: np.ndarray, stop: np.ndarray, step: np.ndarray) -> np.ndarray:
    count = (float(stop) - float(start)) / float(step)
    refuse_large(int(max(count, 0)))
    return np.arange(start, stop, step)


def filled(shape: np.ndarray, value: Any) -> np.ndarray:
    extents = integers(shape) if np.size(shape) else ()
    refuse_large(int(np.prod(extents, dtype=np.float64)))
    return np.full(extents, value)


ARITHMETIC: dict[str, Callable] = {
    "add": np.add,
    "average": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
}
REDUCTIONS: dict[str, Callable] = {
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "sum": np.sum,
}
# what shapes and constants are computed with, besides the kinds that maps have, too
FUNCTIONS: dict[str, Callable] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "equal": np.equal,
    "exp": np.exp,
    "fill": filled,
    "floor": np.floor,
    "floor_divide": np.floor_divide,
    "greater": np.greater,
    "less": np.less,
    "log": np.log,
    "logical_and": np.logical_and,
    "logical_not": np.logical_not,
    "logical_or": np.logical_or,
    "mod": np.mod,
    "negative": np.negative,
    "product": np.prod,
    "range": arange,
    "reciprocal": np.reciprocal,
    "round": np.round,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "size": np.size,
    "sqrt": np.sqrt,
    "square": np.square,
    "where": np.where,
}
FOLDS: dict[type[Kind], Fold] = {
    kinds.Elementwise: elementwise,
    kinds.Power: lambda kind, arrays: np.power(arrays[0], arrays[1]),
    kinds.MatrixProduct: lambda kind, arrays: arrays[0] @ arrays[1],
    kinds.Reshape: lambda kind, arrays: arrays[0].reshape(
        target_shape(kind, arrays[0].shape, arrays)
    ),
    kinds.Flattened: flattened,
    kinds.Transpose: lambda kind, arrays: np.transpose(arrays[0], kind.order),
    kinds.Squeeze: lambda kind, arrays: np.squeeze(arrays[0], or_input(kind.axes, arrays, 1)),
    kinds.Unsqueeze: unsqueezed,
    kinds.Expand: expanded,
    kinds.Padding: padded,
    kinds.Slice: sliced,
    kinds.Take: lambda kind, arrays: np.take(
        arrays[0], arrays[1] if kind.indices is None else kind.indices, kind.axis
    ),
    kinds.Joined: lambda kind, arrays: (
        np.stack(arrays, kind.axis) if kind.new_axis else np.concatenate(arrays, kind.axis)
    ),
    kinds.Split: split,
    kinds.Reduction: reduced,
    kinds.Idle: lambda kind, arrays: arrays[0],
    kinds.Function: lambda kind, arrays: FUNCTIONS[kind.function](arrays[0]),
    kinds.Cast: lambda kind, arrays: arrays[0].astype(kind.dtype),
    kinds.ShapeOf: lambda kind, arrays: shape_of(kind, arrays[0].shape),
    kinds.Computation: computed,
}


def shape_of(kind: kinds.ShapeOf, lengths: Sequence[int]) -> np.ndarray:
    """A tensor's shape, or the length of one axis."""
    if kind.axis is not None:
        return np.array(lengths[kind.axis], np.int64)
    return np.array(lengths[kind.start : kind.stop], np.int64)
