"""What can be worked out without an image: constants, shapes, and what is computed from them.

Exporters write a Flatten as half a dozen operations on shapes. All of their inputs are numbers once
the size of the image is known, so numpy computes them here, within bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import kinds
from .kinds import Kind
from .not_understood import MISTAKES, NotUnderstood, misfit_of
from .operation import Constant
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
# what only moves values waits, where these are many, until somebody asks for them
DEFERRED = (
    kinds.Transpose,
    kinds.Reshape,
    kinds.Flattened,
    kinds.Squeeze,
    kinds.Unsqueeze,
    kinds.Idle,
)
MANY_VALUES = 1 << 16
# operations one behind the other that wait; each is a call within the last
MOST_DEFERRED = 16


def fold(kind: Kind, constants: Sequence[Constant | None]) -> list[Constant]:
    """The outputs of an operation on constants alone; raises NotUnderstood where it has none."""
    function = FOLDS.get(type(kind))
    if function is None:
        raise NotUnderstood(f"it is a {type(kind).__name__} of constants")
    first = constants[0] if constants else None
    if isinstance(kind, kinds.ShapeOf) and first is not None and first.shape is not None:
        return [Constant.of_array(shape_of(kind, first.shape))]
    if first is not None and is_deferred(kind, first):
        return [deferred(kind, constants, function)]
    arrays = [array_of(constant) for constant in constants]
    try:
        with np.errstate(all="ignore"):
            refuse_large_result(kind, arrays)
            outputs = function(kind, arrays)
    except MISTAKES as error:
        raise misfit_of(error) from None
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
    except MISTAKES as error:
        raise misfit_of(error) from None
    if weights.depth >= MOST_DEFERRED:
        raise NotUnderstood(f"more than {MOST_DEFERRED} operations move its constants")

    def read() -> np.ndarray:
        return np.ascontiguousarray(function(kind, [weights.read(), *rest]))

    return Constant(shape, weights.dtype, read, weights.name, weights.depth + 1)


def array_of(constant: Constant | None) -> Any:
    """A constant's values; None for an input that is left out."""
    if constant is None:
        return None
    if constant.shape is None:
        raise NotUnderstood("it computes with a variable")
    refuse_large(math.prod(constant.shape))
    array = constant.read()
    if array.dtype.kind not in "biuf":
        raise NotUnderstood(f"it computes with values of the type {array.dtype.name}")
    return array


def refuse_large_result(kind: Kind, arrays: Arrays) -> None:
    """Raises NotUnderstood for an output that would be too large, before it is made.

    Raises ValueError for arrays that cannot meet.
    """
    given = [array for array in arrays if array is not None]
    if isinstance(kind, ELEMENTWISE):
        refuse_large(math.prod(np.broadcast_shapes(*(array.shape for array in given))))
    elif isinstance(kind, kinds.Joined):
        refuse_large(sum(array.size for array in given))
    elif isinstance(kind, kinds.MatrixProduct):
        # its multiply-adds, which are as many for a square kernel as for all of its values
        refuse_large(arrays[0].size * (arrays[1].shape[-1] if arrays[1].ndim > 1 else 1))
    elif isinstance(kind, kinds.Take) and kind.indices is None:
        refuse_large(arrays[0].size // max(arrays[0].shape[kind.axis], 1) * arrays[1].size)
    elif isinstance(kind, kinds.Computation) and kind.function in BROADCAST:
        refuse_large(math.prod(np.broadcast_shapes(*(array.shape for array in given))))


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
        raise NotUnderstood(f"it computes {kind.function}")
    return np.asarray(FUNCTIONS[kind.function](*arrays, *kind.arguments))


def arange(start: Any, stop: Any, step: Any) -> np.ndarray:
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
    "reciprocal": np.reciprocal,
    "round": np.round,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "size": np.size,
    "sqrt": np.sqrt,
    "square": np.square,
    "where": np.where,
}
# those of several arrays that meet value by value
BROADCAST = (
    "equal",
    "floor_divide",
    "greater",
    "less",
    "logical_and",
    "logical_or",
    "mod",
    "where",
)
ELEMENTWISE = (kinds.Elementwise, kinds.Power)
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
