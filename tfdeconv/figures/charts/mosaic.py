"""Small pictures in rows, with their numbers under them and marks beside these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from PIL import Image, ImageDraw

from ..letters import font
from ..page import EDGE, FAINT, INK
from .palette import SERIES
from .panel import Panel
from .smooth import SmoothPen, smooth_pen

SIDE = 54  # of a tile, at least
GAP = 9
LETTERS, LINE = 13, 20
MARK = 4  # pixels from a mark's middle to its edges
DEAD, LARGE = "dead", "large"
COLOURS = {DEAD: INK, LARGE: SERIES[1]}
FRAME = 2  # pixels outside of a marked tile


@dataclass(frozen=True)
class Mosaic(Panel):
    """Tiles uint8 [n, h, w, 3], every pixel a square of as many pixels.

    first: the number of the first tile; marks: DEAD or LARGE by number: a cross and a triangle.
    width: what there is for all columns.
    """

    tiles: np.ndarray
    width: int
    title: str = ""
    note: str = ""
    first: int = 0
    marks: Mapping[int, str] | None = None

    @cached_property
    def tile(self) -> tuple[int, int]:
        """Width and height of a tile."""
        _, height, width, _ = self.tiles.shape
        scale = ceil(SIDE / max(height, width))
        return width * scale, height * scale

    @cached_property
    def columns(self) -> int:
        most = max(1, (self.width + GAP) // (self.pitch[0]))
        rows = ceil(len(self.tiles) / most)
        return ceil(len(self.tiles) / rows)

    @property
    def pitch(self) -> tuple[int, int]:
        """From a tile to the next, across and down."""
        width, height = self.tile
        return max(width, SIDE) + GAP, height + LINE + GAP

    @property
    def size(self) -> tuple[int, int]:
        rows = ceil(len(self.tiles) / self.columns)
        across, down = self.pitch
        # another one beside it stands over what is under it
        return max(self.width, across * self.columns - GAP), down * rows - GAP

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        pen = ImageDraw.Draw(canvas)
        marks = self.marks or {}
        box = (corner[0], corner[1], corner[0] + self.size[0], corner[1] + self.size[1])
        for i, tile in enumerate(self.tiles):
            left, top = self.corner(i, corner)
            width, height = self.tile
            enlarged = Image.fromarray(tile).resize(self.tile, Image.Resampling.NEAREST)
            canvas.paste(enlarged, (left, top))
            frame = (left - 1, top - 1, left + width, top + height)
            mark = marks.get(self.first + i)
            if mark:
                grown = (frame[0] - 1, frame[1] - 1, frame[2] + 1, frame[3] + 1)
                pen.rectangle(grown, outline=COLOURS[mark], width=FRAME)
            else:
                pen.rectangle(frame, outline=EDGE)
            colour = INK if mark else FAINT
            pen.text((left, top + height + 4), str(self.first + i), colour, font(LETTERS))
        with smooth_pen(canvas, box) as smooth:
            for i in range(len(self.tiles)):
                mark = marks.get(self.first + i)
                if mark:
                    left, top = self.corner(i, corner)
                    place = (left + self.tile[0] - MARK, top + self.tile[1] + 4 + LETTERS / 2 + 2)
                    draw_mark(smooth, place, mark)

    def corner(self, i: int, corner: tuple[int, int]) -> tuple[int, int]:
        """The upper left corner of a tile."""
        across, down = self.pitch
        return corner[0] + i % self.columns * across, corner[1] + i // self.columns * down


def draw_mark(pen: SmoothPen, place: tuple[float, float], mark: str) -> None:
    """A cross, or a triangle."""
    x, y = place
    if mark == LARGE:
        pen.marker(place, 2, COLOURS[LARGE], MARK)
        return
    pen.line([(x - MARK, y - MARK), (x + MARK, y + MARK)], COLOURS[mark], 1.5)
    pen.line([(x - MARK, y + MARK), (x + MARK, y - MARK)], COLOURS[mark], 1.5)
