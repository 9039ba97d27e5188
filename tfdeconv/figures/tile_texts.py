"""What stands under the tiles of a run's units: activations, and the names of images."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import ImageDraw

from ..words import number
from .fidelity_text import tile_lines
from .letters import font_for, printable, shortened
from .page import FAINT
from .tile_grid import TileGrid
from .unit_tiles import UnitTiles

FONT = 12
LINE = 15  # pixels from a line of text to the next
PADDING = 3  # pixels between the last line and the next row of tiles


@dataclass(frozen=True)
class TileText:
    """What stands under a unit's two tiles, a line each."""

    projection: Sequence[str]  # its activation, and areas of deletion and insertion
    photo: Sequence[str]  # the name of its image, and its label


def tile_texts(
    unit_tiles: UnitTiles, feature: int, name_of: Callable[[int], str], labels: Sequence[str] = ()
) -> list[TileText]:
    """The texts of a feature's tiles, strongest first; none under a place without an image.

    feature: its place in unit_tiles, whose options say what is written; name_of: gives an image's
    path by its number; labels: of all images, or none.
    """
    texts = []
    options = unit_tiles.options
    values = unit_tiles.values[feature].tolist()
    for rank, (value, image) in enumerate(zip(values, unit_tiles.images[feature].tolist())):
        if image < 0:
            texts.append(TileText((), ()))
            continue
        projection: list[str] = []
        photo: list[str] = []
        if options.names:
            projection.append(number(value))
            photo.append(os.path.basename(name_of(image)))
        if options.names and labels:
            photo.append(labels[image])
        if options.fidelity:
            projection += tile_lines(unit_tiles.areas[feature, rank])
        texts.append(TileText(projection, photo))
    return texts


def text_height(texts: Sequence[TileText]) -> int:
    """How high the lines under each tile are; 0 where there are none."""
    lines = max((max(len(text.photo), len(text.projection)) for text in texts), default=0)
    return lines * LINE + PADDING if lines else 0


def draw_lines(
    pen: ImageDraw.ImageDraw,
    grid: TileGrid,
    corner: tuple[int, int],
    tile: tuple[int, int],
    lines_of: Sequence[Sequence[str]],
) -> None:
    """Writes lines under each tile of a grid, each as far as the tile is wide.

    corner: of the grid; tile: height and width of its tiles; lines_of: of each tile, in order.
    """
    height, width = tile
    for k, lines in enumerate(lines_of):
        left, top = grid.corner(k, tile)
        for i, line in enumerate(lines):
            text = shortened(printable(line), width - 2, FONT)
            place = (corner[0] + left, corner[1] + top + height + i * LINE)
            pen.text(place, text, FAINT, font_for(text, FONT))
