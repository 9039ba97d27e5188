"""Bars: beside each other, or on top of each other where they are parts of a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from ..page import INK
from .axis import Axis, named_axis, range_axis, round_axis
from .key import GAP, SWATCH, draw_swatches, fill, key_width
from .palette import PARTS, Colour, series_colour
from .panel import Panel
from .plot import Plot
from .smooth import SmoothPen, smooth_pen

FILLED = 0.76  # of the room of a name: the rest is the gap to the next
WIDEST = 64  # pixels of a bar
THIN = 8  # pixels from a name to the next: of less no gap is seen, but stripes
CAP = 3  # half the width of the end of an error's line


@dataclass(frozen=True)
class Bars(Panel):
    """A bar for each name, or one for each name and group.

    values: [n], or [groups, n]; NaN: no bar. errors: of the same shape, what stands up and down
    from a bar's end. stacked: groups are parts that add up. width, height: of all that is drawn;
    beside: how much of the width stays free on the right, where panels above have a key.
    """

    names: Sequence[str]
    values: np.ndarray | Sequence[float] | Sequence[Sequence[float]]
    errors: np.ndarray | Sequence[float] | Sequence[Sequence[float]] | None = None
    y_title: str = ""
    title: str = ""
    note: str = ""
    x_title: str = ""
    groups: Sequence[str] = ()
    stacked: bool = False
    y_range: tuple[float, float] | None = None
    width: int = 620
    height: int = 320
    beside: int = 0

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @cached_property
    def heights(self) -> np.ndarray:
        """[groups, n]"""
        return np.atleast_2d(np.asarray(self.values, np.float64))

    @cached_property
    def spreads(self) -> np.ndarray:
        """[groups, n], 0 where there is none."""
        if self.errors is None:
            return np.zeros_like(self.heights)
        return np.nan_to_num(np.atleast_2d(np.asarray(self.errors, np.float64)))

    @property
    def y_axis(self) -> Axis:
        if self.y_range is not None:
            return round_axis(*self.y_range, self.y_title, to_ticks=False)
        tops = self.heights
        if self.stacked:
            tops = np.nan_to_num(tops).cumsum(0)
        # bars stand on zero
        return range_axis(
            [tops + self.spreads, tops - self.spreads, np.zeros((1, 1))], self.y_title
        )

    @cached_property
    def plot(self) -> Plot:
        width = self.width - self.beside
        if self.groups:
            width -= GAP + key_width(self.groups)
        return Plot(width, self.height, named_axis(self.names, self.x_title), self.y_axis)

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        self.plot.draw(canvas, corner)
        box = (corner[0], corner[1], corner[0] + self.plot.width, corner[1] + self.height)
        with smooth_pen(canvas, box) as pen:
            base = np.zeros(len(self.names))
            for group in range(len(self.heights)):
                self.draw_group(pen, group, base, corner)
                if self.stacked:
                    base = base + np.nan_to_num(self.heights[group])
        if self.groups:
            place = (corner[0] + self.plot.width + 2 * GAP, corner[1] + self.plot.box[1])
            draw_swatches(canvas, place, self.groups, self.colours, self.stacked)

    @property
    def colours(self) -> list[Colour]:
        """Of the groups."""
        if self.stacked:
            return [PARTS[group % len(PARTS)] for group in range(len(self.heights))]
        return [series_colour(group) for group in range(len(self.heights))]

    def draw_group(
        self, pen: SmoothPen, group: int, base: np.ndarray, corner: tuple[int, int]
    ) -> None:
        """Draws the bars of a group, which stand on base [n]."""
        count = 1 if self.stacked else len(self.heights)
        # of a few names no bar becomes a wall
        filled = min(FILLED, WIDEST * count / self.plot.step)
        if self.plot.step < THIN:
            filled = 1.0
        width = filled / count
        left = -filled / 2 + (0 if self.stacked else group * width)
        for i in np.flatnonzero(np.isfinite(self.heights[group])).tolist():
            end = base[i] + self.heights[group, i]
            corners = self.plot.places(
                np.array([i + left, i + left + width]), np.array([base[i], end]), corner
            )
            (x0, y0), (x1, y1) = corners
            # a gap between the bars of a name
            gap = 1 if count > 1 and x1 - x0 > SWATCH / 3 else 0
            box = (x0, min(y0, y1), x1 - gap, max(y0, y1))
            fill(pen, box, self.colours[group], 0 if self.stacked else group)
            spread = self.spreads[group, i]
            if spread > 0:
                middle = i + left + width / 2
                ends = self.plot.places(
                    np.array([middle, middle]), np.array([end - spread, end + spread]), corner
                )
                pen.line(ends, INK, 1.25)
                for x, y in ends:
                    pen.line([(x - CAP, y), (x + CAP, y)], INK, 1.25)
