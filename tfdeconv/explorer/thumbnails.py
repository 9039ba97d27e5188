"""A layer's feature maps for a photo: the strongest first, as sheets of thumbnails."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np

from ..engine.maxima import strongest_channels
from ..errors import UserError
from ..figures import pixels, png
from ..words import number

SIDE = 56  # pixels of a thumbnail's longer side, at most
COLUMNS, PER_SHEET = 16, 256  # of a sheet


@dataclass(frozen=True)
class Thumbnails:
    """The maps y [h, w, c] of a layer."""

    y: np.ndarray

    @cached_property
    def features(self) -> np.ndarray:
        """All features, those first that fire strongest."""
        return strongest_channels(self.y[None], self.y.shape[2])[0]

    @cached_property
    def tile(self) -> tuple[int, int]:
        """Height and width of a thumbnail: the map's own where that is small."""
        height, width, _ = self.y.shape
        scale = min(1.0, SIDE / max(height, width))
        return max(1, round(height * scale)), max(1, round(width * scale))

    def description(self) -> dict[str, Any]:
        """What the page has to know of them."""
        maxima = self.y.max((0, 1))[self.features]
        return {
            "features": self.features.tolist(),
            "strongest": [number(value) for value in maxima.tolist()],
            "dead": int((self.y == 0).all((0, 1)).sum()),
            "map": self.y.shape[:2],
            "tile": self.tile,
            "columns": COLUMNS,
            "per_sheet": PER_SHEET,
        }

    def sheet(self, sheet: int) -> bytes:
        """The thumbnails of PER_SHEET features as a PNG: rows of COLUMNS.

        Zero is grey, as in projections; each map has its own scale, and single units one together.
        Raises UserError where the sheets end before.
        """
        sheets = ceil(len(self.features) / PER_SHEET)
        if sheet >= sheets:
            raise UserError(f"there is no sheet {sheet}: expected 0 to {sheets - 1}")
        shown = self.features[sheet * PER_SHEET : (sheet + 1) * PER_SHEET]
        height, width = self.tile
        rows = ceil(len(shown) / COLUMNS)
        drawn = np.full((rows * height, COLUMNS * width), pixels.ZERO[0], np.uint8)
        shrunk = pixels.shrink(self.y[..., shown].astype(np.float32), width, height)
        ends = np.abs(shrunk).max((0, 1), initial=0)
        if self.tile == (1, 1):
            ends[:] = np.abs(self.y).max()
        for k in range(len(shown)):
            row, column = divmod(k, COLUMNS)
            tile = pixels.levels(shrunk[..., k], float(ends[k]))
            top, left = row * height, column * width
            drawn[top : top + height, left : left + width] = tile
        return png.encode(png.as_picture(drawn), {})
