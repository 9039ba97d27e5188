"""Texts in charts: their sizes, and texts that run upwards."""

from __future__ import annotations

from math import ceil

from PIL import Image, ImageDraw

from ..letters import font_for, printable, text_width
from ..page import INK

TITLE, LABEL, TICK = 18, 16, 15  # sizes of letters: of a panel's title, of axes, of their numbers
LINE = 20  # pixels from a line of labels to the next
# pixels that a narrow panel's title and note have at least, and may have
NARROWEST, WIDENED = 90, 260


def draw_upwards(
    canvas: Image.Image,
    middle: tuple[float, float],
    text: str,
    size: int,
    colour: tuple[int, int, int] = INK,
) -> None:
    """Writes a text from below upwards around a middle."""
    text = printable(text)
    across = ceil(text_width(text, size)) + 2
    mask = Image.new("L", (across, size + 8))
    pen = ImageDraw.Draw(mask)
    pen.text((across / 2, mask.height / 2), text, 255, font_for(text, size), anchor="mm")
    turned = mask.transpose(Image.Transpose.ROTATE_90)
    corner = (round(middle[0] - turned.width / 2), round(middle[1] - turned.height / 2))
    canvas.paste(Image.new("RGB", turned.size, colour), corner, turned)


def widest(texts: list[str], size: int) -> int:
    """The width of the widest of some texts, 0 of none."""
    widths = [ceil(text_width(text, size)) for text in texts]
    return max(widths, default=0)
