"""Pages of features in rows and files in columns, as in figure 4 of Zeiler & Fergus 2014."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image, ImageDraw

from ..words import number
from .cutout import full_scale, photo_tile, projection_tiles
from .letters import font, font_for, in_lines, printable, shortened, text_width
from .page import FAINT, INK, MARGIN, MAX_WIDTH, scaled_sides
from .run_page import LEAST_WIDTH, PageText, new_page
from .tile import draw_cross, draw_tile
from .unit_tiles import UnitTiles
from .view import field_centre

# lengths in pixels
GAP = 12  # between columns: jumps are marked in it
PAIR_GAP = 2  # between an image and its projection
ROW_GAP = 16
HEAD = 26  # the names of the files over the first row
VALUE_LINE = 18  # the activation under a projection
NAME_LINE = 20
LEAST_TILE, MOST_TILE = 84, 140  # the longer side of tiles
LARGEST_TILE = 184  # of few files, whose page would be narrower than its texts
MOST_NAMES = 230  # of the column at the left
NAME_FONT, DETAIL_FONT, HEAD_FONT, VALUE_FONT = 17, 14, 16, 13
NAME_LINES = 3
DASH = 4  # of the mark of another place
MARK = 4  # width of a mark
NOTHING_FIRES = ("none", "dead")  # words in place of tiles
# Okabe & Ito 2008: told apart by colour-blind eyes, and one is solid and the other dashed
OTHER_IMAGE = (213, 94, 0)
OTHER_PLACE = (0, 114, 178)


@dataclass(frozen=True)
class RowText:
    """What stands beside a feature's row, and between its tiles."""

    name: str  # `feature 92`
    # by file: whether the image, or else the place, is another one than in the file before
    other_image: Sequence[bool]
    other_place: Sequence[bool]


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels that all pages share."""

    side: int  # the longer one of tiles
    tile: tuple[int, int]  # height and width of the largest tile
    names_width: int
    columns: int  # on a page
    rows: int  # on a page

    @property
    def step(self) -> tuple[int, int]:
        """From a row to the next, and from a column to the next."""
        height, width = self.tile
        return 2 * height + PAIR_GAP + VALUE_LINE + ROW_GAP, width + GAP

    def corner(self, row: int, column: int, top: int) -> tuple[int, int]:
        """Left and top of a row's image in a column."""
        down, across = self.step
        return MARGIN + self.names_width + column * across, top + HEAD + row * down


def pages(
    tiles: UnitTiles,
    heads: Sequence[str],
    rows: Sequence[RowText],
    text: PageText,
    full: float | None = None,
) -> Iterator[tuple[int, int, Image.Image]]:
    """Draws features from top to bottom and files from left to right, on as many pages as it takes.

    tiles: one for each feature and file; heads: what stands over the files' columns; full: the
    absolute value that is full black or white, each unit's own by default. Where files do not fit
    beside each other they go on on the next page. Yields each page's number, from 1, how many there
    are, and the page.
    """
    layout = lay_out(tiles, rows, text)
    parts = []
    for first_row in range(0, len(rows), layout.rows):
        for first in range(0, len(heads), layout.columns):
            features = range(first_row, min(first_row + layout.rows, len(rows)))
            parts.append((features, range(first, min(first + layout.columns, len(heads)))))
    for page, (features, files) in enumerate(parts, 1):
        down, across = layout.step
        width = layout.names_width + len(files) * across - GAP
        height = HEAD + len(features) * down - ROW_GAP
        canvas, pen, top = new_page(width, height, text.numbered(page, len(parts)))
        for column, file in enumerate(files):
            left, _ = layout.corner(0, column, top)
            head = shortened(printable(heads[file]), layout.tile[1] + GAP - 2, HEAD_FONT)
            pen.text((left, top), head, INK, font_for(head, HEAD_FONT))
        for row, feature in enumerate(features):
            draw_name(pen, tiles, feature, rows[feature].name, layout, (row, top))
            for column, file in enumerate(files):
                corner = layout.corner(row, column, top)
                draw_unit(canvas, tiles, (feature, file), layout, corner, full)
                draw_jump(pen, rows[feature], file, layout, corner)
        yield page, len(parts), canvas


def lay_out(tiles: UnitTiles, rows: Sequence[RowText], text: PageText) -> Layout:
    """The largest tiles with which all files fit beside each other, or the smallest."""
    files = tiles.values.shape[1]
    longest = max(text_width(printable(row.name), NAME_FONT) for row in rows)
    # of the longest size
    longest = max(longest, text_width("1000 x 1000 pixels", DETAIL_FONT))
    names_width = ceil(min(longest, MOST_NAMES)) + GAP
    side = tile_side(files, names_width)
    sizes = [tile_size(tiles, feature, side) for feature in range(len(rows))]
    tile = (max(height for height, _ in sizes), max(width for _, width in sizes))
    columns = max(1, min(files, columns_room(names_width) // (tile[1] + GAP)))
    layout = Layout(side, tile, names_width, columns, 1)
    width = names_width + columns * layout.step[1] - GAP
    most_rows = (text.room(width) - HEAD + ROW_GAP) // layout.step[0]
    return Layout(side, tile, names_width, columns, max(1, min(most_rows, len(rows))))


def tile_side(files: int, names_width: int = MOST_NAMES) -> int:
    """The longer side of tiles of so many files beside each other, behind names of that width."""
    most = max(MOST_TILE, min((LEAST_WIDTH - names_width) // files - GAP, LARGEST_TILE))
    return max(LEAST_TILE, min(most, columns_room(names_width) // files - GAP))


def columns_room(names_width: int) -> int:
    """What a page has for columns, each with the gap behind it, behind names of that width."""
    return MAX_WIDTH - 2 * MARGIN - names_width + GAP


def tile_size(tiles: UnitTiles, feature: int, side: int) -> tuple[int, int]:
    """Height and width of a feature's tiles."""
    return scaled_sides(*tiles.view_size(feature), side, side)


def common_scale(tiles: UnitTiles) -> float:
    """The absolute value that all tiles draw as full black or white: the largest."""
    largest = 0.0
    for feature in range(len(tiles.channels)):
        tile = tile_size(tiles, feature, MOST_TILE)
        for file, view in tiles.views(feature).items():
            largest = max(largest, full_scale(tiles.cutouts[feature, file], view, tile))
    return largest


def draw_name(
    pen: ImageDraw.ImageDraw,
    tiles: UnitTiles,
    feature: int,
    name: str,
    layout: Layout,
    place: tuple[int, int],
) -> None:
    """Writes a feature's name, and how much its tiles show, at the left of its row.

    place: the row, and where the page's content begins.
    """
    row, top = place
    top = layout.corner(row, 0, top)[1]
    for line in in_lines(printable(name), layout.names_width - GAP, NAME_FONT, NAME_LINES):
        pen.text((MARGIN, top), line, INK, font_for(line, NAME_FONT))
        top += NAME_LINE
    height, width = tiles.view_size(feature)
    if tiles.views(feature):
        pen.text((MARGIN, top + 2), f"{height} x {width} pixels", FAINT, font(DETAIL_FONT))


def draw_unit(
    canvas: Image.Image,
    tiles: UnitTiles,
    place: tuple[int, int],
    layout: Layout,
    corner: tuple[int, int],
    full: float | None,
) -> None:
    """Draws a feature's strongest image in a file, what came down from it, and the activation."""
    feature, file = place
    tile = tile_size(tiles, feature, layout.side)
    left, top = corner
    below = (left, top + tile[0] + PAIR_GAP)
    word = str(tiles.placeholders[place])
    if word:
        blank = np.zeros((2 * tile[0] + PAIR_GAP, tile[1], 3), np.uint8)
        draw_tile(canvas, corner, blank, word)
    else:
        cutout = tiles.cutouts[place]
        view = tiles.views(feature)[file]
        draw_tile(canvas, corner, photo_tile(cutout, view, tile))
        draw_tile(canvas, below, projection_tiles(cutout, view, tile, full)[tiles.layer])
        if tiles.has_map and tiles.view_size(feature) != tiles.size:
            draw_cross(canvas, corner, tile, view, field_centre(cutout.field))
    if word not in NOTHING_FIRES:
        value = shortened(number(float(tiles.values[place])), tile[1], VALUE_FONT)
        value_top = below[1] + tile[0] + 2
        ImageDraw.Draw(canvas).text((left, value_top), value, FAINT, font(VALUE_FONT))


def draw_jump(
    pen: ImageDraw.ImageDraw, row: RowText, file: int, layout: Layout, corner: tuple[int, int]
) -> None:
    """Draws the mark of a jump before the tiles whose upper left corner that is."""
    left, top = corner
    left -= GAP // 2 + MARK // 2
    bottom = top + 2 * layout.tile[0] + PAIR_GAP - 1
    if row.other_image[file]:
        pen.rectangle((left, top, left + MARK - 1, bottom), fill=OTHER_IMAGE)
    elif row.other_place[file]:
        for dash in range(top, bottom, 2 * DASH):
            end = min(dash + DASH - 1, bottom)
            pen.rectangle((left, dash, left + MARK - 1, end), fill=OTHER_PLACE)
