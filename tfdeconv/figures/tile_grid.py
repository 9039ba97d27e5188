"""Tiles in rows, as close as in figure 2 of Zeiler & Fergus 2014."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image, ImageDraw

from .page import FRAME
from .tile import draw_tile

GAP = 2  # pixels of paper between tiles: their edges alone do not part what is grey


@dataclass(frozen=True)
class TileGrid:
    """A grid of tiles; lengths in pixels."""

    cell: tuple[int, int]  # height and width of the largest tile
    columns: int
    count: int
    text_height: int = 0  # of the lines of text under each tile

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        rows = ceil(self.count / self.columns)
        height, width = self.cell
        height += self.text_height
        return rows * (height + GAP) - GAP, self.columns * (width + GAP) - GAP

    def corner(self, k: int, tile: tuple[int, int]) -> tuple[int, int]:
        """Left and top of the k-th tile, of that height and width, from the grid's corner."""
        row, column = divmod(k, self.columns)
        return column * (tile[1] + GAP), row * (tile[0] + self.text_height + GAP)

    def draw(
        self,
        canvas: Image.Image,
        corner: tuple[int, int],
        tile: tuple[int, int],
        tiles: Sequence[np.ndarray | None],
        words: Sequence[str],
    ) -> None:
        """Draws tiles of that height and width, uint8 [*tile, 3], in order.

        words: what stands in place of a tile, "" for one that is drawn; `none` leaves it empty.
        """
        pen = ImageDraw.Draw(canvas)
        height, width = tile
        empty = np.zeros((height, width, 3), np.uint8)
        for k, (pixels, word) in enumerate(zip(tiles, words)):
            left, top = self.corner(k, tile)
            left, top = left + corner[0], top + corner[1]
            if word == "none":
                frame = (left, top, left + width - 1, top + height - 1)
                pen.rectangle(frame, outline=FRAME)
            else:
                draw_tile(canvas, (left, top), empty if pixels is None else pixels, word)
