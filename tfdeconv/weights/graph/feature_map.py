"""A tensor that depends on the image: which node of the network it is, and in which order of axes.

Operations that only move values (Reshape, Transpose) make another FeatureMap of the same node. A
layer that moves them in the network is made where another one needs the map as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...network.base import Shape
from .axes import BATCH, CHANNELS, COLUMNS, ROWS, Axes, Axis, axis_of, dimensions, joined, lengths
from .not_understood import NotUnderstood


@dataclass(frozen=True)
class FeatureMap:
    """node: of the network. shape: the node's (height, width, channels). axes: the tensor's.

    vector: the node has no height and width. single_cell: it has one cell whatever the size of the
    image, so that a dense layer fits. batch: of the graph's images; 1 where it leaves that open.
    """

    node: str
    shape: Shape
    axes: Axes
    vector: bool = False
    single_cell: bool = False
    batch: int = 1

    @property
    def lengths(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return lengths(self.axes)

    @property
    def channels(self) -> int:
        return self.shape[2]

    def axis(self, number: int) -> int:
        """An axis counted from 0; raises NotUnderstood where there is none such."""
        if not -len(self.axes) <= number < len(self.axes):
            raise NotUnderstood(f"its input has {len(self.axes)} axes, and no axis {number}")
        return number % len(self.axes)

    def extent(self, dimension: str) -> int:
        """How long a dimension of the node is."""
        height, width, channels = self.shape
        return {BATCH: self.batch, ROWS: height, COLUMNS: width, CHANNELS: channels}[dimension]

    def whole(self, dimension: str) -> Axis:
        """The axis that is a whole dimension of the node."""
        return axis_of(dimension, self.extent(dimension))

    def canonical_axes(self, channel_axis: int) -> Axes:
        """The axes of the node itself, with the channels at that place of four."""
        axes = [self.whole(BATCH), self.whole(ROWS), self.whole(COLUMNS)]
        axes.insert(channel_axis, self.whole(CHANNELS))
        return tuple(axes)

    def with_axes(self, axes: Axes) -> FeatureMap:
        return replace(self, axes=axes)

    def has_channels_at(self, axis: int) -> bool:
        """Whether an axis is the channels, all and in their order."""
        return self.axes[axis] == self.whole(CHANNELS) and not any(
            CHANNELS in dimensions(other)
            for number, other in enumerate(self.axes)
            if number != axis
        )

    @property
    def in_order(self) -> bool:
        """Whether each dimension is in one axis, with its values in the node's own order."""
        for dimension in (ROWS, COLUMNS, CHANNELS):
            parts: list[Axis] = []
            for axis in self.axes:
                own = joined([factor for factor in axis if factor.dimension == dimension])
                if own:
                    parts.append(own)
            if parts != [self.whole(dimension)] and (parts or self.whole(dimension)):
                return False
        return True


def vector_axes(batch: int, channels: int) -> Axes:
    """The axes [n, c]."""
    return axis_of(BATCH, batch), axis_of(CHANNELS, channels)
