"""What pages share: letters, colours of text, sizes, an empty page."""

from __future__ import annotations

import colorsys
from math import ceil, sqrt

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MARGIN, GAP, LINE = 24, 14, 21
INK, FAINT, PAPER = (24, 24, 24), (110, 110, 110), (255, 255, 255)


def hues(count: int) -> list[tuple[int, int, int]]:
    """As many colours as far apart as can be, neighbours far apart too."""
    pick = [(i * 0.618034) % 1 for i in range(count)]
    return [
        (int(r * 255), int(g * 255), int(b * 255))
        for r, g, b in (colorsys.hsv_to_rgb(hue, 0.85, 0.92) for hue in pick)
    ]


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def plain(text: str) -> str:
    """A text in the letters that the font has."""
    return "".join(c if c.isprintable() and ord(c) < 256 else "?" for c in text)


def columns_of(count: int) -> int:
    """Columns of so many tiles, as square as it goes."""
    return ceil(sqrt(count))


def scaled_sides(height: int, width: int, least: int, most: int) -> tuple[int, int]:
    """Height and width of a tile for a patch's: its own if the longer is in between, else to the next size that is.

    What is small is enlarged by a whole number, if there is one, so that its pixels stay alike.
    """
    longer = max(height, width)
    if longer > most:
        scale = most / longer
    else:
        scale = max(1, ceil(least / longer))
        scale = scale if longer * scale <= most else least / longer
    return max(1, round(height * scale)), max(1, round(width * scale))


WIDTH, HEIGHT = 2048, 2800  # of a page at most
THIN = 2  # between tiles
PAGE_LINE, HEAD = 24, 84  # a feature's line; title and caption


def page(
    width: int, height: int, title: str, caption: str
) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    """An empty page for something of that size, with title and caption (in lines), and how far down that something begins."""
    title, lines = plain(title), [plain(line) for line in caption.split("\n")]
    words = ceil(max(font(26).getlength(title), *(font(16).getlength(line) for line in lines)))
    head = MARGIN + HEAD + PAGE_LINE * (len(lines) - 1)
    canvas = Image.new("RGB", (max(width, words) + 2 * MARGIN, head + height + MARGIN), PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN), title, INK, font(26))
    for i, line in enumerate(lines):
        pen.text((MARGIN, MARGIN + 40 + i * PAGE_LINE), line, FAINT, font(16))
    return canvas, pen, head


def tile(
    canvas: Image.Image,
    pen: ImageDraw.ImageDraw,
    pixels: np.ndarray,
    word: str,
    at: tuple[int, int],
) -> None:
    """A tile, or in its place grey with a word; nothing where there was no image for it."""
    height, width, _ = pixels.shape
    if word == "none":
        pen.rectangle(
            (at[0], at[1], at[0] + width - 1, at[1] + height - 1), outline=(220, 220, 220)
        )
        return
    canvas.paste(Image.fromarray(pixels), at)
    size = next((size for size in (14, 12, 10, 8) if font(size).getlength(word) <= width - 4), 0)
    if word and size:
        pen.text(
            (at[0] + width / 2 - font(size).getlength(word) / 2, at[1] + height / 2 - size * 0.6),
            word,
            PAPER,
            font(size),
        )
