"""Keys: which colour and mark stand for what."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from ..letters import font_for, printable, shortened
from ..page import INK
from .lettering import LINE, TICK, widest
from .palette import Colour
from .smooth import Point, SmoothPen, smooth_pen

SAMPLE = 26  # width of a line's sample
SWATCH = 13  # side of a colour's sample
GAP = 7
WIDEST_NAME = 260
HATCH = 5  # pixels between the lines of a hatching


def key_width(names: Sequence[str]) -> int:
    """What a column of names with their samples takes."""
    return SAMPLE + GAP + min(widest([*names], TICK), WIDEST_NAME)


def spread_apart(places: Sequence[float], low: float, high: float) -> list[float]:
    """Rows for lines of text near to places in ascending order, that do not overlap.

    >>> spread_apart([0, 2, 90], 0, 100)
    [0.0, 20.0, 90.0]
    """
    rows: list[float] = []
    for place in places:
        least = rows[-1] + LINE if rows else low
        rows.append(float(max(place, least)))
    limit = high
    for i in reversed(range(len(rows))):
        rows[i] = min(rows[i], limit)
        limit = rows[i] - LINE
    return rows


def write_name(canvas: Image.Image, place: Point, name: str) -> None:
    """Writes a name with the middle of its left edge there."""
    name = shortened(printable(name), WIDEST_NAME, TICK)
    ImageDraw.Draw(canvas).text(place, name, INK, font_for(name, TICK), anchor="lm")


def draw_swatches(
    canvas: Image.Image,
    corner: tuple[int, int],
    names: Sequence[str],
    colours: Sequence[Colour],
    stacked: bool = False,
) -> None:
    """A column of names, each behind the colour and hatching that fill() gives it.

    stacked: without hatching, and from below, as the parts are.
    """
    left, top = corner
    box = (left, top, left + SAMPLE, top + LINE * len(names))
    rows = [top + LINE * i + LINE / 2 for i in range(len(names))]
    if stacked:
        rows.reverse()
    with smooth_pen(canvas, box) as pen:
        for i, row in enumerate(rows):
            edges = (left, row - SWATCH / 2, left + SWATCH, row + SWATCH / 2)
            fill(pen, edges, colours[i], 0 if stacked else i)
    for row, name in zip(rows, names):
        write_name(canvas, (left + SWATCH + GAP, row), name)


def fill(pen: SmoothPen, box: tuple[float, float, float, float], colour: Colour, i: int) -> None:
    """Fills a rectangle: the first of several plainly, the others each with its hatching."""
    pen.rectangle(box, colour)
    left, top, right, bottom = box
    if bottom - top < 1 or right - left < 1:
        return
    if i % 3 == 1:
        row = bottom - HATCH
        while row > top:
            pen.line([(left, row), (right, row)], (255, 255, 255), 1)
            row -= HATCH
    if i % 3 == 2:
        column = left + HATCH / 2
        while column < right:
            pen.line([(column, top), (column, bottom)], (255, 255, 255), 1)
            column += HATCH
