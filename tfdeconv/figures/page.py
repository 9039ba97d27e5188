"""What pages share: fonts, colours, sizes, an empty page, and a tile on it."""

from __future__ import annotations

import colorsys
from math import ceil, sqrt

import numpy as np
from PIL import Image, ImageDraw

from .letters import TILE_FONTS, font, printable

# colours: red, green, blue
INK = (24, 24, 24)
FAINT = (110, 110, 110)
PAPER = (255, 255, 255)
FRAME = (220, 220, 220)  # around the place of a tile that there is no image for
EDGE = (150, 150, 150)  # around a tile: between the greys of a projection and white paper

# lengths in pixels
MARGIN = 24  # around everything
THIN = 2  # between tiles
MAX_WIDTH = 2048  # of a page
MAX_HEIGHT = 2800
PAGE_LINE = 24  # a line of text in a page's head, or over a feature
HEAD = 84  # a page's title, and a caption of one line

SCALE_BAR = (160, 18)  # width and height of a colour scale
LEGEND_FONT = 17
GOLDEN_RATIO = 0.618034


def hues(count: int) -> list[tuple[int, int, int]]:
    """Distinct colours: neighbours in the list differ much, too."""
    colours = []
    for i in range(count):
        red, green, blue = colorsys.hsv_to_rgb((i * GOLDEN_RATIO) % 1, 0.85, 0.92)
        colours.append((int(red * 255), int(green * 255), int(blue * 255)))
    return colours


def square_columns(count: int) -> int:
    """Columns that lay out so many tiles as nearly square as possible."""
    return ceil(sqrt(count))


def scaled_sides(height: int, width: int, least: int, most: int) -> tuple[int, int]:
    """Height and width of the tile for a patch, the longer side from least to most pixels.

    A patch in that range keeps its size; a smaller one is enlarged by a whole number where one
    fits, so that all of its pixels stay equally large.
    """
    longer = max(height, width)
    if longer > most:
        scale = most / longer
    else:
        scale = max(1, ceil(least / longer))
        if longer * scale > most:
            scale = least / longer
    return max(1, round(height * scale)), max(1, round(width * scale))


def new_page(
    width: int, height: int, title: str, caption: str
) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    """An empty page with a title and a caption of one or more lines.

    width, height: of the content that will be drawn at MARGIN from the left.
    Returns the page, a pen for it, and how far down the content begins.
    """
    title = printable(title)
    lines = [printable(line) for line in caption.split("\n")]
    caption_width = max(font(16).getlength(line) for line in lines)
    text_width = ceil(max(font(26).getlength(title), caption_width))
    top = MARGIN + HEAD + PAGE_LINE * (len(lines) - 1)
    size = (max(width, text_width) + 2 * MARGIN, top + height + MARGIN)
    canvas = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN), title, INK, font(26))
    for i, line in enumerate(lines):
        pen.text((MARGIN, MARGIN + 40 + i * PAGE_LINE), line, FAINT, font(16))
    return canvas, pen, top


def draw_colour_scale(canvas: Image.Image, corner: tuple[int, int], low: str, high: str) -> None:
    """Draws the colour scale of projections: a bar from black over grey, zero, to white.

    low, high: what its ends stand for, "-0.83" and "0.83", or "negative" and "positive".
    """
    pen = ImageDraw.Draw(canvas)
    left, top = corner
    letters = font(LEGEND_FONT)
    middle = top + SCALE_BAR[1] / 2
    pen.text((left, middle), low, FAINT, letters, anchor="lm")
    bar_left = left + ceil(letters.getlength(low)) + 6
    levels = np.linspace(1, 255, SCALE_BAR[0]).astype(np.uint8)
    bar = np.broadcast_to(levels[:, None], (SCALE_BAR[1], SCALE_BAR[0], 3))
    canvas.paste(Image.fromarray(np.ascontiguousarray(bar)), (bar_left, top))
    frame = (bar_left, top, bar_left + SCALE_BAR[0] - 1, top + SCALE_BAR[1] - 1)
    pen.rectangle(frame, outline=EDGE)
    zero = bar_left + SCALE_BAR[0] / 2
    pen.text((zero, middle), "0", INK, letters, anchor="mm")
    pen.text((bar_left + SCALE_BAR[0] + 6, middle), high, FAINT, letters, anchor="lm")


def colour_scale_width(low: str, high: str) -> int:
    """How much of a line a colour scale takes, in pixels."""
    letters = font(LEGEND_FONT)
    return ceil(letters.getlength(low) + letters.getlength(high)) + SCALE_BAR[0] + 12


def draw_tile(
    canvas: Image.Image,
    pen: ImageDraw.ImageDraw,
    pixels: np.ndarray,
    placeholder: str,
    corner: tuple[int, int],
) -> None:
    """Draws a tile with its upper left corner there, and over it the placeholder, if any.

    pixels: uint8 [h, w, 3]; placeholder: `none` draws an empty frame in place of the tile.
    """
    height, width, _ = pixels.shape
    left, top = corner
    if placeholder == "none":
        pen.rectangle((left, top, left + width - 1, top + height - 1), outline=FRAME)
        return
    canvas.paste(Image.fromarray(pixels), corner)
    if not placeholder:
        return
    for size in TILE_FONTS:
        text_width = font(size).getlength(placeholder)
        if text_width <= width - 4:
            centred = (left + width / 2 - text_width / 2, top + height / 2 - size * 0.6)
            pen.text(centred, placeholder, PAPER, font(size))
            return
