"""Constants that meet a map value by value, as numbers for its rows, columns and channels."""

from __future__ import annotations

import numpy as np

from .axes import CHANNELS, COLUMNS, ROWS, Factor
from .feature_map import FeatureMap
from .not_understood import NotUnderstood
from .shape_arithmetic import refuse_large


def cell_values(values: np.ndarray, x: FeatureMap) -> np.ndarray:
    """A constant for a tensor, whose last axes are meant, as [h or 1, w or 1, c or 1].

    Raises NotUnderstood where it would make the tensor larger, or differs by image.
    """
    shape = refuse_larger(x, values)
    factors: list[Factor] = []
    for axis, extent in zip(x.axes, shape):
        for factor in axis:
            # along an axis that it does not differ on
            factors.append(factor if extent > 1 else factor._replace(size=1))
    sizes = [factor.size for factor in factors]
    parts = values.reshape(sizes or [1])
    if any(factor.dimension not in (ROWS, COLUMNS, CHANNELS) for factor in kept(factors)):
        raise NotUnderstood("its constant differs from image to image")
    return in_order(parts, factors, x)


def kept(factors: list[Factor]) -> list[Factor]:
    return [factor for factor in factors if factor.size > 1]


def in_order(parts: np.ndarray, factors: list[Factor], x: FeatureMap) -> np.ndarray:
    """Values by factor as [h or 1, w or 1, c or 1], each dimension whole or not there."""
    present = kept(factors)
    dimensions = (ROWS, COLUMNS, CHANNELS)
    extents = []
    for dimension in dimensions:
        differs = any(factor.dimension == dimension for factor in present)
        extents.append(x.extent(dimension) if differs else 1)
    refuse_large(int(np.prod(extents, dtype=np.float64)))
    # a factor of a dimension that the constant does not differ on is repeated
    wanted: list[Factor] = []
    for dimension, extent in zip(dimensions, extents):
        if extent > 1:
            own = [factor for axis in x.axes for factor in axis if factor.dimension == dimension]
            wanted.extend(sorted(own, key=lambda factor: -factor.stride))
    squeezed = parts.reshape([factor.size for factor in present] or [1])
    order, shape = [], []
    for factor in wanted:
        if factor in present:
            order.append(present.index(factor))
            shape.append(factor.size)
        else:
            shape.append(1)
    moved = np.transpose(squeezed, order) if order else squeezed
    full = np.broadcast_to(moved.reshape(shape or [1]), [f.size for f in wanted] or [1])
    return full.reshape(extents)


def refuse_larger(x: FeatureMap, values: np.ndarray) -> tuple[int, ...]:
    """A constant's shape with as many axes as a tensor has, which it may not make larger."""
    shape = (1,) * (len(x.axes) - values.ndim) + values.shape
    fits = all(extent in (1, length) for extent, length in zip(shape, x.lengths))
    if len(shape) != len(x.axes) or not fits:
        raise NotUnderstood(
            f"it meets a constant of the shape {list(values.shape)}, "
            f"its input has {list(x.lengths)}"
        )
    return shape
