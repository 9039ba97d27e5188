"""Layers that move values and compute none."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from .base import Layer, Shape, misfit_of_groups
from .spans import Pads, Span, Spans, Window

# of the channels that are blocks of a map
ORDERS = ("dcr", "crd")


@dataclass(frozen=True)
class Flatten(Layer):
    """Rows, then columns, then channels in one vector; or channels, then rows, then columns."""

    channels_first: bool = False

    @property
    def vector(self) -> bool:
        return True

    @property
    def whole_map(self) -> bool:
        return True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, prod(shapes[0]))


@dataclass(frozen=True)
class Identity(Layer):
    """The input itself: dropout after training; `to` makes a vector of a map of 1 x 1, or back."""

    to: Literal["vector", "map"] | None = None

    @property
    def vector(self) -> bool | None:
        if self.to is None:
            return None
        return self.to == "vector"


@dataclass(frozen=True)
class ZeroPad(Layer):
    """Zeros around the map; a negative pad crops."""

    pad: Pads

    @property
    def window(self) -> Window:
        return Window(pad=self.pad)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*self.window.extents(*shapes[0][:2]), shapes[0][2])


@dataclass(frozen=True)
class BorderPad(Layer):
    """Cells around the map that repeat it, as one of BORDERS says."""

    pad: Pads
    border: str = "reflect"

    @property
    def window(self) -> Window:
        return Window(pad=self.pad)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*self.window.extents(*shapes[0][:2]), shapes[0][2])

    def misfit(self, *shapes: Shape) -> str:
        for pads, extent in zip(self.pad, shapes[0]):
            most = extent - 1 if self.border == "reflect" else extent
            if self.border != "edge" and max(pads) > most:
                return f"its pad of {max(pads)} is wider than what it repeats"
        return super().misfit(*shapes)

    def seen(self, spans: Spans, shape: Shape) -> Spans:
        return self.window.through(spans)

    def through(self, spans: Spans, shape: Shape) -> Spans:
        """Wide enough for what lies outside and for what it repeats."""
        landings = []
        for span, (before, after) in zip(self.window.through(spans), self.pad):
            if span.stride:
                span = span.through(1 + 2 * (before + after), 1, 2 * after)
            landings.append(span)
        return landings[0], landings[1]

    def sources(self, axis: int, extent: int) -> list[int]:
        """The cell of the map that each cell of the output repeats, on an axis of that extent."""
        before, after = self.pad[axis]
        again = 1 if self.border == "symmetric" else 0
        cells = []
        for cell in range(-before, extent + after):
            if self.border == "edge":
                cell = min(max(cell, 0), extent - 1)
            elif cell < 0:
                cell = -cell - again
            elif cell >= extent:
                cell = 2 * (extent - 1) + again - cell
            cells.append(cell)
        return cells


@dataclass(frozen=True)
class Channels(Layer):
    """`count` of the channels: from `first` on every step-th, backwards if the step is negative."""

    first: int
    count: int
    step: int = 1

    @property
    def indices(self) -> range:
        """The input's channel for each channel of the output."""
        return range(self.first, self.first + self.count * self.step, self.step)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:2], self.count)

    def misfit(self, *shapes: Shape) -> str:
        ends = self.indices[0], self.indices[-1]
        if min(ends) < 0 or max(ends) >= shapes[0][2]:
            return "it takes more channels"
        return super().misfit(*shapes)


@dataclass(frozen=True)
class ShuffleChannels(Layer):
    """The first channel of each group, then the second of each (Zhang et al. 2018, section 3.1)."""

    groups: int

    def misfit(self, *shapes: Shape) -> str:
        return super().misfit(*shapes) or misfit_of_groups(self.groups, shapes[0][2])


@dataclass(frozen=True)
class DepthToSpace(Layer):
    """Channels as blocks of `block` rows and columns (Shi et al. 2016).

    order: which of the channels come first: "dcr", all of a block's first cell, or "crd", all of
    the first channel's block.
    """

    block: int
    order: str = ORDERS[0]

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = shapes[0]
        return height * self.block, width * self.block, channels // self.block**2

    def misfit(self, *shapes: Shape) -> str:
        if shapes[0][2] % self.block**2:
            return f"its blocks of {self.block} x {self.block} do not divide the channels"
        return super().misfit(*shapes)

    def taken(self, spans: Spans, shape: Shape) -> Spans:
        """Whole blocks: those that a span touches."""
        height, width, _ = shape
        rows, columns = self.through(spans, (height // self.block, width // self.block, 1))
        return rows.enlarged(self.block), columns.enlarged(self.block)

    def through(self, spans: Spans, shape: Shape) -> Spans:
        rows, columns = spans
        return (
            blocks_touched(rows, self.block, shape[0]),
            blocks_touched(columns, self.block, shape[1]),
        )


@dataclass(frozen=True)
class SpaceToDepth(Layer):
    """Blocks of `block` rows and columns as channels: the inverse of DepthToSpace."""

    block: int
    order: str = ORDERS[0]

    @property
    def window(self) -> Window:
        return Window.of(self.block, self.block, 0)

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = shapes[0]
        return height // self.block, width // self.block, channels * self.block**2

    def misfit(self, *shapes: Shape) -> str:
        if shapes[0][0] % self.block or shapes[0][1] % self.block:
            return f"its blocks of {self.block} x {self.block} do not divide the map"
        return super().misfit(*shapes)


def blocks_touched(span: Span, block: int, extent: int) -> Span:
    """The cells whose blocks a span of their map touches; all of the axis where that varies.

    extent: of the axis of blocks.
    """
    touched = span.blocks(block) if span.stride else None
    return touched or Span(extent)
