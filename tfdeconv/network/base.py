"""What all layers share: parameters, output shape, and which part of an input a signal lands on."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import ClassVar, Literal, TypeVar

from .spans import Pads, Pair, Spans, Window, same, whole

Shape = tuple[int, int, int]
Pad = int | Pads | Literal["same"]


class Layer:
    """A layer with one input of the same shape, no parameters and no window; the others say where they differ."""

    window: ClassVar[Window] = Window()
    vector: ClassVar[bool | None] = (
        None  # whether the output has no height and width, [n, c]; None: if the inputs have none
    )

    def at(self, shape: Shape) -> Layer:
        """The layer for an input of this shape: with the pads that `same` comes to."""
        return self

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        """Name and shape of each parameter, for an input of this shape."""
        return {}

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def through(self, spans: Spans, shape: Shape) -> Spans:
        """The part of an input (of this shape) on which a signal at these spans of the output lands."""
        return self.window.through(spans)

    def multiply_adds(self, shape: Shape) -> int:
        """Multiply-adds of one pass up: kernels only, as is the custom."""
        height, width, _ = self.output_shape(shape)
        return height * width * prod(self.parameters(shape).get("kernel", (0,)))


W = TypeVar("W", bound="Windowed")


class Windowed(Layer):
    """A layer whose window moves over the map; pad "same" is Keras's: as many zeros as make the output extent / stride."""

    size: int | Pair
    stride: int | Pair
    pad: Pad
    dilation: int | Pair = 1

    @property
    def window(self) -> Window:  # type: ignore[override]
        if self.pad == "same":
            raise ValueError("`same` depends on the size of the map: see at()")
        return Window.of(self.size, self.stride, self.pad, self.dilation)

    def at(self: W, shape: Shape) -> W:
        if self.pad != "same":
            return self
        return replace(
            self, pad=same(Window.of(self.size, self.stride, 0, self.dilation), *shape[:2])
        )  # type: ignore

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*self.at(shapes[0]).window.extents(*shapes[0][:2]), self.channels(shapes[0][2]))

    def channels(self, channels: int) -> int:
        """Channels of the output for these of the input."""
        return channels

    @property
    def taps(self) -> Pair:
        """Height and width of the kernel."""
        return Window.of(self.size, 1, 0).size


class Merge(Layer):
    """A layer of several inputs; one of 1 x 1 stands at every place of the others, one of a single channel in all of theirs."""

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = map(max, zip(*shapes))
        return height, width, channels

    def through(self, spans: Spans, shape: Shape) -> Spans:
        return whole(shape) if shape[:2] == (1, 1) else spans
