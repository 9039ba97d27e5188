"""Which of a map's rows, columns and channels the axes of a framework's tensor are.

This program's maps are [batch, rows, columns, channels]. A framework's tensor may have its axes in
another order, several of them in one, or one in several: [n, c, h, w], [n, c * h * w],
[n, 2, c / 2, h, w]. Each axis is a list of *factors*, the outermost first, and each factor is a
part of the index along a dimension of the map:

    index along the dimension = ... + i * stride + ...      for i from 0 to size - 1

The channels of [n, c, h, w] with 6 channels are the factor (c, 6, 1). Reshaped to [n, 2, 3, h, w]
they are (c, 2, 3) and (c, 3, 1): channel 3 i + j. Transposed to [n, 3, 2, h, w] and reshaped back
the axis is (c, 3, 1), (c, 2, 3): a channel shuffle. So a Reshape and a Transpose cost nothing: they
rename. What they come to is worked out where a layer needs the map itself (feature_map.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from .not_understood import NotUnderstood

BATCH, ROWS, COLUMNS, CHANNELS = "n", "h", "w", "c"


class Factor(NamedTuple):
    """A part of the index along a dimension: i * stride for i from 0 to size - 1."""

    dimension: str
    size: int
    stride: int = 1


# a tensor's axis: its factors from the outermost in; one of length 1 has none
Axis = tuple[Factor, ...]
Axes = tuple[Axis, ...]


def axis_of(dimension: str, extent: int) -> Axis:
    """The axis that is a whole dimension."""
    return (Factor(dimension, extent),) if extent != 1 else ()


def length(axis: Axis) -> int:
    return prod(factor.size for factor in axis)


def lengths(axes: Axes) -> tuple[int, ...]:
    """The shape of a tensor with these axes."""
    return tuple(map(length, axes))


def joined(factors: Sequence[Factor]) -> Axis:
    """Factors with those in one that follow each other along one dimension."""
    axis: list[Factor] = []
    for factor in factors:
        outer = axis[-1] if axis else None
        if (
            outer
            and outer.dimension == factor.dimension
            and outer.stride == factor.size * factor.stride
        ):
            axis[-1] = Factor(factor.dimension, outer.size * factor.size, factor.stride)
        else:
            axis.append(factor)
    return tuple(axis)


def reshaped(axes: Axes, shape: Sequence[int]) -> Axes:
    """The axes of a tensor that is reshaped, values in their order.

    Raises NotUnderstood where an axis would be of parts that are no factors.
    """
    left: list[Factor] = []
    for axis in axes:
        left.extend(axis)
    if prod(shape) != prod(factor.size for factor in left):
        raise NotUnderstood(
            f"it reshapes {list(lengths(axes))} to {list(shape)}, which splits its axes unevenly"
        )
    new_axes: list[Axis] = []
    for extent in shape:
        factors: list[Factor] = []
        missing = extent
        while missing > 1:
            factor = left.pop(0)
            if missing % factor.size == 0:
                factors.append(factor)
                missing //= factor.size
            elif factor.size % missing == 0:
                inner = factor.size // missing
                factors.append(Factor(factor.dimension, missing, factor.stride * inner))
                left.insert(0, Factor(factor.dimension, inner, factor.stride))
                missing = 1
            else:
                raise NotUnderstood(
                    f"it reshapes {list(lengths(axes))} to {list(shape)}, which splits its axes "
                    "unevenly"
                )
        new_axes.append(joined(factors))
    return tuple(new_axes)


def dimensions(axis: Axis) -> set[str]:
    """The dimensions that an axis has parts of."""
    return {factor.dimension for factor in axis}


def is_whole(axis: Axis, dimension: str, extent: int) -> bool:
    """Whether an axis is a dimension of that extent, in its order."""
    return axis == axis_of(dimension, extent)


def has_once(axes: Sequence[Axis], dimension: str, extent: int) -> bool:
    """Whether a dimension's parts on all axes make it up, each of them once."""
    parts = [factor for axis in axes for factor in axis if factor.dimension == dimension]
    covered = 1
    for factor in sorted(parts, key=lambda factor: factor.stride):
        if factor.stride != covered:
            return False
        covered *= factor.size
    return covered == extent


def indices(factors: Sequence[Factor]) -> list[int]:
    """The index along the dimension for each value along an axis of factors of one dimension."""
    values = [0]
    for factor in factors:
        inner: list[int] = []
        for value in values:
            inner.extend(value + i * factor.stride for i in range(factor.size))
        values = inner
    return values
