"""Sheets: many tiles of one size in one picture, which costs the browser one file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image, features

from ..figures.pixels import ZERO

# what pictures are written as: PNG where this Pillow has no WebP
FORMAT = "WEBP" if features.check("webp") else "PNG"
SUFFIX = FORMAT.lower()

SIDE = 72  # pixels of thumbnails


@dataclass(frozen=True)
class Quality:
    """How pictures are written: of WebP its quality, 0 to 100, and how hard it tries, 0 to 6."""

    quality: int
    method: int


# what is soft and mid-grey, as projections are, needs no more
OF_PROJECTIONS = Quality(60, 0)
# these are enlarged many times where receptive fields are small
OF_PHOTOS = Quality(90, 2)


def sheet(tiles: Sequence[np.ndarray | None], tile: tuple[int, int], columns: int) -> np.ndarray:
    """Tiles in rows of so many columns, row by row: uint8 [h, w, 3].

    tiles: uint8 [*tile, 3]; grey in place of None, and behind the last one.
    """
    height, width = tile
    rows = max(1, ceil(len(tiles) / columns))
    canvas = np.full((rows * height, columns * width, 3), ZERO, np.uint8)
    for i, pixels in enumerate(tiles):
        if pixels is not None:
            top, left = i // columns * height, i % columns * width
            canvas[top : top + height, left : left + width] = pixels
    return canvas


def encoded(pixels: np.ndarray, quality: Quality) -> bytes:
    """A picture uint8 [h, w, 3] as the bytes of a file; the same ones every time."""
    buffer = io.BytesIO()
    options = {"quality": quality.quality, "method": quality.method} if FORMAT == "WEBP" else {}
    Image.fromarray(pixels).save(buffer, FORMAT, **options)
    return buffer.getvalue()


def thumbnail(pixels: np.ndarray, side: int = SIDE) -> np.ndarray:
    """A tile in a square of that side, grey beside it where it is a strip: uint8 [side, side, 3].

    pixels: uint8 [h, w, 3].
    """
    height, width, _ = pixels.shape
    scale = side / max(height, width)
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    resampling = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BICUBIC
    small = Image.fromarray(pixels).resize((shape[1], shape[0]), resampling)
    square = np.full((side, side, 3), ZERO, np.uint8)
    top, left = (side - shape[0]) // 2, (side - shape[1]) // 2
    square[top : top + shape[0], left : left + shape[1]] = np.asarray(small)
    return square
