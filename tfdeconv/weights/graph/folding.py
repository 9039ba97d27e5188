"""What can be worked out without an image: constants, shapes, and what is computed from them.

Exporters write a Flatten as half a dozen operations on shapes. All of their inputs are numbers once
the size of the image is known, so numpy computes them here, within bounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import kinds
from .constant_arithmetic import FOLDS, Fold
from .kinds import Kind
from .not_understood import MISTAKES, NotUnderstood, misfit_of
from .operation import Constant
from .shape_arithmetic import Arrays, refuse_large, shape_of

# what only moves values waits, where these are many, until somebody asks for them
DEFERRED = (
    kinds.Transpose,
    kinds.MovedAxis,
    kinds.Reshape,
    kinds.Flattened,
    kinds.Squeeze,
    kinds.Unsqueeze,
    kinds.Idle,
)
MANY_VALUES = 1 << 16
# operations one behind the other that wait; each is a call within the last
MOST_DEFERRED = 16

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


def fold(kind: Kind, constants: Sequence[Constant | None]) -> list[Constant]:
    """The outputs of an operation on constants alone; raises NotUnderstood where it has none."""
    function = FOLDS.get(type(kind))
    if isinstance(kind, kinds.Unknown):
        raise NotUnderstood(kind.reason)
    if function is None:
        raise NotUnderstood(f"it is a {type(kind).__name__} of constants, which is not understood")
    first = constants[0] if constants else None
    if first is not None and is_deferred(kind, first):
        return [deferred(kind, constants, function)]
    try:
        if isinstance(kind, kinds.ShapeOf) and first is not None and first.shape is not None:
            return [Constant.of_array(shape_of(kind, first.shape))]
        arrays = [array_of(constant) for constant in constants]
        with np.errstate(all="ignore"):
            refuse_large_result(kind, arrays)
            outputs = function(kind, arrays)
    except MISTAKES as error:
        raise misfit_of(error) from None
    if not isinstance(outputs, list):
        outputs = [outputs]
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
        raise NotUnderstood(
            f"more than {MOST_DEFERRED} operations, one after another, rearrange its constants"
        )

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
