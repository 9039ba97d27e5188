"""Maps of classes: what is most likely where, over a photo or by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw

from ..letters import font
from ..page import EDGE, FAINT, INK, PAPER
from .heat import OVER, SIDE, greyed
from .key import GAP, SWATCH, WIDEST_NAME, write_name
from .lettering import LINE, TICK, widest
from .palette import SERIES, Colour
from .panel import Panel

LETTERS = "ABCDEFG"  # as many classes have a colour of their own
OTHERS = (200, 200, 200)
NONE = -1  # a cell without a class


@dataclass(frozen=True)
class CategoryMap(Panel):
    """Classes [h, w] by number (NONE: no class), the most frequent each with colour and letter.

    names: of all classes, or of those that there are by their numbers. photo, side: as of HeatMap.
    """

    classes: np.ndarray
    names: Sequence[str] | dict[int, str]
    photo: np.ndarray | None = None
    title: str = ""
    note: str = ""
    side: int = SIDE

    @cached_property
    def map_size(self) -> tuple[int, int]:
        """Width and height of the map."""
        shape = self.classes.shape if self.photo is None else self.photo.shape
        scale = self.side / max(shape[:2])
        return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))

    @cached_property
    def ranked(self) -> list[int]:
        """The classes that there are, the most frequent first."""
        numbers, counts = np.unique(self.classes[self.classes != NONE], return_counts=True)
        return numbers[np.argsort(-counts, kind="stable")].tolist()

    @cached_property
    def rows(self) -> list[tuple[str, Colour, str]]:
        """Letter, colour and text of each line of the key."""
        rows = []
        known = max(int((self.classes != NONE).sum()), 1)
        for letter, colour, number in zip(LETTERS, SERIES, self.ranked):
            share = 100 * float((self.classes == number).sum()) / known
            rows.append((letter, colour, f"{self.names[number]}, {share:.0f} %"))
        others = len(self.ranked) - len(rows)
        if others > 0:
            rows.append(("", OTHERS, f"{others} others"))
        return rows

    @property
    def size(self) -> tuple[int, int]:
        width, height = self.map_size
        texts = [text for _, _, text in self.rows]
        width += 2 * GAP + SWATCH + LINE + GAP + min(widest(texts, TICK), WIDEST_NAME)
        return width, max(height, LINE * len(self.rows))

    def pixels(self) -> np.ndarray:
        """The map, uint8 [height, width, 3]."""
        cells = np.full((*self.classes.shape, 3), PAPER, np.uint8)
        cells[self.classes != NONE] = OTHERS
        for number, (_, colour, _) in zip(self.ranked[: len(LETTERS)], self.rows):
            cells[self.classes == number] = colour
        picture = Image.fromarray(cells).resize(self.map_size, Image.Resampling.NEAREST)
        if self.photo is None:
            return np.asarray(picture)
        grey = greyed(self.photo, *self.map_size)[..., None]
        return np.rint(OVER * np.asarray(picture) + (1 - OVER) * grey).astype(np.uint8)

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        left, top = corner
        width, height = self.map_size
        canvas.paste(Image.fromarray(self.pixels()), corner)
        pen = ImageDraw.Draw(canvas)
        pen.rectangle((left, top, left + width - 1, top + height - 1), outline=EDGE)
        for letter, number in zip(LETTERS, self.ranked):
            row, column = inner_cell(self.classes == number)
            x = left + (column + 0.5) * width / self.classes.shape[1]
            y = top + (row + 0.5) * height / self.classes.shape[0]
            pen.text((x, y), letter, INK, font(TICK), "mm", stroke_width=2, stroke_fill=PAPER)
        beside = left + width + 2 * GAP
        for i, (letter, colour, text) in enumerate(self.rows):
            middle = top + LINE * i + LINE // 2
            swatch = (beside, middle - SWATCH // 2, beside + SWATCH, middle + SWATCH // 2)
            pen.rectangle(swatch, fill=colour, outline=EDGE)
            pen.text((beside + SWATCH + GAP, middle), letter, FAINT, font(TICK), anchor="lm")
            write_name(canvas, (beside + SWATCH + GAP + LINE, middle), text)


def inner_cell(inside: np.ndarray) -> tuple[int, int]:
    """Row and column of a cell that is as far as any from the edge of where it is true: [h, w].

    >>> inner_cell(np.array([[1, 0, 0, 0], [0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]], bool))
    (2, 2)
    """
    left = inside
    while True:
        padded = np.pad(left, 1)
        middle = padded[1:-1, 1:-1]
        smaller = middle & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2]
        smaller &= padded[1:-1, 2:]
        if not smaller.any():
            row, column = np.argwhere(left)[0].tolist()
            return row, column
        left = smaller
