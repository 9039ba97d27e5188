"""Pages of top-nine figures: for each feature its projections beside the photos' patches, as in Zeiler & Fergus's figure 2."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from .page import (
    FAINT,
    HEAD,
    HEIGHT,
    INK,
    MARGIN,
    PAGE_LINE,
    THIN,
    WIDTH,
    columns_of,
    font,
    page,
    scaled_sides,
    tile,
)

if TYPE_CHECKING:
    from .tiles import Strip


SPLIT, GAP = 8, 28  # between the two grids, features
SHAPE = 1.3  # width over height that few features are laid out to


def side(height: int, width: int, features: int) -> tuple[int, int]:
    """A tile's height and width for a patch's: its own where that is legible, and otherwise a size that is."""
    least, most = (112, 196) if features <= 2 else (72, 128) if features <= 12 else (72, 96)
    return scaled_sides(height, width, least, most)


def pages(strip: Strip, title: str, caption: str) -> Iterator[tuple[int, int, Image.Image]]:
    """The features of a strip in order, on as many pages as they need: each with its number, from 1, and how many there are."""
    count, top, h, w, _ = strip.patches.shape
    across = columns_of(top)
    down = ceil(top / across)
    grid_w, grid_h = across * (w + THIN) - THIN, down * (h + THIN) - THIN
    wide = max(heading(None, strip, row, 0, 0) for row in range(count))
    step = (ceil(max(2 * grid_w + SPLIT, wide)) + GAP, grid_h + PAGE_LINE + GAP)
    fits = (
        max(1, (WIDTH - 2 * MARGIN + GAP) // step[0]),
        max(1, (HEIGHT - HEAD - 2 * MARGIN + GAP) // step[1]),
    )
    columns = abreast(count, step, fits)
    each = columns * fits[1]
    for number, start in enumerate(range(0, count, each), 1):
        part = range(start, min(start + each, count))
        numbered = f"{caption}; page {number} of {ceil(count / each)}" if count > each else caption
        rows = ceil(len(part) / columns)
        canvas, pen, head = page(columns * step[0] - GAP, rows * step[1] - GAP, title, numbered)
        for i, row in enumerate(part):
            left, at = MARGIN + i % columns * step[0], head + i // columns * step[1]
            heading(pen, strip, row, left, at)
            for k in range(top):
                spot = left + k % across * (w + THIN), at + PAGE_LINE + k // across * (h + THIN)
                tile(canvas, pen, strip.projections[strip.layer][row, k], strip.words[row, k], spot)
                tile(
                    canvas,
                    pen,
                    strip.patches[row, k],
                    strip.words[row, k],
                    (spot[0] + grid_w + SPLIT, spot[1]),
                )
        yield number, ceil(count / each), canvas


def abreast(count: int, step: tuple[int, int], fits: tuple[int, int]) -> int:
    """In how many columns features of that width and height stand: as fits where they fill pages, else nearest to SHAPE."""
    if count > fits[0] * fits[1]:
        return fits[0]
    enough = range(ceil(count / fits[1]), min(fits[0], count) + 1)
    return min(
        enough,
        key=lambda columns: abs(log(columns * step[0] / (ceil(count / columns) * step[1]) / SHAPE)),
    )


def heading(pen: ImageDraw.ImageDraw | None, strip: Strip, row: int, left: int, top: int) -> float:
    """Writes a feature's number, and from where to where its activations go; returns how wide that is."""
    number, ends = str(strip.channels[row]), extent(strip.values[row], strip.images[row])
    behind = font(17).getlength(number) + 12
    if pen:
        pen.text((left, top), number, INK, font(17))
        pen.text((left + behind, top + 2), ends, FAINT, font(15))
    return behind + font(15).getlength(ends)


def extent(values: np.ndarray, images: np.ndarray) -> str:
    """`412 ... 371`: the largest and the smallest of a feature's activations, as far as it has any."""
    there = values[(images >= 0) & (values != 0)]
    if not there.size:
        return "dead"
    ends = [f"{value:.4g}" for value in (there[0], there[-1])]
    return ends[0] if ends[0] == ends[1] else " ... ".join(ends)
