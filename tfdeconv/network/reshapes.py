"""Layers that move values and compute none."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from .base import Layer, Shape
from .spans import Pads, Pair, Span, Spans, Window


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
class UpSample(Layer):
    """Every cell as a block of `factor` rows and columns."""

    factor: Pair

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = shapes[0]
        return height * self.factor[0], width * self.factor[1], channels

    def taken(self, spans: Spans, shape: Shape) -> Spans:
        """Whole blocks: those that a span touches, if it moves by blocks."""
        rows, columns = (
            whole_blocks(span, factor, extent)
            for span, factor, extent in zip(spans, self.factor, shape)
        )
        return rows, columns

    def through(self, spans: Spans, shape: Shape) -> Spans:
        rows, columns = (
            Span(span.size // factor, span.stride // factor, span.offset // factor)
            for span, factor in zip(self.taken(spans, self.output_shape(shape)), self.factor)
        )
        return rows, columns


def whole_blocks(span: Span, factor: int, extent: int) -> Span:
    """The blocks of `factor` cells that a span touches; all of the axis where that varies."""
    if not span.stride or span.stride % factor:
        return Span(extent)
    first = span.offset // factor
    last = (span.offset + span.size - 1) // factor
    return Span((last - first + 1) * factor, span.stride, first * factor)
