"""A page of a run's figure: title and caption above what is drawn, and how to read it below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw

from .legend import Legend
from .letters import font_for, printable, shortened, wrapped
from .page import FAINT, INK, MARGIN, MAX_HEIGHT, PAPER

# lengths in pixels
TITLE_LINE = 42
CAPTION_LINE = 26
TITLE_FONT, CAPTION_FONT = 28, 18
GAP = 18  # under the head, and over the legend
LEAST_WIDTH = 760  # of what is drawn: lines of text are wrapped at its width


@dataclass(frozen=True)
class PageText:
    """What stands on each page."""

    title: str
    caption: Sequence[str]  # paragraphs
    legend: Legend

    def numbered(self, number: int, count: int) -> PageText:
        """The text of one of several pages."""
        if count == 1:
            return self
        return replace(self, title=f"{self.title}   page {number} of {count}")

    def caption_lines(self, width: int) -> list[str]:
        lines: list[str] = []
        for paragraph in self.caption:
            lines += wrapped(printable(paragraph), width, CAPTION_FONT)
        return lines

    def room(self, width: int) -> int:
        """How high what is drawn on a page may be, if it is at least that wide."""
        width = max(width, LEAST_WIDTH)
        lines = len(self.caption_lines(width)) * CAPTION_LINE
        legend = self.legend.height(width)
        return MAX_HEIGHT - 2 * MARGIN - TITLE_LINE - lines - 2 * GAP - legend


def new_page(
    width: int, height: int, text: PageText
) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    """A page with its text around an empty middle.

    width, height: of what will be drawn at MARGIN from the left. Returns the page, a pen for it,
    and how far down the middle begins.
    """
    width = max(width, LEAST_WIDTH)
    lines = text.caption_lines(width)
    top = MARGIN + TITLE_LINE + len(lines) * CAPTION_LINE + GAP
    foot = top + height + GAP
    size = (width + 2 * MARGIN, foot + text.legend.height(width) + MARGIN)
    canvas = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(canvas)
    title = shortened(printable(text.title), width, TITLE_FONT)
    pen.text((MARGIN, MARGIN), title, INK, font_for(title, TITLE_FONT))
    for i, line in enumerate(lines):
        line_top = MARGIN + TITLE_LINE + i * CAPTION_LINE
        pen.text((MARGIN, line_top), line, FAINT, font_for(line, CAPTION_FONT))
    text.legend.draw(canvas, (MARGIN, foot), width)
    return canvas, pen, top
