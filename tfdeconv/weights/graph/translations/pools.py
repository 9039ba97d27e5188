"""Pools in windows and over whole maps, and resizing."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....network.layers import (
    AvgPool,
    Conv,
    DepthToSpace,
    GlobalAvgPool,
    GlobalMaxPool,
    GlobalPool,
    Identity,
    MaxPool,
    Resize,
    SpaceToDepth,
)
from .. import kinds
from ..axes import CHANNELS, COLUMNS, ROWS, joined
from ..call import Call, constant_parameter
from ..feature_map import FeatureMap
from ..not_understood import NotUnderstood
from ..shape_arithmetic import or_input
from .scaling import affine

POOLS: dict[str, type[GlobalPool]] = {"mean": GlobalAvgPool, "max": GlobalMaxPool}


def pooling(call: Call) -> FeatureMap:
    kind: kinds.Pooling = call.kind
    x = call.as_map(call.map(), kind.channel_axis)
    if kind.kind == "max":
        layer = MaxPool(kind.size, kind.stride, kind.pad, kind.dilation, ceil=kind.ceil)
        return call.add_map(layer, x, kind.channel_axis)
    if kind.dilation != (1, 1):
        raise NotUnderstood("it averages over windows with a dilation")
    mean = AvgPool(kind.size, kind.stride, kind.pad, count_pads=kind.count_pads, ceil=kind.ceil)
    return call.add_map(mean, x, kind.channel_axis)


def adaptive_mean(call: Call) -> FeatureMap:
    """To one cell it is a global mean; to the size that there is, nothing."""
    kind: kinds.AdaptiveMean = call.kind
    x = call.as_map(call.map(), kind.channel_axis)
    if kind.size == (1, 1):
        return call.add_map(GlobalAvgPool(keep=True), x, kind.channel_axis)
    layer = Resize(*kind.size, interpolation="area")
    return call.add_map(layer, x, kind.channel_axis)


def reduction(call: Call) -> FeatureMap:
    """Over rows and columns, or the mean or sum over the channels."""
    kind: kinds.Reduction = call.kind
    x = call.ordered_map()
    axes = or_input(kind.axes, call.arrays(), 1)
    numbers = sorted({x.axis(number) for number in axes or range(len(x.axes))})
    factors = joined([factor for number in numbers for factor in x.axes[number]])
    cells = x.whole(ROWS) + x.whole(COLUMNS)
    left = tuple(() if number in numbers else axis for number, axis in enumerate(x.axes))
    if not kind.keep:
        left = tuple(axis for number, axis in enumerate(x.axes) if number not in numbers)
    over = {factor.dimension for factor in factors}
    if not factors and x.single_cell and len(numbers) != 2:
        return call.add(Identity(), x).with_axes(left)
    if len(numbers) == 1:
        call.require_fixed_cells(x)
    if over <= {ROWS, COLUMNS} and sorted(factors) == sorted(cells) and kind.kind in POOLS:
        keep = kind.keep or len(left) != 2
        y = call.add(POOLS[kind.kind](keep), x)
        return y.with_axes(left)
    if over <= {ROWS, COLUMNS} and sorted(factors) == sorted(cells) and kind.kind == "sum":
        # of as many cells as there are: another size of image has other sums
        mean = call.add(AvgPool(x.shape[:2], 1), x, suffix="/mean")
        count = np.array(x.shape[0] * x.shape[1])
        return affine(call, mean, count, np.zeros(1)).with_axes(left)
    if over == {CHANNELS} and factors == x.whole(CHANNELS) and kind.kind in ("mean", "sum"):
        weight = 1 / x.channels if kind.kind == "mean" else 1.0
        kernel = np.full((1, 1, x.channels, 1), weight, np.float32)
        parameters = {"kernel": constant_parameter(kernel)}
        y = call.add(Conv(1, 1, bias=False), x, parameters=parameters)
        return y.with_axes(left)
    raise NotUnderstood(f"it takes the {kind.kind} over axes that are not rows and columns")


def resizing(call: Call) -> FeatureMap:
    kind: kinds.Resizing = call.kind
    x = call.as_map(call.map(), kind.channel_axis)
    sizes = per_axis(call, kind, kind.sizes, 1)
    scales = per_axis(call, kind, kind.scales, 2)
    height, width = x.shape[:2]
    if sizes is not None:
        rows, columns = (int(extent) for extent in sizes)
        by_factor = kind.fit == "stretch" and not call.builder.any_size
        if by_factor and (rows, columns) == (height, width):
            return call.add_map(Identity(), x, kind.channel_axis)
        if by_factor and rows % height == 0 and columns % width == 0:
            # a factor holds for every size of image
            scales = rows / height, columns / width
    how: dict[str, Any] = {
        "interpolation": kind.interpolation,
        "coordinates": kind.coordinates,
        "rounding": kind.rounding,
        "cubic": kind.cubic,
        "exclude_outside": kind.exclude_outside,
    }
    if scales is not None:
        layer = Resize(factor=(plain_number(scales[0]), plain_number(scales[1])), **how)
    elif sizes is not None:
        layer = Resize(rows, columns, fit=kind.fit, **how)
    else:
        raise NotUnderstood("its output size is missing")
    return call.add_map(layer, x, kind.channel_axis)


def plain_number(value: float) -> float:
    """A whole number as an integer."""
    return int(value) if float(value).is_integer() else float(value)


def per_axis(
    call: Call, kind: kinds.Resizing, value: tuple | None, position: int
) -> tuple[float, float] | None:
    """Two numbers for rows and columns, of an attribute or of an input for all four axes."""
    if value is not None:
        return value
    array = call.array(position)
    if array is None or not array.size:
        return None
    numbers = [float(number) for number in np.ravel(array)]
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    if len(numbers) != 4:
        raise NotUnderstood(f"it resizes {len(numbers)} axes, expected four")
    places = [number for number in range(1, 4) if number != kind.channel_axis % 4]
    x = call.map()
    unchanged = (1.0, float(x.lengths[0])), (1.0, float(x.lengths[kind.channel_axis % 4]))
    if numbers[0] not in unchanged[0] or numbers[kind.channel_axis % 4] not in unchanged[1]:
        raise NotUnderstood("it resizes the batch or the channels")
    return numbers[places[0]], numbers[places[1]]


def depth_to_space(call: Call) -> FeatureMap:
    kind: kinds.DepthToSpace = call.kind
    x = call.as_map(call.map(), kind.channel_axis)
    return call.add_map(DepthToSpace(kind.block, kind.order), x, kind.channel_axis)


def space_to_depth(call: Call) -> FeatureMap:
    kind: kinds.SpaceToDepth = call.kind
    x = call.as_map(call.map(), kind.channel_axis)
    return call.add_map(SpaceToDepth(kind.block, kind.order), x, kind.channel_axis)
