"""Layers that take some of the values, or sample the map at other places."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Layer, Shape

INTERPOLATIONS = ("bilinear", "nearest")
# Which part of the map becomes the output: all of it; the largest centred part of the output's
# proportions; or a centred part of the output's size, where the map is as large, otherwise the same
FITS = ("stretch", "fill", "crop")


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


@dataclass(frozen=True)
class Resize(Layer):
    """The map at a size of its own, whatever the input's is; pixels are areas, not points.

    interpolation: one of INTERPOLATIONS, without a filter against aliasing; fit: one of FITS.
    """

    height: int
    width: int
    interpolation: str = "bilinear"
    fit: str = "stretch"

    @property
    def whole_map(self) -> bool:
        return True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.height, self.width, shapes[0][2])

    def part(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Which part of a map of that size is sampled: top, left, height, width."""
        if self.fit == "stretch":
            return 0, 0, height, width
        if self.fit == "crop" and height >= self.height and width >= self.width:
            return ((height - self.height) // 2, (width - self.width) // 2, self.height, self.width)
        part_height = max(min(height, int(width * self.height / self.width)), 1)
        part_width = max(min(width, int(height * self.width / self.height)), 1)
        return ((height - part_height) // 2, (width - part_width) // 2, part_height, part_width)
