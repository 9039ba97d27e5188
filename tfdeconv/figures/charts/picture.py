"""Photos and projections as panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from ...data.preprocessing import Preprocessing
from .. import pixels
from ..page import EDGE
from ..style import PLAIN, Style
from ..tile import draw_tile
from .palette import series_colour
from .panel import Panel
from .smooth import smooth_pen

SIDE = 224
OUTLINE = (255, 255, 255)  # on both sides of a box's line: it is seen on anything


def shown_size(shape: Sequence[int], side: int) -> tuple[int, int]:
    """Width and height of an image [h, w, ...] whose longer side is drawn at that length.

    >>> shown_size((10, 40, 3), 200)
    (200, 50)
    """
    scale = side / max(shape[0], shape[1])
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


@dataclass(frozen=True)
class Picture(Panel):
    """Pixels uint8 [h, w, 3], the longer side drawn at `side` pixels.

    boxes: (top, left, bottom, right) in the pixels' own coordinates, drawn as lines. word: what
    stands in an empty frame instead of the pixels. edge: the colour of the frame.
    """

    pixels: np.ndarray
    side: int = SIDE
    boxes: Sequence[Sequence[float]] = ()
    title: str = ""
    note: str = ""
    word: str = ""
    edge: tuple[int, int, int] = EDGE
    edge_width: int = 1

    @property
    def size(self) -> tuple[int, int]:
        return shown_size(self.pixels.shape, self.side)

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        left, top = corner
        width, height = self.size
        shown = np.asarray(pixels.resize(self.pixels, width, height))
        draw_tile(canvas, corner, shown, self.word, self.edge, self.edge_width)
        scale = width / self.pixels.shape[1]
        with smooth_pen(canvas, (left, top, left + width, top + height)) as pen:
            for number, box in enumerate(self.boxes):
                y0, x0, y1, x1 = (scale * value for value in box)
                corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
                places = [(left + x, top + y) for x, y in corners]
                pen.line(places, OUTLINE, 4)
                pen.line(places, series_colour(number + 1), 2)


@dataclass(frozen=True)
class Signal(Panel):
    """A signed signal [h, w, c] in the network's channels, zero as mid-grey.

    contrast: the absolute value that is full black or white; None: the signal's own.
    """

    values: np.ndarray
    preprocessing: Preprocessing
    style: Style = PLAIN
    contrast: float | None = None
    side: int = SIDE
    title: str = ""
    note: str = ""
    word: str = ""

    @property
    def size(self) -> tuple[int, int]:
        return shown_size(self.values.shape, self.side)

    @cached_property
    def full(self) -> float:
        """The absolute value that is full black or white."""
        if self.contrast is not None:
            return self.contrast
        return pixels.full_scale(self.shrunk, self.preprocessing, self.style)

    @cached_property
    def shrunk(self) -> np.ndarray:
        return pixels.shrink(self.values, *self.size)

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        drawn = pixels.colours(self.shrunk, self.preprocessing, self.style, self.full)
        shown = np.asarray(pixels.resize(drawn, *self.size))
        draw_tile(canvas, corner, shown, self.word)
