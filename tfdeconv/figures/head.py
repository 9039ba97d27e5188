"""The head of a page: its title, and what is on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from PIL import Image, ImageDraw

from .letters import font_for, in_lines, printable
from .page import FAINT, INK

# sizes of letters, and lengths in pixels
TITLE, TITLE_LINE = 28, 38
CAPTION, CAPTION_LINE = 18, 25
TITLE_LINES, CAPTION_LINES = 2, 3  # at most
GAP = 14  # under the caption


@dataclass(frozen=True)
class Head:
    """Title and caption, in as many lines as they need at that width."""

    title: str
    caption: str
    width: int

    @cached_property
    def titles(self) -> list[str]:
        return in_lines(printable(self.title), self.width, TITLE, TITLE_LINES)

    @cached_property
    def captions(self) -> list[str]:
        return in_lines(printable(self.caption), self.width, CAPTION, CAPTION_LINES)

    @property
    def height(self) -> int:
        return len(self.titles) * TITLE_LINE + len(self.captions) * CAPTION_LINE + GAP

    def draw(self, canvas: Image.Image, corner: tuple[int, int]) -> None:
        """Draws it with its upper left corner there."""
        left, top = corner
        pen = ImageDraw.Draw(canvas)
        for i, line in enumerate(self.titles):
            place = (left, top - 6 + i * TITLE_LINE)
            pen.text(place, line, INK, font_for(line, TITLE))
        caption_top = top - 4 + len(self.titles) * TITLE_LINE
        for i, line in enumerate(self.captions):
            place = (left, caption_top + i * CAPTION_LINE)
            pen.text(place, line, FAINT, font_for(line, CAPTION))
