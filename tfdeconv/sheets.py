"""Pages of top-nine figures: for each feature its projections beside the photos' patches, as in Zeiler & Fergus's figure 2."""
from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from .figures import FAINT, INK, MARGIN, PAPER, columns_of, font, plain, scaled_sides

if TYPE_CHECKING:
    from .topnine import Strip

WIDTH, HEIGHT = 2048, 2800          # of a page at most
THIN, SPLIT, GAP, LINE, HEAD = 2, 8, 28, 24, 84     # between tiles, the two grids, features; a feature's line; title and caption
SHAPE = 1.3                         # width over height that few features are laid out to


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
    step = (ceil(max(2 * grid_w + SPLIT, wide)) + GAP, grid_h + LINE + GAP)
    fits = max(1, (WIDTH - 2 * MARGIN + GAP) // step[0]), max(1, (HEIGHT - HEAD - 2 * MARGIN + GAP) // step[1])
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
                spot = left + k % across * (w + THIN), at + LINE + k // across * (h + THIN)
                tile(canvas, pen, strip.projections[strip.layer][row, k], strip.words[row, k], spot)
                tile(canvas, pen, strip.patches[row, k], strip.words[row, k], (spot[0] + grid_w + SPLIT, spot[1]))
        yield number, ceil(count / each), canvas


def abreast(count: int, step: tuple[int, int], fits: tuple[int, int]) -> int:
    """In how many columns features of that width and height stand: as fits where they fill pages, else nearest to SHAPE."""
    if count > fits[0] * fits[1]:
        return fits[0]
    enough = range(ceil(count / fits[1]), min(fits[0], count) + 1)
    return min(enough, key=lambda columns: abs(log(columns * step[0] / (ceil(count / columns) * step[1]) / SHAPE)))


def page(width: int, height: int, title: str, caption: str) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    """An empty page for something of that size, with title and caption (in lines), and how far down that something begins."""
    title, lines = plain(title), [plain(line) for line in caption.split("\n")]
    words = ceil(max(font(26).getlength(title), *(font(16).getlength(line) for line in lines)))
    head = MARGIN + HEAD + LINE * (len(lines) - 1)
    canvas = Image.new("RGB", (max(width, words) + 2 * MARGIN, head + height + MARGIN), PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN), title, INK, font(26))
    for i, line in enumerate(lines):
        pen.text((MARGIN, MARGIN + 40 + i * LINE), line, FAINT, font(16))
    return canvas, pen, head


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


def tile(canvas: Image.Image, pen: ImageDraw.ImageDraw, pixels: np.ndarray, word: str, at: tuple[int, int]) -> None:
    """A tile, or in its place grey with a word; nothing where there was no image for it."""
    height, width, _ = pixels.shape
    if word == "none":
        pen.rectangle((at[0], at[1], at[0] + width - 1, at[1] + height - 1), outline=(220, 220, 220))
        return
    canvas.paste(Image.fromarray(pixels), at)
    size = next((size for size in (14, 12, 10, 8) if font(size).getlength(word) <= width - 4), 0)
    if word and size:
        pen.text((at[0] + width / 2 - font(size).getlength(word) / 2, at[1] + height / 2 - size * 0.6), word, PAPER, font(size))
