"""Pages of features in a grid: for each its projections beside the photos' patches.

Laid out as in figure 2 of Zeiler & Fergus 2014.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from .cutout import full_scale, photo_tile, projection_tiles
from .letters import font_for, printable, shortened, text_width
from .page import FAINT, INK, MARGIN, MAX_WIDTH, scaled_sides
from .run_page import PageText, new_page
from .tile import draw_cross
from .tile_grid import TileGrid
from .tile_texts import TileText, draw_lines, text_height
from .view import field_centre

if TYPE_CHECKING:
    from .unit_tiles import UnitTiles

# lengths in pixels
TEXT_LINE = 26  # the line of text over a feature
SPLIT = 10  # between a feature's two grids
GAP = 30  # between features
NAME_GAP = 12  # between a feature's name and its activations
ASPECT = 1.3  # width over height of a page that is not full
# up to so many features a page: the least and most pixels of a tile's longer side
TILE_SIDES = ((1, 200, 276), (4, 160, 161), (6, 112, 140), (12, 96, 104))
TILE_SIDES_MANY = (72, 96)
NAMED_SIDE = 140  # the least where names stand under tiles
NAME_FONT, DETAIL_FONT = 18, 17


@dataclass(frozen=True)
class FeatureText:
    """What stands over a feature, and under its tiles."""

    name: str  # `feature 92`, `class 285 Egyptian cat`
    detail: str  # `fires 3639 to 3199`
    # under its tiles, strongest first; none where nothing is to stand there
    tiles: Sequence[TileText] = ()

    @property
    def width(self) -> float:
        detail = text_width(self.detail, DETAIL_FONT)
        return text_width(self.name, NAME_FONT) + NAME_GAP + detail


@dataclass(frozen=True)
class Layout:
    """Where a page's features stand; lengths in pixels."""

    grid: TileGrid
    step: tuple[int, int]  # from a feature to the next one, at its right and below it
    columns: int  # of features
    rows: int  # on a full page


def tile_size(unit_tiles: UnitTiles, feature: int) -> tuple[int, int]:
    """Height and width of a feature's tiles: their views' own if legible, smaller for many."""
    least, most = TILE_SIDES_MANY
    for most_features, *sides in TILE_SIDES:
        if len(unit_tiles.channels) <= most_features:
            least, most = sides
            break
    if unit_tiles.options.texts:
        least, most = max(least, NAMED_SIDE), max(most, NAMED_SIDE)
    # views of many sizes have tiles of one
    if unit_tiles.is_cropped:
        least = most
    return scaled_sides(*unit_tiles.view_size(feature), least, most)


def common_scale(unit_tiles: UnitTiles) -> float:
    """The absolute value that all tiles of a layer draw as full black or white: the largest."""
    largest = 0.0
    for feature in range(len(unit_tiles.channels)):
        tile = tile_size(unit_tiles, feature)
        for rank, view in unit_tiles.views(feature).items():
            largest = max(largest, full_scale(unit_tiles.cutouts[feature, rank], view, tile))
    return largest


def pages(
    unit_tiles: UnitTiles, texts: Sequence[FeatureText], text: PageText, full: float | None = None
) -> Iterator[tuple[int, int, Image.Image]]:
    """Draws a layer's features in order, on as many pages as they need.

    texts: what stands over each feature; full: the absolute value that is full black or white, each
    unit's own by default. Yields each page's number, from 1, how many there are, and the page.
    """
    count = len(unit_tiles.channels)
    layout = lay_out(unit_tiles, texts, text)
    on_a_page = layout.columns * layout.rows
    page_count = ceil(count / on_a_page)
    for number in range(1, page_count + 1):
        start = (number - 1) * on_a_page
        features = range(start, min(start + on_a_page, count))
        width = layout.columns * layout.step[0] - GAP
        height = ceil(len(features) / layout.columns) * layout.step[1] - GAP
        canvas, pen, first_top = new_page(width, height, text.numbered(number, page_count))
        for i, feature in enumerate(features):
            row, column = divmod(i, layout.columns)
            left = MARGIN + column * layout.step[0]
            top = first_top + row * layout.step[1]
            draw_text(pen, texts[feature], (left, top), layout.step[0] - GAP)
            corner = (left, top + TEXT_LINE)
            draw_feature(canvas, unit_tiles, feature, layout.grid, corner, full)
            draw_tile_texts(pen, texts[feature], tile_size(unit_tiles, feature), layout, corner)
        yield number, page_count, canvas


def lay_out(unit_tiles: UnitTiles, texts: Sequence[FeatureText], text: PageText) -> Layout:
    """Sizes of a feature, and how many columns and rows of features make a page."""
    count, top = len(unit_tiles.channels), unit_tiles.places
    tiles = [tile_size(unit_tiles, feature) for feature in range(count)]
    cell = (max(height for height, _ in tiles), max(width for _, width in tiles))
    under = max(text_height(text.tiles) for text in texts)
    grid = TileGrid(cell, grid_columns(top, cell), top, under)
    grid_height, grid_width = grid.size
    # a class's name may be of any length
    longest = min(max(text.width for text in texts), MAX_WIDTH / 3)
    feature_width = max(2 * grid_width + SPLIT, ceil(longest))
    step = (feature_width + GAP, grid_height + TEXT_LINE + GAP)
    most_columns = max(1, (MAX_WIDTH - 2 * MARGIN + GAP) // step[0])
    most_rows = max(1, (text.room(feature_width) + GAP) // step[1])
    return Layout(grid, step, columns_per_page(count, step, most_columns, most_rows), most_rows)


def grid_columns(count: int, cell: tuple[int, int]) -> int:
    """Columns of a feature's tiles of that height and width that make it as square as can be.

    >>> grid_columns(9, (100, 100)), grid_columns(9, (12, 160)), grid_columns(5, (1, 1))
    (3, 1, 3)
    """

    def distance(columns: int) -> float:
        rows = ceil(count / columns)
        # rounded, so that 2 x 3 is as square as 3 x 2
        return round(abs(log(columns * cell[1] / (rows * cell[0]))), 6)

    return min(range(count, 0, -1), key=distance)


def columns_per_page(count: int, step: tuple[int, int], most_columns: int, most_rows: int) -> int:
    """Columns of features: all that fit where they fill pages, else those nearest to ASPECT."""
    if count > most_columns * most_rows:
        return most_columns

    def distance(columns: int) -> float:
        rows = ceil(count / columns)
        return abs(log(columns * step[0] / (rows * step[1]) / ASPECT))

    enough = range(ceil(count / most_rows), min(most_columns, count) + 1)
    return min(enough, key=distance)


def draw_feature(
    canvas: Image.Image,
    unit_tiles: UnitTiles,
    feature: int,
    grid: TileGrid,
    corner: tuple[int, int],
    full: float | None,
) -> None:
    """Draws a feature's two grids side by side: the projections, then the photos' patches."""
    tile = tile_size(unit_tiles, feature)
    words = unit_tiles.placeholders[feature].tolist()[: grid.count]
    projections: list[np.ndarray | None] = [None] * len(words)
    photos: list[np.ndarray | None] = [None] * len(words)
    views = unit_tiles.views(feature)
    for rank, view in views.items():
        cutout = unit_tiles.cutouts[feature, rank]
        drawn = projection_tiles(cutout, view, tile, full)
        projections[rank] = drawn[unit_tiles.layer]
        photos[rank] = photo_tile(cutout, view, tile)
    photos_corner = (corner[0] + grid.size[1] + SPLIT, corner[1])
    grid.draw(canvas, corner, tile, projections, words)
    grid.draw(canvas, photos_corner, tile, photos, words)
    if not unit_tiles.has_map or unit_tiles.view_size(feature) == unit_tiles.size:
        return
    for rank, view in views.items():
        left, top = grid.corner(rank, tile)
        tile_corner = (left + photos_corner[0], top + photos_corner[1])
        centre = field_centre(unit_tiles.cutouts[feature, rank].field)
        draw_cross(canvas, tile_corner, tile, view, centre)


def draw_tile_texts(
    pen: ImageDraw.ImageDraw,
    text: FeatureText,
    tile: tuple[int, int],
    layout: Layout,
    corner: tuple[int, int],
) -> None:
    """Writes what stands under a feature's tiles, of that height and width, in both grids."""
    grid = layout.grid
    draw_lines(pen, grid, corner, tile, [each.projection for each in text.tiles])
    photos_corner = (corner[0] + grid.size[1] + SPLIT, corner[1])
    draw_lines(pen, grid, photos_corner, tile, [each.photo for each in text.tiles])


def draw_text(
    pen: ImageDraw.ImageDraw, text: FeatureText, corner: tuple[int, int], width: float
) -> None:
    """Writes a feature's name and the range of its activations over its tiles."""
    left, top = corner
    room = width - text_width(text.detail, DETAIL_FONT) - NAME_GAP
    name = shortened(printable(text.name), max(room, width / 2), NAME_FONT)
    name_width = text_width(name, NAME_FONT) + NAME_GAP
    detail = shortened(text.detail, width - name_width, DETAIL_FONT)
    pen.text((left, top), name, INK, font_for(name, NAME_FONT))
    pen.text((left + name_width, top + 1), detail, FAINT, font_for(detail, DETAIL_FONT))
