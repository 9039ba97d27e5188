"""Functions of each value, along the channels, and of several tensors value by value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ....network.base import Layer
from ....network.layers import (
    RELU,
    Activation,
    Add,
    Average,
    Divide,
    Identity,
    Maximum,
    Minimum,
    Multiply,
    PReLU,
    Subtract,
)
from .. import kinds
from ..axes import BATCH, CHANNELS, COLUMNS, ROWS, Axes, has_once
from ..call import Call
from ..constants_on_maps import cell_values, refuse_larger
from ..feature_map import FeatureMap, vector_axes
from ..not_understood import NotUnderstood
from ..operation import Parameter
from .scaling import affine

MERGES: dict[str, Layer] = {
    "add": Add(),
    "average": Average(),
    "subtract": Subtract(),
    "multiply": Multiply(),
    "divide": Divide(),
    "maximum": Maximum(),
    "minimum": Minimum(),
}


def function(call: Call) -> FeatureMap:
    x = call.ordered_map()
    return call.add(call.kind.layer, x).with_axes(x.axes)


def learned_slope(call: Call) -> FeatureMap:
    """A slope for all, or for each channel, row or column."""
    kind: kinds.LearnedSlope = call.kind
    x = call.ordered_map()
    slope = call.constant(1)
    shape = slope.shape
    if shape is None:
        shared = {x.axis(number) for number in kind.shared}
        shape = tuple(1 if number in shared else x.lengths[number] for number in range(len(x.axes)))
        shape = shape[1:]
    elif kind.axis is not None and len(shape) == 1:
        # torch's: along the channels, whatever the other axes are
        shape = (*shape, *(1,) * (len(x.axes) - 1 - x.axis(kind.axis)))

    def by_cell(values: np.ndarray) -> np.ndarray:
        return cell_values(values.reshape(shape), x)

    extents = by_cell(np.broadcast_to(np.zeros((), np.float32), shape)).shape
    by_row, by_column, by_channel = (extent > 1 for extent in extents)
    layer = PReLU(by_row=by_row, by_column=by_column, by_channel=by_channel)
    parameter = Parameter((slope,), by_cell, extents)
    if len(shape) <= 3 and x.axes in (x.canonical_axes(3), vector_axes(x.batch, x.channels)):
        parameter = Parameter((slope,), leading_axes=3 - len(shape))
    return call.add(layer, x, parameters={"slope": parameter}).with_axes(x.axes)


def along_channels(call: Call) -> FeatureMap:
    kind: kinds.AlongChannels = call.kind
    x = call.with_channels_at(call.map(), kind.axis)
    return call.add_along(kind.layer, x)


def idle(call: Call) -> FeatureMap:
    if not call.kind.kept:
        return call.map()
    x = call.ordered_map()
    return call.add(Identity(), x).with_axes(x.axes)


def elementwise(call: Call) -> FeatureMap:
    """All maps of one order are merged; constants are a scale and shift, or a limit."""
    maps = [call.ordered(x, f"/{number}") for number, x in enumerate(call.maps())]
    if len(maps) == len(call.inputs):
        return merged(call, maps)
    if len(maps) != 1 or len(call.inputs) != 2:
        raise NotUnderstood("it combines several maps with constants")
    position = 0 if isinstance(call.inputs[1], FeatureMap) else 1
    values = call.array(position)
    if values is None:
        raise NotUnderstood(f"its input {position} is missing")
    return with_constant(call, maps[0], np.asarray(values), constant_is_first=position == 0)


def merged(call: Call, maps: Sequence[FeatureMap]) -> FeatureMap:
    axes = common_axes(maps)
    if axes is None:
        # the same tensor in different orders: each is brought to the map's own
        maps = [call.as_map(x, likely_channel_axis(x)) for x in maps]
        axes = common_axes(maps)
    if axes is None:
        raise NotUnderstood("its inputs have their axes in different orders")
    layer = MERGES[call.kind.operation]
    return call.add(layer, *maps).with_axes(axes)


def likely_channel_axis(x: FeatureMap) -> int:
    return -1 if x.axes[-1] == x.whole(CHANNELS) else 1


def common_axes(maps: Sequence[FeatureMap]) -> Axes | None:
    """The axes of the result, where each axis is the same in all maps, or of one cell in some."""
    count = max(len(x.axes) for x in maps)
    axes: list = [()] * count
    for x in maps:
        aligned = ((),) * (count - len(x.axes)) + x.axes
        for number, axis in enumerate(aligned):
            if axis and axes[number] and axis != axes[number]:
                return None
            axes[number] = axis or axes[number]
    for dimension in (BATCH, ROWS, COLUMNS, CHANNELS):
        extents = {1, *(x.extent(dimension) for x in maps)}
        # a map and its transpose would have a dimension on two axes
        if len(extents) > 2 or not has_once(axes, dimension, max(extents)):
            return None
    return tuple(axes)


def with_constant(
    call: Call, x: FeatureMap, values: np.ndarray, constant_is_first: bool
) -> FeatureMap:
    # a constant of more axes gives them to the result
    x = x.with_axes(((),) * (values.ndim - len(x.axes)) + x.axes)
    operation = call.kind.operation
    if operation in ("maximum", "minimum"):
        return limited(call, x, values)
    if operation == "average":
        raise NotUnderstood("it averages a map and a constant, which is not understood")
    numbers = cell_values(values.astype(np.float64), x)
    if operation == "divide" and constant_is_first:
        # n / x
        inverse = call.add(Activation("reciprocal"), x, suffix="/inverse").with_axes(x.axes)
        return affine(call, inverse, numbers, np.zeros(1))
    scale, shift = SCALES[operation](numbers, constant_is_first)
    return affine(call, x, scale, shift)


def scale_by(numbers: np.ndarray, is_first: bool) -> tuple[np.ndarray, np.ndarray]:
    return numbers, np.zeros(1)


def divide_by(numbers: np.ndarray, is_first: bool) -> tuple[np.ndarray, np.ndarray]:
    if not numbers.all():
        raise NotUnderstood("it divides by 0")
    return 1 / numbers, np.zeros(1)


def shift_by(numbers: np.ndarray, is_first: bool) -> tuple[np.ndarray, np.ndarray]:
    return np.ones(1), numbers


def shift_back(numbers: np.ndarray, is_first: bool) -> tuple[np.ndarray, np.ndarray]:
    if is_first:
        return -np.ones(1), numbers
    return np.ones(1), -numbers


Scales = Callable[[np.ndarray, bool], tuple[np.ndarray, np.ndarray]]
# {operation: (scale, shift) of x with these numbers}
SCALES: dict[str, Scales] = {
    "add": shift_by,
    "subtract": shift_back,
    "multiply": scale_by,
    "divide": divide_by,
}


def limited(call: Call, x: FeatureMap, values: np.ndarray) -> FeatureMap:
    """max(x, n) or min(x, n) for one number n."""
    refuse_larger(x, values)
    numbers = np.unique(values)
    if numbers.size != 1 or not np.isfinite(numbers).all():
        raise NotUnderstood("its limit is not one number")
    limit = float(numbers[0])
    if call.kind.operation == "minimum":
        layer = clipped(None, limit)
    else:
        layer = clipped(limit, None)
    return call.add(layer, x).with_axes(x.axes)


def clipped(floor: float | None, ceiling: float | None) -> Activation:
    """min(max(x, floor), ceiling): a ReLU where the floor is 0."""
    if floor == 0 and (ceiling is None or ceiling > 0):
        return replace(RELU, ceiling=ceiling)
    return Activation("clip", floor=floor, ceiling=ceiling)


def power(call: Call) -> FeatureMap:
    x = call.ordered_map()
    exponents = call.array(1)
    if exponents is None or np.unique(exponents).size != 1:
        raise NotUnderstood("its exponent is not one number")
    refuse_larger(x, exponents)
    exponent = float(np.ravel(exponents)[0])
    layers: dict[float, Layer] = {
        1.0: Identity(),
        2.0: Activation("square"),
        0.5: Activation("sqrt"),
        -1.0: Activation("reciprocal"),
    }
    layer = layers.get(exponent, Activation("power", constant=exponent))
    return call.add(layer, x).with_axes(x.axes)
