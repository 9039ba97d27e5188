"""A layer's thumbnails: of each feature its best patch, and its projection under each rule."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from . import sheets
from .feature_tiles import PHOTO, FeatureTiles
from .sheets import SIDE

THUMBNAIL_COLUMNS = 16
PER_SHEET = 256


class Thumbnails:
    """Collects tiles in the order of features, and writes a sheet when it is full."""

    def __init__(self, folder: Path, rules: Sequence[str]):
        self.folder = folder
        self.series: dict[str, list[np.ndarray | None]] = {name: [] for name in (PHOTO, *rules)}
        self.written = 0

    def add(self, feature: FeatureTiles) -> None:
        """Adds a feature's strongest unit of those that are drawn; grey where none is."""
        for name, tiles in self.series.items():
            tiles.append(feature.thumbnails.get(name))
        if len(self.series[PHOTO]) == PER_SHEET:
            self.finish()

    def finish(self) -> None:
        """Writes what was collected since the last sheet."""
        if not self.series[PHOTO]:
            return
        for name, tiles in self.series.items():
            pixels = sheets.sheet(tiles, (SIDE, SIDE), THUMBNAIL_COLUMNS)
            quality = sheets.OF_PHOTOS if name == PHOTO else sheets.OF_PROJECTIONS
            path = self.folder / f"{name}-{self.written}.{sheets.SUFFIX}"
            path.write_bytes(sheets.encoded(pixels, quality))
            tiles.clear()
        self.written += 1
