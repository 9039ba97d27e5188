"""Pages of features in a grid: for each its projections beside the photos' patches.

Laid out as in figure 2 of Zeiler & Fergus 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from .captions import activation_range
from .letters import font
from .page import (
    FAINT,
    HEAD,
    INK,
    MARGIN,
    MAX_HEIGHT,
    MAX_WIDTH,
    PAGE_LINE,
    THIN,
    draw_tile,
    new_page,
    scaled_sides,
    square_columns,
)

if TYPE_CHECKING:
    from .tiles import UnitTiles

# lengths in pixels
SPLIT = 8  # between a feature's two grids
GAP = 28  # between features
NUMBER_GAP = 12  # between a feature's number and its activations
ASPECT = 1.3  # width over height of a page that is not full
# up to so many features a page: the least and most pixels of a tile's longer side
TILE_SIDES = ((2, 112, 196), (12, 72, 128))
TILE_SIDES_MANY = (72, 96)


def tile_size(height: int, width: int, features: int) -> tuple[int, int]:
    """Height and width of the tile for a patch: its own if legible, smaller for many features."""
    for most_features, least, most in TILE_SIDES:
        if features <= most_features:
            return scaled_sides(height, width, least, most)
    return scaled_sides(height, width, *TILE_SIDES_MANY)


@dataclass(frozen=True)
class Layout:
    """Where a page's features stand; lengths in pixels."""

    tile: tuple[int, int]  # width and height
    across: int  # tiles in a row of a feature's grid
    grid_width: int
    step: tuple[int, int]  # from a feature to the next one, at its right and below it
    columns: int  # of features
    rows: int  # on a full page


def pages(
    unit_tiles: UnitTiles, title: str, caption: str
) -> Iterator[tuple[int, int, Image.Image]]:
    """Draws a layer's features in order, on as many pages as they need.

    Yields each page's number, from 1, how many there are, and the page.
    """
    count = len(unit_tiles.channels)
    layout = lay_out(unit_tiles)
    on_a_page = layout.columns * layout.rows
    page_count = ceil(count / on_a_page)
    for number in range(1, page_count + 1):
        start = (number - 1) * on_a_page
        features = range(start, min(start + on_a_page, count))
        numbered = caption
        if page_count > 1:
            numbered += f"; page {number} of {page_count}"
        width = layout.columns * layout.step[0] - GAP
        height = ceil(len(features) / layout.columns) * layout.step[1] - GAP
        canvas, pen, head = new_page(width, height, title, numbered)
        for i, feature in enumerate(features):
            row, column = divmod(i, layout.columns)
            left = MARGIN + column * layout.step[0]
            top = head + row * layout.step[1]
            draw_label(pen, unit_tiles, feature, left, top)
            draw_feature(canvas, pen, unit_tiles, feature, layout, (left, top + PAGE_LINE))
        yield number, page_count, canvas


def lay_out(unit_tiles: UnitTiles) -> Layout:
    """Sizes of a feature, and how many columns and rows of features make a page."""
    count, top, tile_height, tile_width, _ = unit_tiles.patches.shape
    across = square_columns(top)
    down = ceil(top / across)
    grid_width = across * (tile_width + THIN) - THIN
    grid_height = down * (tile_height + THIN) - THIN
    longest_label = max(label_width(unit_tiles, feature) for feature in range(count))
    feature_width = ceil(max(2 * grid_width + SPLIT, longest_label))
    step = (feature_width + GAP, grid_height + PAGE_LINE + GAP)
    most_columns = max(1, (MAX_WIDTH - 2 * MARGIN + GAP) // step[0])
    most_rows = max(1, (MAX_HEIGHT - HEAD - 2 * MARGIN + GAP) // step[1])
    columns = columns_per_page(count, step, most_columns, most_rows)
    return Layout((tile_width, tile_height), across, grid_width, step, columns, most_rows)


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
    pen: ImageDraw.ImageDraw,
    unit_tiles: UnitTiles,
    feature: int,
    layout: Layout,
    corner: tuple[int, int],
) -> None:
    """Draws a feature's two grids side by side: the projections, then the photos' patches."""
    projections = unit_tiles.projections[unit_tiles.layer][feature]
    patches = unit_tiles.patches[feature]
    for k, placeholder in enumerate(unit_tiles.placeholders[feature]):
        row, column = divmod(k, layout.across)
        left = corner[0] + column * (layout.tile[0] + THIN)
        top = corner[1] + row * (layout.tile[1] + THIN)
        patch_left = left + layout.grid_width + SPLIT
        draw_tile(canvas, pen, projections[k], placeholder, (left, top))
        draw_tile(canvas, pen, patches[k], placeholder, (patch_left, top))


def label(unit_tiles: UnitTiles, feature: int) -> tuple[str, str]:
    """A feature's number and the range of its activations."""
    activations = activation_range(unit_tiles.values[feature], unit_tiles.images[feature])
    if unit_tiles.saturated_in(feature):
        activations += " saturated"
    return str(unit_tiles.channels[feature]), activations


def label_width(unit_tiles: UnitTiles, feature: int) -> float:
    number, activations = label(unit_tiles, feature)
    return font(17).getlength(number) + NUMBER_GAP + font(15).getlength(activations)


def draw_label(
    pen: ImageDraw.ImageDraw, unit_tiles: UnitTiles, feature: int, left: int, top: int
) -> None:
    """Writes a feature's number and the range of its activations over its tiles."""
    number, activations = label(unit_tiles, feature)
    activations_left = left + font(17).getlength(number) + NUMBER_GAP
    pen.text((left, top), number, INK, font(17))
    pen.text((activations_left, top + 2), activations, FAINT, font(15))
