"""Small pictures side by side, each with a word under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from PIL import Image, ImageDraw

from .. import pixels
from ..letters import font_for, printable, shortened
from ..page import FAINT
from ..tile import draw_tile
from .lettering import LINE, TICK, WIDENED
from .panel import Panel
from .picture import shown_size

GAP = 10
LEAST_COLUMN = 80  # a word such as `-12.5 px` is wider than a thin picture


@dataclass(frozen=True)
class PictureGrid(Panel):
    """Pictures uint8 [h, w, 3] of one size, in rows of so many columns, and their words.

    It is as wide as its columns, however few the pictures are, and never has to be widened for its
    title: grids below each other have one width.
    """

    pictures: Sequence[np.ndarray]
    words: Sequence[str]
    columns: int
    side: int = 112  # of a picture: its longer one
    title: str = ""
    note: str = ""

    @cached_property
    def tile(self) -> tuple[int, int]:
        """Width and height of a picture."""
        return shown_size(self.pictures[0].shape, self.side)

    @property
    def column(self) -> int:
        """The width of a picture and its word."""
        return max(self.tile[0], LEAST_COLUMN)

    @property
    def size(self) -> tuple[int, int]:
        height = self.tile[1]
        rows = ceil(len(self.pictures) / self.columns)
        width = self.columns * (self.column + GAP) - GAP
        return max(width, WIDENED), rows * (height + LINE + GAP) - GAP

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        width, height = self.tile
        pen = ImageDraw.Draw(canvas)
        for number, (picture, word) in enumerate(zip(self.pictures, self.words, strict=True)):
            row, column = divmod(number, self.columns)
            left = corner[0] + column * (self.column + GAP)
            top = corner[1] + row * (height + LINE + GAP)
            corner_of_tile = (left + (self.column - width) // 2, top)
            draw_tile(canvas, corner_of_tile, np.asarray(pixels.resize(picture, width, height)))
            text = shortened(printable(word), self.column, TICK)
            place = (left + self.column // 2, top + height + 3)
            pen.text(place, text, FAINT, font_for(text, TICK), anchor="ma")
