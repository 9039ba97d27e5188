"""Curves over an axis, with their spread as bands and their names at their ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from PIL import Image

from .axis import Axis, named_axis, range_axis, round_axis
from .key import GAP, SAMPLE, key_width, spread_apart, write_name
from .lettering import LINE
from .palette import Colour, paler, series_colour
from .panel import Panel
from .plot import Plot
from .smooth import Point, SmoothPen, smooth_pen

BAND = 0.16  # opacity of a spread
SHADE, OPACITY = (120, 120, 120), 0.2  # of what is grey from below
MARKED = 40  # points of a curve: of more none is marked one by one


@dataclass(frozen=True)
class Series:
    """A curve: y [n] over x [n]; where y is NaN it has a gap. One without a name is in no key.

    spread: what stands up and down from y, [n], or [2, n] for down and up.
    """

    name: str
    x: np.ndarray | Sequence[float]
    y: np.ndarray | Sequence[float]
    spread: np.ndarray | Sequence[float] | None = None
    dashed: bool = False
    colour: int | None = None  # number of its colour and marker; None: its own number

    @cached_property
    def xs(self) -> np.ndarray:
        return np.asarray(self.x, np.float64)

    @cached_property
    def ys(self) -> np.ndarray:
        return np.asarray(self.y, np.float64)

    @cached_property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The lower and the upper edge of the spread."""
        if self.spread is None:
            return self.ys, self.ys
        spread = np.broadcast_to(np.asarray(self.spread, np.float64), (2, len(self.ys)))
        # where there is no spread there is still a curve
        down, up = np.nan_to_num(spread)
        return self.ys - down, self.ys + up

    def runs(self) -> list[slice]:
        """The parts without a gap."""
        known = np.concatenate([[0], np.isfinite(self.ys), [0]]).astype(int)
        changes = np.diff(known)
        begins, ends = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
        return [slice(begin, end) for begin, end in zip(begins.tolist(), ends.tolist())]


@dataclass(frozen=True)
class Curves(Panel):
    """Curves over common axes.

    x_names: what stands at x of 0, 1, 2, ... instead of numbers; x_range, y_range: low and high,
    otherwise as far as the curves and their spreads reach. marks: values of x with a line and a
    name. shade: [n], over the x of the first curve, which part of the height is grey, from below.
    width, height: of all that is drawn.
    """

    series: Sequence[Series]
    x_title: str = ""
    y_title: str = ""
    y_range: tuple[float, float] | None = None
    title: str = ""
    note: str = ""
    x_names: Sequence[str] | None = None
    shade: np.ndarray | Sequence[float] | None = None
    width: int = 620
    height: int = 360
    x_range: tuple[float, float] | None = None
    marks: Mapping[str, float] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def x_axis(self) -> Axis:
        if self.x_names is not None:
            return named_axis(self.x_names, self.x_title)
        if self.x_range is not None:
            return round_axis(*self.x_range, self.x_title, to_ticks=False)
        axis = range_axis([each.xs for each in self.series], self.x_title)
        ends = [each.xs[[0, -1]] for each in self.series if len(each.xs)]
        if not ends:
            return axis
        # the first and the last point stand at the axis's ends
        return round_axis(float(np.min(ends)), float(np.max(ends)), self.x_title, 6, to_ticks=False)

    @property
    def y_axis(self) -> Axis:
        if self.y_range is not None:
            return round_axis(*self.y_range, self.y_title, to_ticks=False)
        edges: list[np.ndarray] = []
        for each in self.series:
            edges += each.bounds
        return range_axis(edges, self.y_title)

    @cached_property
    def plot(self) -> Plot:
        width = self.width
        if self.named:
            width -= GAP + key_width([each.name for each in self.series])
        return Plot(width, self.height, self.x_axis, self.y_axis)

    @property
    def named(self) -> bool:
        return any(each.name for each in self.series)

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        self.plot.draw(canvas, corner)
        for name, value in self.marks.items():
            self.plot.draw_mark(canvas, corner, name, value)
        box = (corner[0], corner[1], corner[0] + self.width, corner[1] + self.height)
        with smooth_pen(canvas, box) as pen:
            self.draw_shade(pen, corner)
            for number, each in enumerate(self.series):
                self.draw_band(pen, each, look(each, number)[1], corner)
            for number, each in enumerate(self.series):
                self.draw_curve(pen, each, *look(each, number), corner)
            rows = self.name_rows(corner)
            for number, row in rows.items():
                self.draw_sample(pen, number, row, corner)
        for number, row in rows.items():
            left = corner[0] + self.plot.width + SAMPLE + 2 * GAP
            write_name(canvas, (left, row), self.series[number].name)

    def draw_shade(self, pen: SmoothPen, corner: tuple[int, int]) -> None:
        if self.shade is None:
            return
        xs = self.series[0].xs
        low, high = self.plot.y.low, self.plot.y.high
        tops = low + np.asarray(self.shade, np.float64) * (high - low)
        upper = self.plot.places(xs, tops, corner)
        lower = self.plot.places(xs, np.full(len(xs), low), corner)
        pen.polygon([*upper, *reversed(lower)], SHADE, OPACITY)

    def draw_band(
        self, pen: SmoothPen, each: Series, colour: Colour, corner: tuple[int, int]
    ) -> None:
        if each.spread is None:
            return
        low, high = each.bounds
        for run in each.runs():
            lower = self.plot.places(each.xs[run], self.clipped(low[run]), corner)
            upper = self.plot.places(each.xs[run], self.clipped(high[run]), corner)
            if len(lower) > 1:
                pen.polygon([*lower, *reversed(upper)], colour, BAND)
            else:
                pen.line([*lower, *upper], paler(colour, 0.5), 2)

    def clipped(self, values: np.ndarray) -> np.ndarray:
        """What a curve with a range of its own has within it."""
        return np.clip(values, self.plot.y.low, self.plot.y.high)

    def draw_curve(
        self, pen: SmoothPen, each: Series, marker: int, colour: Colour, corner: tuple[int, int]
    ) -> None:
        for run in each.runs():
            places = self.plot.places(each.xs[run], self.clipped(each.ys[run]), corner)
            pen.line(places, colour, 2, 5 if each.dashed else 0)
            # a single point is seen by its marker alone
            if len(each.xs) <= MARKED or len(places) == 1:
                for place in places:
                    pen.marker(place, marker, colour)

    def name_rows(self, corner: tuple[int, int]) -> dict[int, float]:
        """The rows of the names, by the curves' numbers: near to the curves' ends."""
        if not self.named:
            return {}
        ends: dict[int, float] = {}
        for number, each in enumerate(self.series):
            if not each.name:
                continue
            known = each.ys[np.isfinite(each.ys)]
            last = self.clipped(known[-1:]) if known.size else np.array([self.plot.y.low])
            ends[number] = self.plot.places(np.zeros(1), last, corner)[0][1]
        order = sorted(ends, key=lambda number: ends[number])
        places = [ends[number] for number in order]
        _, top, _, bottom = self.plot.box
        low, high = corner[1] + top, max(corner[1] + bottom, corner[1] + LINE * len(order))
        return dict(zip(order, spread_apart(places, low, high)))

    def draw_sample(self, pen: SmoothPen, number: int, row: float, corner: tuple[int, int]) -> None:
        """A piece of the curve beside its name."""
        marker, colour = look(self.series[number], number)
        left = corner[0] + self.plot.width + GAP
        ends: list[Point] = [(left, row), (left + SAMPLE, row)]
        pen.line(ends, colour, 2, 5 if self.series[number].dashed else 0)
        if len(self.series[number].xs) <= MARKED:
            pen.marker((left + SAMPLE / 2, row), marker, colour)


def look(each: Series, number: int) -> tuple[int, Colour]:
    """Marker and colour of the curve of that number."""
    chosen = number if each.colour is None else each.colour
    return chosen, series_colour(chosen)
