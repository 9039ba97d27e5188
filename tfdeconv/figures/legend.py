"""How to read a picture: the colour scale of its projections, and sentences beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from ..words import number
from .letters import font, printable, text_width, wrapped
from .page import (
    FAINT,
    LEGEND_FONT,
    SCALE_BAR,
    colour_scale_width,
    draw_colour_scale,
    draw_heat_scale,
)

LINE = 24  # pixels from a line to the next
GAP = 18  # between the colour scale and the sentences


@dataclass(frozen=True)
class Legend:
    """What stands under a picture."""

    sentences: Sequence[str]
    # what is full black and white, where all projections have one scale; None: v, said of each
    full: float | None = None
    # what the upper end of heat maps' colours stands for; "" where there are none
    heat: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """What the ends of the colour scale stand for."""
        if self.full is None:
            return "-v", "+v"
        return f"-{number(self.full)}", f"+{number(self.full)}"

    @property
    def scale_width(self) -> int:
        """Of the colour scales."""
        low, high = self.ends
        widths = [colour_scale_width(low, high), colour_scale_width(low, self.heat)]
        return max(widths) if self.heat else widths[0]

    def lines(self, width: int) -> list[str]:
        """The sentences in lines that fit beside the colour scales."""
        beside = max(width - self.scale_width - GAP, width // 2)
        text = printable(". ".join(self.sentences))
        return wrapped(f"{text}.", beside, LEGEND_FONT)

    def height(self, width: int) -> int:
        return max(len(self.lines(width)), 1 + bool(self.heat)) * LINE

    def draw(self, canvas: Image.Image, corner: tuple[int, int], width: int) -> None:
        """Draws it with its upper left corner there, at most so wide."""
        left, top = corner
        bar_top = top + (LINE - SCALE_BAR[1]) // 2
        draw_colour_scale(canvas, (left, bar_top), *self.ends)
        if self.heat:
            # one bar under the other
            low = text_width(self.ends[0], LEGEND_FONT) - text_width("0", LEGEND_FONT)
            draw_heat_scale(canvas, (left + round(low), bar_top + LINE), self.heat)
        text_left = left + self.scale_width + GAP
        pen = ImageDraw.Draw(canvas)
        for i, line in enumerate(self.lines(width)):
            middle = top + i * LINE + LINE / 2
            pen.text((text_left, middle), line, FAINT, font(LEGEND_FONT), anchor="lm")
