"""Norms of all kinds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ....network.base import Layer
from ....network.layers import LRN, BatchNorm, GroupNorm, LayerNorm, RMSNorm, UnitNorm
from .. import kinds
from ..axes import BATCH, CHANNELS, COLUMNS, ROWS, Axis, dimensions, indices, length, lengths
from ..call import Call, constant_parameter
from ..feature_map import FeatureMap
from ..not_understood import NotUnderstood
from ..operation import Parameter


def channel_parameters(call: Call, names: dict[str, int], channels: int) -> dict[str, Parameter]:
    """Those of the inputs at these places that there are, as a value for each channel."""
    parameters: dict[str, Parameter] = {}
    for name, position in names.items():
        constant = call.optional(position)
        if constant is None:
            continue
        if constant.shape is None or constant.shape == (channels,):
            parameters[name] = Parameter((constant,))
        elif constant.shape[-1:] == (channels,) and np.prod(constant.shape) == channels:
            parameters[name] = Parameter((constant,), np.ravel, (channels,))
        else:
            raise NotUnderstood(
                f"its {name} has the shape {list(constant.shape)}, for {channels} channels"
            )
    return parameters


def batch_normalization(call: Call) -> FeatureMap:
    kind: kinds.BatchNormalization = call.kind
    x = call.with_channels_at(call.map(), kind.channel_axis)
    names = {"gamma": 1, "beta": 2, "mean": 3, "variance": 4}
    parameters = channel_parameters(call, names, x.channels)
    if not parameters.keys() >= {"mean", "variance"}:
        raise NotUnderstood("it has no statistics: it normalises as in training")
    layer = BatchNorm(kind.epsilon, "gamma" in parameters, "beta" in parameters)
    return call.add_along(layer, x, parameters)


def group_normalization(call: Call) -> FeatureMap:
    """Over whole maps: of channels that are one axis, or whose groups are one."""
    kind: kinds.GroupNormalization = call.kind
    x = call.map()
    number = x.axis(kind.channel_axis)
    groups = kind.groups or x.lengths[number]
    if not kind.groups and is_batch_of_channels(x, number):
        # torch's instance norm without its modules
        parameters = repeated_parameters(call, x)
        groups = x.channels
    elif kind.groups or x.has_channels_at(number):
        x = call.with_channels_at(x, number)
        parameters = channel_parameters(call, {"gamma": 1, "beta": 2}, x.channels)
    else:
        # [n, groups, the rest], as exporters write a group norm
        require_groups(x, number)
        parameters = group_parameters(call, groups)
    layer = GroupNorm(groups, kind.epsilon, "gamma" in parameters, "beta" in parameters)
    return call.add_along(layer, x, parameters)


def is_batch_of_channels(x: FeatureMap, number: int) -> bool:
    """Whether an axis is the channels of all images, one behind the other, and none is before."""
    both = x.whole(BATCH) + x.whole(CHANNELS)
    return x.batch > 1 and x.axes[number] == both and not any(x.axes[:number])


def repeated_parameters(call: Call, x: FeatureMap) -> dict[str, Parameter]:
    """Parameters for the channels of each image, which are the same for all."""
    parameters: dict[str, Parameter] = {}
    for name, position in (("gamma", 1), ("beta", 2)):
        values = call.array(position)
        if values is None:
            continue
        if values.shape != (x.batch * x.channels,):
            raise NotUnderstood(f"its {name} has the shape {list(values.shape)}")
        by_image = values.reshape(x.batch, x.channels)
        if (by_image != by_image[0]).any():
            raise NotUnderstood(f"its {name} differs from image to image")
        parameters[name] = constant_parameter(by_image[0])
    return parameters


def require_groups(x: FeatureMap, number: int) -> None:
    """Raises NotUnderstood unless an axis is the outer part of the channels."""
    factors = x.axes[number]
    batch_first = x.axes[0] == x.whole(BATCH)
    if len(factors) > 1 or not batch_first or dimensions(factors) - {CHANNELS}:
        raise NotUnderstood("it normalises over axes that are not groups of channels")
    if factors and factors[0].size * factors[0].stride != x.channels:
        raise NotUnderstood("it normalises over axes that are not groups of channels")


def group_parameters(call: Call, groups: int) -> dict[str, Parameter]:
    """Exporters give ones and zeros for each group, and scale by channel behind it."""
    for position, neutral in ((1, 1), (2, 0)):
        values = call.array(position)
        if values is not None and (values != neutral).any():
            raise NotUnderstood("it scales groups of channels, not channels")
    return {}


def layer_normalization(call: Call) -> FeatureMap:
    """Over the channels of each cell, over rows and columns, or also over groups of channels."""
    kind: kinds.LayerNormalization = call.kind
    x = call.map()
    axes = sorted(x.axis(number) for number in kind.axes)
    over: list[str] = []
    for number in axes:
        over.extend(dimensions(x.axes[number]))
    names = {"gamma": 1, "beta": 2}
    if len(axes) == 1 and set(over) <= {CHANNELS}:
        x = call.with_channels_at(x, axes[0])
        parameters = channel_parameters(call, names, x.channels)
        norm: Layer = LayerNorm(kind.epsilon, "gamma" in parameters, "beta" in parameters)
        return call.add_along(norm, x, parameters)
    covered: Axis = ()
    for number in axes:
        covered += x.axes[number]
    groups = groups_over(x, covered)
    if groups > 1 or not (call.optional(1) or call.optional(2)):
        if call.optional(1) or call.optional(2):
            raise NotUnderstood("it scales groups of channels by cell")
        layer = GroupNorm(groups, kind.epsilon, False, False)
        return call.add(layer, x).with_axes(x.axes)
    to_cells = cell_order(x, axes)
    parameters = {}
    for name, position in names.items():
        constant = call.optional(position)
        if constant is not None:
            if constant.shape is not None and math.prod(constant.shape) != math.prod(x.shape):
                found = list(constant.shape)
                raise NotUnderstood(f"its {name} has the shape {found}, not a value for each cell")
            parameters[name] = Parameter((constant,), to_cells, x.shape)
            if constant.shape in (None, x.shape) and x.axes == x.canonical_axes(3):
                parameters[name] = Parameter((constant,))
    scale, center = "gamma" in parameters, "beta" in parameters
    layer = GroupNorm(1, kind.epsilon, scale, center, by_cell=bool(parameters))
    y = call.add(layer, x, parameters=parameters)
    return y.with_axes(x.axes)


def groups_over(x: FeatureMap, covered: Axis) -> int:
    """The groups of channels that are normalised each by itself over these parts of all axes."""
    inner = [factor for factor in covered if factor.dimension == CHANNELS]
    cells = [factor for factor in covered if factor.dimension != CHANNELS]
    size = length(tuple(inner))
    is_inner = sorted(indices(inner)) == list(range(size))
    if sorted(cells) != sorted(x.whole(ROWS) + x.whole(COLUMNS)) or not is_inner:
        raise NotUnderstood("it normalises over other axes than the channels or the whole map")
    return x.channels // size


def cell_order(x: FeatureMap, axes: Sequence[int]) -> Callable[[np.ndarray], np.ndarray]:
    """From values along these axes to the map's own order: rows, columns, channels."""
    present = [x.axes[number] for number in axes if x.axes[number]]
    order: list[int] = []
    for dimension in (ROWS, COLUMNS, CHANNELS):
        if x.whole(dimension) and x.whole(dimension) not in present:
            raise NotUnderstood("it normalises over parts of axes")
        if x.whole(dimension):
            order.append(present.index(x.whole(dimension)))

    def to_cells(values: np.ndarray) -> np.ndarray:
        values = values.reshape(lengths(tuple(present)))
        return np.transpose(values, order).reshape(x.shape)

    return to_cells


def rms_normalization(call: Call) -> FeatureMap:
    kind: kinds.RmsNormalization = call.kind
    x = call.with_channels_at(call.map(), kind.axis)
    parameters = channel_parameters(call, {"gamma": 1}, x.channels)
    return call.add_along(RMSNorm(kind.epsilon, "gamma" in parameters), x, parameters)


def unit_normalization(call: Call) -> FeatureMap:
    kind: kinds.UnitNormalization = call.kind
    x = call.with_channels_at(call.map(), kind.axis)
    return call.add_along(UnitNorm(kind.epsilon), x)


def local_response(call: Call) -> FeatureMap:
    kind: kinds.LocalResponse = call.kind
    x = call.with_channels_at(call.map(), kind.channel_axis)
    layer = LRN(kind.depth, kind.k, kind.alpha, kind.beta, kind.before)
    return call.add_along(layer, x)
