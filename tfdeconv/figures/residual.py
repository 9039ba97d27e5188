"""One channel from block to block of a residual network, a row each, as in Chu et al. 2017."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from .cutout import full_scale, photo_tile, projection_tiles
from .letters import font, font_for, printable, shortened, text_width
from .page import FAINT, INK, MARGIN, MAX_WIDTH, scaled_sides
from .run_page import PageText, new_page
from .tile_grid import GAP as TILE_GAP, TileGrid

if TYPE_CHECKING:
    from .unit_tiles import UnitTiles

# lengths in pixels
GAP = 14  # between a row's strips of tiles, and between rows
NOTE_LINE = 22  # the line of text under a row
STRIP_LINE = 24  # the line with the names of strips, over all rows
LINE_GAP = 6  # between a row's lines of strips
LEAST_TILE, MOST_TILE = 68, 100  # the longer side of tiles
NAMES_WIDTH = 220  # of the column at the left, at most
NAME_FONT, SIZE_FONT, NOTE_FONT, STRIP_FONT = 16, 14, 16, 16
# what stands over the two columns of strips, for one and for two lines of strips in each row
STRIPS = {
    1: ("the images, centred on the unit", "what came down"),
    2: (
        "above: the images, centred on the unit; below: what came down through the shortcut",
        "above: what came down; below: what came down through the residual branch",
    ),
}


@dataclass(frozen=True)
class Row:
    """A block's output in the figure: the tiles of one channel, and the note under them."""

    unit_tiles: UnitTiles
    channel: int  # its place in unit_tiles, not its number
    note: str


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels that all rows share."""

    side: int  # the longer one of tiles
    strip: TileGrid
    strip_lines: int  # lines of two strips each: 2 if the paths are drawn apart, else 1
    names_width: int  # the column at the left
    width: int
    row_height: int  # with the gap to the next row
    rows: int  # on a page

    @property
    def strip_lefts(self) -> tuple[int, int]:
        first = MARGIN + self.names_width
        return first, first + self.strip.size[1] + GAP

    def strip_corner(self, k: int, top: int) -> tuple[int, int]:
        """Left and top of the k-th strip of a row that begins at `top`."""
        line, column = divmod(k, 2)
        return self.strip_lefts[column], top + line * (self.strip.size[0] + LINE_GAP)


def pages(
    rows: Sequence[Row], text: PageText, full: float | None = None
) -> Iterator[tuple[int, int, Image.Image]]:
    """Draws the rows from top to bottom, on as many pages as they need, about equally filled.

    A row is the photos' patches, and at their right the projections of the same units; under
    them, if it was projected, what came through shortcut and branch. The note stands
    below. full: the absolute value that is full black or white, each unit's own by default.
    Yields each page's number, from 1, how many there are, and the page.
    """
    layout = lay_out(rows, text)
    page_count = ceil(len(rows) / layout.rows)
    for number in range(1, page_count + 1):
        part = rows[(number - 1) * layout.rows : number * layout.rows]
        height = STRIP_LINE + len(part) * layout.row_height - GAP
        canvas, pen, top = new_page(layout.width, height, text.numbered(number, page_count))
        draw_strip_names(pen, layout, top)
        for i, row in enumerate(part):
            draw_row(canvas, pen, row, layout, top + STRIP_LINE + i * layout.row_height, full)
        yield number, page_count, canvas


def common_scale(rows: Sequence[Row], text: PageText) -> float:
    """The absolute value that all tiles draw as full black or white: the largest."""
    side = lay_out(rows, text).side
    largest = 0.0
    for row in rows:
        tile = tile_size(row, side)
        for rank, view in row.unit_tiles.views(row.channel).items():
            cutout = row.unit_tiles.cutouts[row.channel, rank]
            largest = max(largest, full_scale(cutout, view, tile))
    return largest


def lay_out(rows: Sequence[Row], text: PageText) -> Layout:
    """The largest tiles with which the rows fill as few pages as they can, equally."""
    names_width = ceil(max(name_width(row.unit_tiles) for row in rows)) + GAP
    strip_lines = 2 if len(rows[0].unit_tiles.starts) > 1 else 1
    most_tiles = max(row.unit_tiles.places for row in rows)
    # room for two strips beside each other
    strip_width = (MAX_WIDTH - 2 * MARGIN - names_width - GAP) // 2
    columns = min(most_tiles, strip_width // (LEAST_TILE + TILE_GAP))
    lines = strip_lines * ceil(most_tiles / columns)
    text_height = NOTE_LINE + GAP + (strip_lines - 1) * LINE_GAP
    room = text.room(names_width + 2 * columns * LEAST_TILE) - STRIP_LINE
    most_rows = max(1, room // (lines * (LEAST_TILE + TILE_GAP) + text_height))
    page_count = ceil(len(rows) / most_rows)
    on_a_page = ceil(len(rows) / page_count)
    step = min(strip_width // columns, (room // on_a_page - text_height) // lines)
    side = max(LEAST_TILE, min(MOST_TILE, step - TILE_GAP))
    tiles = [tile_size(row, side) for row in rows]
    cell = (max(height for height, _ in tiles), max(width for _, width in tiles))
    strip = TileGrid(cell, columns, most_tiles)
    row_height = strip_lines * strip.size[0] + text_height
    widest_note = max(text_width(row.note, NOTE_FONT) for row in rows)
    width = max(2 * strip.size[1] + GAP, ceil(widest_note)) + names_width
    width = min(width, MAX_WIDTH - 2 * MARGIN)
    return Layout(side, strip, strip_lines, names_width, width, row_height, on_a_page)


def tile_size(row: Row, side: int) -> tuple[int, int]:
    """Height and width of a row's tiles."""
    return scaled_sides(*row.unit_tiles.view_size(row.channel), side, side)


def name_width(unit_tiles: UnitTiles) -> float:
    """Width of a row's name, the layer, as far as it is written, and of the size below it."""
    layer_width = text_width(printable(unit_tiles.layer), NAME_FONT)
    # of the longest size
    size_width = text_width("1000 x 1000 pixels", SIZE_FONT)
    return min(max(layer_width, size_width), NAMES_WIDTH)


def draw_strip_names(pen: ImageDraw.ImageDraw, layout: Layout, top: int) -> None:
    """Writes what each strip shows, at the head of its column."""
    for left, name in zip(layout.strip_lefts, STRIPS[layout.strip_lines]):
        pen.text(
            (left, top), shortened(name, layout.strip.size[1], STRIP_FONT), INK, font(STRIP_FONT)
        )


def draw_row(
    canvas: Image.Image,
    pen: ImageDraw.ImageDraw,
    row: Row,
    layout: Layout,
    top: int,
    full: float | None,
) -> None:
    """Draws a row: its name at the left, two or four strips of tiles, and the note below."""
    unit_tiles = row.unit_tiles
    name = shortened(printable(unit_tiles.layer), layout.names_width - GAP, NAME_FONT)
    height, width = unit_tiles.view_size(row.channel)
    pen.text((MARGIN, top), name, INK, font_for(name, NAME_FONT))
    pen.text((MARGIN, top + 22), f"{height} x {width} pixels", FAINT, font(SIZE_FONT))
    words = unit_tiles.placeholders[row.channel].tolist()[: layout.strip.count]
    tile = tile_size(row, layout.side)
    for k, tiles in enumerate(strips(row, tile, full)):
        layout.strip.draw(canvas, layout.strip_corner(k, top), tile, tiles, words)
    note_top = top + layout.row_height - NOTE_LINE - GAP
    note_width = MARGIN + layout.width - layout.strip_lefts[0]
    note = shortened(printable(row.note), note_width, NOTE_FONT)
    pen.text((layout.strip_lefts[0], note_top), note, INK, font_for(note, NOTE_FONT))


def strips(row: Row, tile: tuple[int, int], full: float | None) -> list[list[np.ndarray | None]]:
    """The tiles of a row's photos, and of the signals from each layer where they start."""
    unit_tiles = row.unit_tiles
    count = len(unit_tiles.placeholders[row.channel])
    drawn: list[list[np.ndarray | None]] = [[None] * count]
    drawn += [[None] * count for _ in unit_tiles.starts]
    for rank, view in unit_tiles.views(row.channel).items():
        cutout = unit_tiles.cutouts[row.channel, rank]
        drawn[0][rank] = photo_tile(cutout, view, tile)
        projections = projection_tiles(cutout, view, tile, full)
        for k, start in enumerate(unit_tiles.starts, 1):
            drawn[k][rank] = projections[start]
    return drawn
