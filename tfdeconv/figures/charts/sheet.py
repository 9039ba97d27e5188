"""A sheet: head, rows of panels, and sentences that say how to read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from PIL import Image, ImageDraw

from ..head import Head
from ..legend import Legend
from ..letters import font_for, in_lines, printable, shortened, text_width, wrapped
from ..page import FAINT, INK, LEGEND_FONT, MARGIN, MAX_WIDTH, PAPER
from .lettering import LINE, NARROWEST, TICK, TITLE, WIDENED
from .panel import Panel

LEAST_WIDTH = 720  # of what is on it: the head has to be readable
ROOM = MAX_WIDTH - 2 * MARGIN
PANEL_GAP, ROW_GAP = 34, 26  # between panels of a row, and between rows
TITLE_LINE, TITLE_LINES = 24, 2
SENTENCE_LINE = 24
STEP = 10  # pixels by which a narrow panel is widened at a time
NOTE_LINES = 5  # it is for a note that would have more


@dataclass(frozen=True)
class Block:
    """A panel with its title over it and its note under it."""

    panel: Panel

    @cached_property
    def width(self) -> int:
        """Of the panel, or more where its texts could not be read in that."""
        width = self.panel.size[0]
        if not self.panel.title and not self.panel.note:
            return width
        width = max(width, NARROWEST)
        while width < WIDENED and not self.holds_texts(width):
            width += STEP
        return width

    def holds_texts(self, width: int) -> bool:
        """Whether title and note are whole in that width, and have few lines."""
        title = wrapped(printable(self.panel.title), width, TITLE)
        note = self.note_lines(width)
        if len(title) > TITLE_LINES or len(note) > NOTE_LINES:
            return False
        widest_line = max(text_width(line, TITLE) for line in title)
        widest_note = max((text_width(line, TICK) for line in note), default=0)
        return max(widest_line, widest_note) <= width

    @cached_property
    def titles(self) -> list[str]:
        if not self.panel.title:
            return []
        return in_lines(printable(self.panel.title), self.width, TITLE, TITLE_LINES)

    def note_lines(self, width: int) -> list[str]:
        """The note, broken at spaces."""
        if not self.panel.note:
            return []
        lines: list[str] = []
        for part in printable_lines(self.panel.note):
            lines += wrapped(part, width, TICK)
        return lines

    @cached_property
    def notes(self) -> list[str]:
        return [shortened(line, self.width, TICK) for line in self.note_lines(self.width)]

    @property
    def height_below(self) -> int:
        """Of panel and note."""
        height = self.panel.size[1]
        return height + (8 + LINE * len(self.notes) if self.notes else 0)

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        """Draws it with the panel's upper left corner there."""
        left, top = corner
        pen = ImageDraw.Draw(canvas)
        for i, line in enumerate(reversed(self.titles)):
            place = (left, top - 10 - i * TITLE_LINE)
            pen.text(place, line, INK, font_for(line, TITLE), anchor="ls")
        self.panel.draw(canvas, corner)
        below = top + self.panel.size[1] + 8
        for i, line in enumerate(self.notes):
            pen.text((left, below + i * LINE), line, FAINT, font_for(line, TICK))


def draw_sheet(
    title: str,
    caption: str,
    rows: Sequence[Sequence[Panel]],
    sentences: Sequence[str] = (),
    scale: Legend | None = None,
) -> Image.Image:
    """A sheet with a head, rows of panels, and under them the scale and the sentences.

    A row that is wider than a page goes on in the next. scale: the legend of projections, with its
    bar; it has sentences of its own.
    """
    lines: list[list[Block]] = []
    for row in rows:
        lines += broken(row)
    width = max([LEAST_WIDTH, *map(width_of, lines)])
    head = Head(title, caption, width)
    texts: list[str] = []
    if sentences:
        texts = wrapped(printable(". ".join(sentences) + "."), width, LEGEND_FONT)
    height = MARGIN + head.height
    tops = []
    for line in lines:
        height += title_room(line)
        tops.append(height)
        height += max(block.height_below for block in line) + ROW_GAP
    scale_top = height
    if scale:
        height += scale.height(width)
    text_top = height
    height += SENTENCE_LINE * len(texts) + MARGIN

    canvas = Image.new("RGB", (width + 2 * MARGIN, height), PAPER)
    head.draw(canvas, (MARGIN, MARGIN))
    for line, top in zip(lines, tops):
        left = MARGIN
        for block in line:
            block.draw(canvas, (left, top))
            left += block.width + PANEL_GAP
    if scale:
        scale.draw(canvas, (MARGIN, scale_top), width)
    pen = ImageDraw.Draw(canvas)
    for i, text in enumerate(texts):
        middle = text_top + i * SENTENCE_LINE + SENTENCE_LINE / 2
        pen.text((MARGIN, middle), text, FAINT, font_for(text, LEGEND_FONT), anchor="lm")
    return canvas


def broken(row: Sequence[Panel]) -> list[list[Block]]:
    """A row of panels as rows that are no wider than a page."""
    lines: list[list[Block]] = []
    for panel in row:
        block = Block(panel)
        if not lines or width_of([*lines[-1], block]) > ROOM:
            lines.append([])
        lines[-1].append(block)
    return lines


def width_of(line: Sequence[Block]) -> int:
    return sum(block.width for block in line) + PANEL_GAP * (len(line) - 1)


def title_room(line: Sequence[Block]) -> int:
    """What the titles of a row take over its panels."""
    most = max(len(block.titles) for block in line)
    return most * TITLE_LINE + (8 if most else 0)


def printable_lines(text: str) -> list[str]:
    return [printable(line) for line in text.split("\n")]
