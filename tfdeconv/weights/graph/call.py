"""One operation with what is known of its inputs: what the translations of all kinds work with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from ...network.base import Layer
from ...network.layers import Flatten, Identity
from . import kinds
from .axes import CHANNELS, COLUMNS, ROWS, axis_of, dimensions, length
from .builder import NodeBuilder, Value
from .feature_map import FeatureMap, vector_axes
from .not_understood import NotUnderstood
from .operation import Constant, Operation, Parameter
from .rearrangement import permuted, rearranged
from .shape_arithmetic import integers, refuse_large

NO_PARAMETERS: Mapping[str, Parameter] = {}


class Call:
    """An operation and its inputs; None for those that are left out.

    The last layer that is added has the operation's own name, all before it have suffixes.
    """

    def __init__(
        self, builder: NodeBuilder, operation: Operation, inputs: Sequence[Value | None]
    ) -> None:
        self.builder = builder
        self.operation = operation
        self.inputs = inputs

    @property
    def kind(self) -> Any:
        return self.operation.kind

    # what the inputs are

    def map(self, position: int = 0) -> FeatureMap:
        """An input that depends on the image."""
        value = self.inputs[position] if position < len(self.inputs) else None
        if not isinstance(value, FeatureMap):
            raise NotUnderstood(f"its input {position} does not depend on the image")
        return value

    def ordered_map(self, position: int = 0) -> FeatureMap:
        """An input that depends on the image, its channels in the order that the file has."""
        return self.ordered(self.map(position))

    def ordered(self, x: FeatureMap, mark: str = "") -> FeatureMap:
        """A tensor with its channels in order, so that a layer behind it has them as its name says.

        As it is where the channels are not along one axis: nobody asks for that one's channels.
        mark: tells the layers apart that this makes of several inputs.
        """
        if x.in_order:
            return x

        def add(layer: Layer, tensor: FeatureMap, suffix: str) -> FeatureMap:
            return self.add(layer, tensor, suffix=suffix + mark)

        for number, axis in enumerate(x.axes):
            if dimensions(axis) == {CHANNELS} and length(axis) == x.channels:
                return permuted(add, x, number)
        return x

    def maps(self) -> list[FeatureMap]:
        return [value for value in self.inputs if isinstance(value, FeatureMap)]

    def optional(self, position: int) -> Constant | None:
        """An input that is constant; None where it is left out."""
        value = self.inputs[position] if position < len(self.inputs) else None
        if value is None or isinstance(value, Constant):
            return value
        raise NotUnderstood(f"its input {position} depends on the image")

    def constant(self, position: int) -> Constant:
        value = self.optional(position)
        if value is None:
            raise NotUnderstood(f"its input {position} is missing")
        return value

    def array(self, position: int) -> np.ndarray | None:
        """The values of an input that is constant; None where it is left out."""
        constant = self.optional(position)
        if constant is None:
            return None
        if constant.shape is None:
            raise NotUnderstood(f"its input {position} is a variable")
        refuse_large(int(np.prod(constant.shape, dtype=np.float64)))
        return constant.read()

    def arrays(self) -> list[Any]:
        """Values of all inputs that are constant, None for the others: as folding takes them."""
        arrays: list[Any] = []
        for position, value in enumerate(self.inputs):
            arrays.append(self.array(position) if isinstance(value, Constant) else None)
        return arrays

    def integers(self, position: int) -> tuple[int, ...] | None:
        array = self.array(position)
        return None if array is None else integers(array)

    # layers

    def add(
        self,
        layer: Layer,
        *inputs: FeatureMap,
        parameters: Mapping[str, Parameter] = NO_PARAMETERS,
        suffix: str = "",
    ) -> FeatureMap:
        """Adds a layer; its map has the axes [n, h, w, c]."""
        return self.builder.add(self.operation.name + suffix, layer, inputs, parameters)

    def add_along(
        self,
        layer: Layer,
        x: FeatureMap,
        parameters: Mapping[str, Parameter] = NO_PARAMETERS,
        suffix: str = "",
    ) -> FeatureMap:
        """Adds a layer that works on each cell by itself: the axes stay, the channels are new."""
        y = self.add(layer, x, parameters=parameters, suffix=suffix)
        if y.channels == x.channels:
            return y.with_axes(x.axes)
        axes = list(x.axes)
        axes[self.channel_axis_of(x)] = axis_of(CHANNELS, y.channels)
        return y.with_axes(tuple(axes))

    def add_map(
        self,
        layer: Layer,
        x: FeatureMap,
        channel_axis: int,
        parameters: Mapping[str, Parameter] = NO_PARAMETERS,
        suffix: str = "",
    ) -> FeatureMap:
        """Adds a layer of maps; the axes are those of a map with the channels at that axis."""
        y = self.add(layer, x, parameters=parameters, suffix=suffix)
        return y.with_axes(y.canonical_axes(channel_axis % 4))

    # the order of axes

    def channel_axis_of(self, x: FeatureMap) -> int:
        """Which axis is the channels."""
        for number in range(len(x.axes)):
            if x.has_channels_at(number) and x.channels > 1:
                return number
        raise NotUnderstood("its channels are spread over several axes")

    def with_channels_at(self, x: FeatureMap, axis: int) -> FeatureMap:
        """The tensor with its channels in order along an axis, whatever its other axes are."""
        number = x.axis(axis)
        if x.has_channels_at(number):
            return x
        if dimensions(x.axes[number]) == {CHANNELS} and has_no_channels_but_at(x, number):
            return permuted(self.add, x, number)
        if len(x.axes) == 2 and number == 1:
            return self.as_vector(x)
        channels = [each for each in range(len(x.axes)) if x.has_channels_at(each)]
        which = f", which are axis {channels[0]}" if len(channels) == 1 else ""
        raise NotUnderstood(f"its axis {axis} is not the channels{which}")

    def as_map(self, x: FeatureMap, channel_axis: int) -> FeatureMap:
        """The tensor as a map with rows, columns, and channels at that axis of four."""
        if len(x.axes) != 4:
            raise NotUnderstood(f"its input has {len(x.axes)} axes, expected four")
        channel_axis %= 4
        if x.axes != x.canonical_axes(channel_axis):
            x = rearranged(self.add, x, channel_axis)
        if x.vector:
            y = self.add(Identity("map"), x, suffix="/map")
            x = y.with_axes(y.canonical_axes(channel_axis))
        return x

    def as_vector(self, x: FeatureMap, suffix: str = "/flattened") -> FeatureMap:
        """A tensor [n, values] as the output of a node without height and width."""
        if len(x.axes) != 2 or x.axes[0] != x.whole("n"):
            raise NotUnderstood(f"its input has {len(x.axes)} axes, expected two")
        if dimensions(x.axes[1]) == {CHANNELS}:
            x = self.with_channels_at(x, 1)
        if x.vector:
            return x
        values = x.axes[1]
        rows, columns, channels = (x.whole(each) for each in (ROWS, COLUMNS, CHANNELS))
        orders = {channels + rows + columns: True}
        if self.builder.image.axes[1] == self.builder.image.whole(CHANNELS):
            # of one cell both are the same, but another image has more
            orders = {rows + columns + channels: False, **orders}
        else:
            orders = {**orders, rows + columns + channels: False}
        squeezes = x.single_cell and values == channels
        if squeezes and not isinstance(self.kind, kinds.Flattened):
            y = self.add(Identity("vector"), x, suffix=suffix)
        elif values in orders:
            y = self.add(Flatten(channels_first=orders[values]), x, suffix=suffix)
        else:
            raise NotUnderstood("it flattens axes in an order that is not understood")
        return y.with_axes(vector_axes(y.batch, y.channels))

    def as_layer(self, y: FeatureMap) -> FeatureMap:
        """What the operation gives as a node by its name, also where it only names axes anew."""
        name = self.operation.name
        if y.node != name and len(y.axes) == 2:
            y = self.as_vector(y, suffix="")
        elif y.node != name and len(y.axes) == 4 and not y.in_order:
            with suppress(NotUnderstood):
                y = self.as_map(y, 1 if y.has_channels_at(1) else 3)
        if y.node == name:
            return y
        becomes_map = y.vector and len(y.axes) == 4
        return self.add(Identity("map" if becomes_map else None), y).with_axes(y.axes)

    def require_fixed_cells(self, x: FeatureMap) -> None:
        """Raises NotUnderstood for a map of one row or column of which another image has more."""
        if self.builder.any_size and 1 in x.shape[:2] and not x.single_cell:
            raise NotUnderstood("it selects single rows or columns")


def has_no_channels_but_at(x: FeatureMap, number: int) -> bool:
    others = x.axes[:number] + x.axes[number + 1 :]
    return not any(CHANNELS in dimensions(axis) for axis in others)


def constant_parameter(values: np.ndarray) -> Parameter:
    """A parameter that was worked out."""
    return Parameter((Constant.of_array(values),), None, values.shape)
