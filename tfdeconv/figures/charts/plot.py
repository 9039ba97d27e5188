"""The area that curves and bars are drawn in: its axes, their ticks and titles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from PIL import Image, ImageDraw

from ..letters import font_for, printable, shortened, text_width
from ..page import EDGE, FAINT, INK
from .axis import Axis
from .lettering import LABEL, LINE, TICK, draw_upwards, widest
from .smooth import Point

GRID = (230, 230, 230)
GAP = 7  # between the area and the texts beside it
TOP = 10  # over the area: half a number stands there
TITLE_ROOM = 26  # of an axis's title
UPRIGHT_ROOM = 150  # of names that run upwards, at most
SHORT = 4  # letters of a name: of names like these some are left out where there is no room


@dataclass(frozen=True)
class Plot:
    """A rectangle of that width and height, with an area that has axes."""

    width: int
    height: int
    x: Axis
    y: Axis

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the area within the rectangle."""
        left = widest([*self.y.labels], TICK) + GAP
        if self.y.title:
            left += TITLE_ROOM
        right = self.width - 1
        if self.x.labels and not self.x.named:
            right -= ceil(text_width(self.x.labels[-1], TICK) / 2)
        below = GAP + (self.names_height if self.upright else LINE)
        if self.x.title:
            below += TITLE_ROOM
        return left, TOP, right, self.height - below

    @cached_property
    def left_room(self) -> int:
        return self.box[0]

    @property
    def step(self) -> float:
        """Pixels from one name of the x axis to the next."""
        # the box depends on whether names are upright: what it has without that is near enough
        left = widest([*self.y.labels], TICK) + GAP + (TITLE_ROOM if self.y.title else 0)
        return (self.width - left) / max(len(self.x.labels), 1)

    @cached_property
    def upright(self) -> bool:
        """Whether the names of the x axis run upwards, because they have no room side by side."""
        if not self.x.named:
            return False
        longest = max(map(len, self.x.labels), default=0)
        return longest > SHORT and widest([*self.x.labels], TICK) + GAP > self.step

    @property
    def names_height(self) -> int:
        return min(widest([*self.x.labels], TICK), UPRIGHT_ROOM)

    @property
    def every(self) -> int:
        """Of the x axis's names every so-manieth has room."""
        if not self.x.named:
            return 1
        needed = LINE if self.upright else widest([*self.x.labels], TICK) + GAP
        return max(1, ceil(needed / self.step))

    def places(self, xs: np.ndarray, ys: np.ndarray, corner: Point) -> list[Point]:
        """Where values are on the canvas, of a rectangle with its upper left corner there."""
        left, top, right, bottom = self.box
        across = corner[0] + left + self.x.part(xs) * (right - left)
        down = corner[1] + bottom - self.y.part(ys) * (bottom - top)
        return list(zip(across.tolist(), down.tolist()))

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        """Draws grid, axes, numbers and titles."""
        pen = ImageDraw.Draw(canvas)
        left, top, right, bottom = self.box
        left, right = corner[0] + left, corner[0] + right
        top, bottom = corner[1] + top, corner[1] + bottom
        for value, label in zip(self.y.ticks, self.y.labels):
            row = round(bottom - float(self.y.part(value)) * (bottom - top))
            pen.line((left, row, right, row), EDGE if value == 0 else GRID)
            write(pen, (left - GAP, row), label, "rm")
        pen.line((left, bottom, right, bottom), EDGE)
        for value, label in list(zip(self.x.ticks, self.x.labels))[:: self.every]:
            column = round(left + float(self.x.part(value)) * (right - left))
            if not self.x.named:
                pen.line((column, bottom, column, bottom + 4), EDGE)
            if self.upright:
                name = shortened(printable(label), self.names_height, TICK)
                middle = bottom + GAP + text_width(name, TICK) / 2
                draw_upwards(canvas, (column, middle), name, TICK, FAINT)
            else:
                write(pen, (column, bottom + GAP), label, "ma")
        if self.x.title:
            title = shortened(printable(self.x.title), right - left, LABEL)
            place = ((left + right) / 2, corner[1] + self.height - 4)
            pen.text(place, title, INK, font_for(title, LABEL), anchor="ms")
        if self.y.title:
            title = shortened(printable(self.y.title), bottom - top + TOP, LABEL)
            draw_upwards(canvas, (corner[0] + LABEL / 2 + 2, (top + bottom) / 2), title, LABEL)

    def draw_mark(
        self, canvas: Image.Image, corner: tuple[int, int], name: str, value: float
    ) -> None:
        """Draws a line at a value of x, with its name at its upper end."""
        left, top, right, bottom = self.box
        column = round(corner[0] + left + float(self.x.part(value)) * (right - left))
        pen = ImageDraw.Draw(canvas)
        pen.line((column, corner[1] + top, column, corner[1] + bottom), EDGE)
        write(pen, (column + GAP // 2, corner[1] + top), name, "lt")


def write(pen: ImageDraw.ImageDraw, place: Point, text: str, anchor: str) -> None:
    """Writes a tick's label."""
    text = printable(text)
    pen.text(place, text, FAINT, font_for(text, TICK), anchor=anchor)
