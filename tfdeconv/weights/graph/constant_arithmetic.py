"""What operations make of constants, with numpy, once folding.py has checked the sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...limits import MAX_FILLED_VALUES
from . import kinds
from .kinds import Kind
from .not_understood import NotUnderstood
from .shape_arithmetic import (
    Arrays,
    flat_shape,
    integers,
    or_input,
    pads_of,
    refuse_large,
    shape_of,
    slices,
    split_sizes,
    target_shape,
)

Fold = Callable[[Any, Arrays], "np.ndarray | list[np.ndarray]"]


def elementwise(kind: kinds.Elementwise, arrays: Arrays) -> np.ndarray:
    result = arrays[0]
    for array in arrays[1:]:
        if kind.operation == "divide" and result.dtype.kind in "iu" and array.dtype.kind in "iu":
            if not array.all():
                raise ZeroDivisionError("a whole number over 0")
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
    if not arrays[0].size:
        raise ValueError("the mean or sum of no values")
    return REDUCTIONS[kind.kind](arrays[0], axis=axes, keepdims=kind.keep)


def unsqueezed(kind: kinds.Unsqueeze, arrays: Arrays) -> np.ndarray:
    axes = or_input(kind.axes, arrays, 1)
    if axes is None:
        raise ValueError("no axes")
    return np.expand_dims(arrays[0], axes)


def flattened(kind: kinds.Flattened, arrays: Arrays) -> np.ndarray:
    return arrays[0].reshape(flat_shape(kind, arrays[0].shape))


def computed(kind: kinds.Computation, arrays: Arrays) -> np.ndarray:
    if kind.function not in FUNCTIONS:
        raise NotUnderstood(f"it computes {kind.function} of constants, which is not understood")
    return np.asarray(FUNCTIONS[kind.function](*arrays, *kind.arguments))


def arange(start: Any, stop: Any, step: Any) -> np.ndarray:
    count = (float(stop) - float(start)) / float(step)
    refuse_large(int(max(count, 0)))
    return np.arange(start, stop, step)


def filled(shape: np.ndarray, value: Any) -> np.ndarray:
    """One value everywhere: in no memory, so that it may be as many as a layer's weights."""
    extents = integers(shape) if np.size(shape) else ()
    size = int(np.prod(extents, dtype=np.float64))
    if size > MAX_FILLED_VALUES or min(extents, default=0) < 0:
        raise NotUnderstood(
            f"it fills an array of the shape {list(extents)[:8]}, which is too large or impossible"
        )
    return np.broadcast_to(np.asarray(value), extents)


def tiled(kind: kinds.Tile, arrays: Arrays) -> np.ndarray:
    times = or_input(kind.times, arrays, 1) or ()
    refuse_large(int(np.prod(times, dtype=np.float64)) * arrays[0].size)
    return np.tile(arrays[0], times)


ARITHMETIC: dict[str, Callable] = {
    "add": np.add,
    "average": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
}
REDUCTIONS: dict[str, Callable] = {"mean": np.mean, "max": np.max, "min": np.min, "sum": np.sum}
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
    # numpy's own rounds those of whole numbers
    "reciprocal": lambda x: 1 / x,
    "round": np.round,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sign": np.sign,
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
    kinds.MovedAxis: lambda kind, arrays: np.moveaxis(arrays[0], kind.source, kind.target),
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
    kinds.Tile: tiled,
    kinds.Reduction: reduced,
    kinds.Idle: lambda kind, arrays: arrays[0],
    kinds.Function: lambda kind, arrays: FUNCTIONS[kind.function](arrays[0]),
    # what was chosen is all that is left
    kinds.Choice: lambda kind, arrays: arrays[0],
    kinds.Cast: lambda kind, arrays: arrays[0].astype(kind.dtype),
    kinds.ShapeOf: lambda kind, arrays: shape_of(kind, arrays[0].shape),
    kinds.Computation: computed,
}
