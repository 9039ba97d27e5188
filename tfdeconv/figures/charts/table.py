"""Tables of texts and numbers, ruled as in books."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from PIL import Image, ImageDraw

from ..letters import font_for, printable, shortened
from ..page import EDGE, FAINT, INK
from .lettering import LABEL, widest
from .panel import Panel

LINE = 26  # pixels from a row to the next
GAP = 28  # between columns
WIDEST = 420  # of a column
RULE = 6  # between the header's rule and the rows
MARK = (255, 240, 200)  # under what is marked, which has MARKER before it as well
MARKER = "* "


@dataclass(frozen=True)
class Table(Panel):
    """Rows of texts under a header; columns of numbers are aligned on the right.

    marked: rows by number, or cells as (row, column).
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    note: str = ""
    marked: Collection[int | tuple[int, int]] = ()

    @cached_property
    def texts(self) -> list[list[str]]:
        """The rows as they are written."""
        texts = []
        for i, row in enumerate(self.rows):
            cells = [shortened(printable(cell), WIDEST, LABEL) for cell in row]
            for column in range(len(cells)):
                if (i, column) in self.marked or (i in self.marked and column == 0):
                    cells[column] = MARKER + cells[column]
            texts.append(cells)
        return texts

    @cached_property
    def widths(self) -> list[int]:
        columns = zip(self.header, *self.texts)
        return [widest([*column], LABEL) for column in columns]

    @cached_property
    def numeric(self) -> list[bool]:
        """Whether a column is one of numbers."""
        return [is_numeric(column) for column in zip(*self.rows)]

    @property
    def head_height(self) -> int:
        """Of the header and the rule under it; none where it has no names."""
        return LINE + RULE if any(self.header) else RULE

    @property
    def size(self) -> tuple[int, int]:
        width = sum(self.widths) + GAP * (len(self.widths) - 1)
        return width, self.head_height + LINE * len(self.rows) + RULE

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        left, top = corner
        width, _ = self.size
        pen = ImageDraw.Draw(canvas)
        pen.line((left, top, left + width, top), INK, 2)
        row_top = top + self.head_height
        if any(self.header):
            self.draw_row(pen, corner, self.header, FAINT)
            pen.line((left, row_top - RULE // 2, left + width, row_top - RULE // 2), EDGE)
        for i, row in enumerate(self.texts):
            if i in self.marked:
                pen.rectangle((left, row_top, left + width, row_top + LINE - 2), fill=MARK)
            self.draw_row(pen, (left, row_top), row, INK, i)
            row_top += LINE
        pen.line((left, row_top + RULE // 2, left + width, row_top + RULE // 2), INK, 2)

    def draw_row(
        self,
        pen: ImageDraw.ImageDraw,
        corner: tuple[int, int],
        cells: Sequence[str],
        colour: tuple[int, int, int],
        number: int = -1,
    ) -> None:
        left, top = corner
        for column, (cell, width) in enumerate(zip(cells, self.widths)):
            if (number, column) in self.marked:
                pen.rectangle((left - 4, top, left + width + 4, top + LINE - 2), fill=MARK)
            place, anchor = (left, top + LINE // 2), "lm"
            if self.rows and self.numeric[column]:
                place, anchor = (left + width, top + LINE // 2), "rm"
            pen.text(place, printable(cell), colour, font_for(cell, LABEL), anchor=anchor)
            left += width + GAP


def is_numeric(column: Sequence[str]) -> bool:
    """Whether most of a column's cells are numbers, as where one of them is `not known`."""
    known = [cell for cell in column if cell]
    return 2 * sum(map(is_number, known)) > len(known) or not known


def is_number(text: str) -> bool:
    """Whether a text is a number, with a unit or an error behind it; nothing counts as one.

    >>> is_number("-0.3"), is_number("0.2 ± 0.1"), is_number("12 %"), is_number("")
    (True, True, True, True)
    >>> is_number("a"), is_number("  indented")
    (False, False)
    """
    first = text.strip().partition(" ")[0].replace(",", "")
    if not first:
        return True
    try:
        float(first)
    except ValueError:
        return False
    return True
