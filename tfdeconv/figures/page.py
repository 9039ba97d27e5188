"""What pages share: colours, sizes and the colour scale."""

from __future__ import annotations

import colorsys
from math import ceil

import numpy as np
from PIL import Image, ImageDraw

from .charts.palette import SEQUENTIAL, shades
from .letters import font

# colours: red, green, blue
INK = (24, 24, 24)
FAINT = (110, 110, 110)
PAPER = (255, 255, 255)
FRAME = (220, 220, 220)  # around the place of a tile that there is no image for
EDGE = (150, 150, 150)  # around a tile: between the greys of a projection and white paper

# lengths in pixels
MARGIN = 24  # around everything
THIN_TILE = 12  # the shorter side of a tile, at least
MAX_WIDTH = 2048  # of a page
MAX_HEIGHT = 2800

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
    # a strip that is a line of pixels would be lost
    shortest = min(THIN_TILE, least)
    return max(shortest, round(height * scale)), max(shortest, round(width * scale))


def draw_colour_scale(canvas: Image.Image, corner: tuple[int, int], low: str, high: str) -> None:
    """Draws the colour scale of projections: a bar from black over grey, zero, to white.

    low, high: what its ends stand for, "-0.83" and "0.83", or "negative" and "positive".
    """
    levels = np.linspace(1, 255, SCALE_BAR[0]).astype(np.uint8)
    bar_left = draw_bar(canvas, corner, np.repeat(levels[:, None], 3, 1), low, high)
    zero = (bar_left + SCALE_BAR[0] / 2, corner[1] + SCALE_BAR[1] / 2)
    ImageDraw.Draw(canvas).text(zero, "0", INK, font(LEGEND_FONT), anchor="mm")


def draw_heat_scale(canvas: Image.Image, corner: tuple[int, int], high: str) -> None:
    """Draws the colour scale of heat maps, from 0 up to what `high` says."""
    draw_bar(canvas, corner, shades(np.linspace(0, 1, SCALE_BAR[0]), SEQUENTIAL), "0", high)


def draw_bar(
    canvas: Image.Image, corner: tuple[int, int], colours: np.ndarray, low: str, high: str
) -> int:
    """Draws a bar of colours, uint8 [width, 3], between what its ends stand for.

    Returns the left edge of the bar itself.
    """
    pen = ImageDraw.Draw(canvas)
    left, top = corner
    letters = font(LEGEND_FONT)
    middle = top + SCALE_BAR[1] / 2
    pen.text((left, middle), low, FAINT, letters, anchor="lm")
    bar_left = left + ceil(letters.getlength(low)) + 6
    bar = np.broadcast_to(colours, (SCALE_BAR[1], SCALE_BAR[0], 3))
    canvas.paste(Image.fromarray(np.ascontiguousarray(bar)), (bar_left, top))
    frame = (bar_left, top, bar_left + SCALE_BAR[0] - 1, top + SCALE_BAR[1] - 1)
    pen.rectangle(frame, outline=EDGE)
    pen.text((bar_left + SCALE_BAR[0] + 6, middle), high, FAINT, letters, anchor="lm")
    return bar_left


def colour_scale_width(low: str, high: str) -> int:
    """How much of a line a colour scale takes, in pixels."""
    letters = font(LEGEND_FONT)
    return ceil(letters.getlength(low) + letters.getlength(high)) + SCALE_BAR[0] + 12
