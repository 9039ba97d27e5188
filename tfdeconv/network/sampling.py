"""Layers that sample the map at other places."""

from __future__ import annotations

from dataclasses import dataclass

from ..limits import MAX_RESIZED
from .base import Layer, Shape
from .reshapes import blocks_touched
from .spans import Pair, Span, Spans

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "area")
# Where cell i of the output lies on the input's axis, in cells of `step`:
#
#     half_pixel            (i + 0.5) step - 0.5: cells are areas
#     pytorch_half_pixel    the same; a single cell lies on the first
#     asymmetric            i step
#     align_corners         i step, with the step that takes the last cell to the last
COORDINATES = ("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners")
ROUNDINGS = ("round_prefer_ceil", "round_prefer_floor", "floor", "ceil")
# Which part of the map becomes the output: all of it; the largest centred part of the output's
# proportions; or a centred part of the output's size, where the map is as large, otherwise the same
FITS = ("stretch", "fill", "crop")


@dataclass(frozen=True)
class Resize(Layer):
    """The map at a size of its own, whatever the input's is, or at `factor` times the input's.

    interpolation     one of INTERPOLATIONS, without a filter against aliasing; "area" is the mean
                      of all cells that an output cell covers in part: adaptive average pooling
    fit               one of FITS
    factor            instead of a height and a width: of rows and of columns, or of both
    coordinates       one of COORDINATES
    rounding          of "nearest", one of ROUNDINGS: to the nearest cell and of two the upper one,
                      or the lower, or always down or up
    cubic             of "bicubic": the slope of its kernel's outer part (Keys 1981: -0.5)
    exclude_outside   of "bicubic": cells outside the map count nothing; otherwise they are as its
                      border
    """

    height: int | None = None
    width: int | None = None
    interpolation: str = "bilinear"
    fit: str = "stretch"
    factor: float | tuple[float, float] | None = None
    coordinates: str = "half_pixel"
    rounding: str = "round_prefer_ceil"
    cubic: float = -0.75
    exclude_outside: bool = False

    @property
    def factors(self) -> tuple[float, float] | None:
        """Of rows and of columns; None where it is to a size."""
        if self.factor is None or isinstance(self.factor, tuple):
            return self.factor
        return self.factor, self.factor

    @property
    def blocks(self) -> Pair:
        """Rows and columns of a block that moves with the cell it is sampled around; 0 if none do.

        By a whole factor every cell becomes a block, all of which are sampled alike.
        """
        moves = self.coordinates != "align_corners" and not self.exclude_outside
        rows, columns = self.factors or (0, 0)
        if not moves or rows % 1 or columns % 1:
            return 0, 0
        return int(rows), int(columns)

    @property
    def repeats(self) -> bool:
        """Whether each cell becomes a block of itself."""
        rounds = {"half_pixel": ROUNDINGS[:2], "asymmetric": ("floor",)}
        rounds["pytorch_half_pixel"] = rounds["half_pixel"]
        nearest = self.interpolation == "nearest" and self.rounding in rounds.get(
            self.coordinates, ()
        )
        return nearest and self.blocks != (0, 0)

    @property
    def reach(self) -> Pair:
        """The first and the last cell that a block is mixed from, counted from its own."""
        if self.repeats:
            return 0, 0
        further = 1 if self.interpolation == "bicubic" else 0
        before = 0 if self.coordinates == "asymmetric" else 1
        return -before - further, 1 + further

    @property
    def border(self) -> str | None:
        return None if self.repeats else "edge"

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = shapes[0]
        if self.height is not None and self.width is not None:
            return self.height, self.width, channels
        rows, columns = self.factors or (1, 1)
        return int(height * rows), int(width * columns), channels

    def misfit(self, *shapes: Shape) -> str:
        height, width, _ = self.output_shape(*shapes)
        if not self.repeats and max(height, width) > MAX_RESIZED:
            return f"it resizes it to {height:,} x {width:,}, expected at most {MAX_RESIZED:,}"
        return super().misfit(*shapes)

    def taken(self, spans: Spans, shape: Shape) -> Spans:
        """Whole blocks: those that a span touches."""
        taken = []
        for span, block, extent in zip(spans, self.blocks, shape):
            if block:
                touched = blocks_touched(span, block, extent // block)
                taken.append(touched.enlarged(block).within(extent))
            else:
                taken.append(Span(extent))
        return taken[0], taken[1]

    def through(self, spans: Spans, shape: Shape) -> Spans:
        landings = []
        first, last = self.reach
        taken = self.taken(spans, self.output_shape(shape))
        for span, block, extent in zip(taken, self.blocks, shape):
            if span.stride:
                touched = blocks_touched(span, block, extent)
                landings.append(touched.through(1 + last - first, 1, -first))
            else:
                landings.append(Span(extent))
        return landings[0], landings[1]

    def part(self, height: int, width: int) -> tuple[Pair, Pair]:
        """Which part of a map of that size is sampled: (top, height), (left, width)."""
        rows, columns, _ = self.output_shape((height, width, 1))
        if self.fit == "stretch":
            return (0, height), (0, width)
        if self.fit == "crop" and height >= rows and width >= columns:
            return ((height - rows) // 2, rows), ((width - columns) // 2, columns)
        part_height = max(min(height, int(width * rows / columns)), 1)
        part_width = max(min(width, int(height * columns / rows)), 1)
        top, left = (height - part_height) // 2, (width - part_width) // 2
        return (top, part_height), (left, part_width)
