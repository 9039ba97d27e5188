"""The tiles of one feature of a run, with nothing around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from . import grid
from .page import PAPER
from .tile_grid import TileGrid

if TYPE_CHECKING:
    from .unit_tiles import UnitTiles


def draw(unit_tiles: UnitTiles, feature: int) -> Image.Image:
    """A feature's projections at the left and its photos' patches at the right.

    feature: its place in unit_tiles.channels.
    """
    cell = grid.tile_size(unit_tiles, feature)
    count = unit_tiles.places
    tiles = TileGrid(cell, grid.grid_columns(count, cell), count)
    height, width = tiles.size
    canvas = Image.new("RGB", (2 * width + grid.SPLIT, height), PAPER)
    grid.draw_feature(canvas, unit_tiles, feature, tiles, (0, 0), None)
    return canvas
