"""What all layers share: parameters, output shape, and which part of an input a signal lands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Literal, TypeVar

from .spans import Pads, Pair, Spans, Window, same, whole

INPUT = "input"
# what may lie around a map: its outermost cells again; the map mirrored at these; or with them
BORDERS = ("edge", "reflect", "symmetric")

Shape = tuple[int, int, int]
ParameterShapes = dict[str, tuple[int, ...]]
Pad = int | Pads | Literal["same", "same_lower"]


@dataclass(frozen=True)
class Layer:
    """One input, an output of the same shape, no parameters; subclasses say where they differ.

    Those with fields are frozen dataclasses as well; the others inherit what this one makes.
    """

    @property
    def window(self) -> Window:
        """What moves over the map; one cell where the layer works on each by itself."""
        return Window()

    @property
    def vector(self) -> bool | None:
        """Whether the output is a vector [n, c], without height and width; None: as the inputs."""
        return None

    @property
    def whole_map(self) -> bool:
        """Whether each value of the output depends on all cells of the map."""
        return False

    @property
    def reaches_outside(self) -> bool:
        """Whether a signal may land on cells around the input, where no map is."""
        return self.window.pad != ((0, 0), (0, 0))

    @property
    def border(self) -> str | None:
        """What it reads around the input, one of BORDERS; None: nothing, or zeros."""
        return None

    def at(self, shape: Shape) -> Layer:
        """The layer for an input of this shape: `same` replaced by the pads it comes to there."""
        return self

    def parameters(self, shape: Shape) -> ParameterShapes:
        """Name and shape of each parameter, for an input of this shape."""
        return {}

    def output_shape(self, *shapes: Shape) -> Shape:
        """(height, width, channels) of the output for inputs of these shapes."""
        return shapes[0]

    def misfit(self, *shapes: Shape) -> str:
        """Why it cannot have inputs of these shapes; "" if it can."""
        return "" if len(shapes) == 1 else "it takes one input"

    def through(self, spans: Spans, shape: Shape) -> Spans:
        """Where a signal at these spans of the output lands on an input of this shape."""
        return whole(shape) if self.whole_map else self.window.through(spans)

    def seen(self, spans: Spans, shape: Shape) -> Spans:
        """What these spans of the output see of an input of this shape, borders ignored."""
        return self.through(spans, shape)

    def taken(self, spans: Spans, shape: Shape) -> Spans:
        """The spans of an output of this shape that backward takes, of a signal on these."""
        return whole(shape) if self.whole_map else spans

    def multiply_adds(self, shape: Shape) -> int:
        """Multiply-adds of one forward pass; only those of kernels count, as is the custom."""
        height, width, _ = self.output_shape(shape)
        return height * width * prod(self.parameters(shape).get("kernel", (0,)))


@dataclass(frozen=True)
class Node:
    """A layer at its place in a network; its inputs are earlier nodes or INPUT."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]


W = TypeVar("W", bound="Windowed")


class Windowed(Layer):
    """A layer whose window moves over the map.

    pad "same" is Keras's: as many zeros as make the output's extent the input's over the stride;
    of an odd number one more behind the map, or before it for "same_lower" (ONNX's).
    ceil: as many more cells behind the map as the last window that begins on it reaches.
    """

    size: int | Pair
    stride: int | Pair
    pad: Pad
    dilation: int | Pair = 1
    ceil: bool = False

    @property
    def window(self) -> Window:
        if isinstance(self.pad, str) or self.ceil:
            raise ValueError("its pad depends on the size of the map: see at()")
        return Window.of(self.size, self.stride, self.pad, self.dilation)

    def at(self: W, shape: Shape) -> W:
        if not isinstance(self.pad, str):
            return self
        height, width, _ = shape
        rows, columns = same(Window.of(self.size, self.stride, 0, self.dilation), height, width)
        if self.pad == "same_lower":
            rows, columns = rows[::-1], columns[::-1]
        return replace(self, pad=(rows, columns))  # type: ignore

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = shapes[0]
        window = self.at(shapes[0]).window
        return (*window.extents(height, width), self.channels(channels))

    def channels(self, channels: int) -> int:
        """Channels of the output for an input of so many."""
        return channels

    @property
    def taps(self) -> Pair:
        """Height and width of the kernel."""
        return Window.of(self.size, 1, 0).size


class Merge(Layer):
    """A layer of several inputs of one shape.

    An input of 1 x 1 is repeated over the map, and one of a single channel over the channels.
    """

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = map(max, zip(*shapes))
        return height, width, channels

    def misfit(self, *shapes: Shape) -> str:
        sizes = {shape[:2] for shape in shapes}
        channels = {shape[2] for shape in shapes}
        agree = len(sizes - {(1, 1)}) <= 1 and len(channels - {1}) <= 1
        return "" if agree else "their sizes differ"

    def through(self, spans: Spans, shape: Shape) -> Spans:
        return whole(shape) if shape[:2] == (1, 1) else spans


def misfit_of_groups(groups: int, *channels: int) -> str:
    """Why channels cannot be in so many groups; "" if they can."""
    if any(count % groups for count in channels):
        return f"its {groups} groups do not divide the channels"
    return ""


def kernel_and_bias(kernel: tuple[int, ...], channels: int, bias: bool) -> ParameterShapes:
    """The parameters of a linear layer with so many output channels."""
    if not bias:
        return {"kernel": kernel}
    return {"kernel": kernel, "bias": (channels,)}


def times(shape: tuple[int, ...]) -> str:
    """A shape in words: 13 x 13 x 4."""
    return " x ".join(map(str, shape))


def mismatches(
    layer: str, needed: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
) -> list[str]:
    """What differs between the parameters a layer needs and those found: clauses of an error."""
    clauses = []
    for name, shape in needed.items():
        if name not in found:
            clauses.append(f"{layer}/{name} {list(shape)} is missing")
        elif found[name] != shape:
            clauses.append(f"{layer}/{name} is {list(found[name])}, needs {list(shape)}")
    for name, shape in found.items():
        if name not in needed:
            clauses.append(f"{layer}/{name} {list(shape)} is not expected")
    return clauses
