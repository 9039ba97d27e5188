"""One channel from block to block of a residual network, a row each, as in Chu et al. 2017."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from .letters import font, printable
from .page import FAINT, INK, MARGIN, MAX_HEIGHT, THIN, draw_tile, new_page, scaled_sides

if TYPE_CHECKING:
    from .tiles import UnitTiles

# lengths in pixels
GAP = 18  # between a row's strips of tiles, and between rows
NOTE_LINE = 20  # the line of text under a row
STRIP_LINE = 18  # the line of text over a strip, if there are more than two
HEAD = 160  # room that is left for a page's head
NOTE_FONT = 15
STRIPS = (
    "the photos' patches",
    "what came down",
    "through the identity path",
    "through the residual branch",
)


@dataclass(frozen=True)
class Row:
    """A block's output in the figure: the tiles of one channel, and the note under them."""

    unit_tiles: UnitTiles
    channel: int  # its place in unit_tiles, not its number
    note: str


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels that all rows share."""

    tile: tuple[int, int]  # the largest width and height
    strip_lines: int  # lines of two strips each: 2 if the paths are drawn apart, else 1
    names_width: int  # the column at the left
    strip_width: int
    width: int
    row_height: int  # with the gap to the next row


def tile_size(height: int, width: int, rows: int) -> tuple[int, int]:
    """Height and width of the tile for a patch.

    A little smaller for many rows, so that a stage of 23 blocks fits on a page.
    """
    return scaled_sides(height, width, 64, 80 if rows <= 16 else 72)


def pages(rows: Sequence[Row], title: str, caption: str) -> Iterator[tuple[int, int, Image.Image]]:
    """Draws the rows from top to bottom, on as many pages as they need, about equally filled.

    A row is the photos' patches, and at their right the projections of the same units; under
    them, if it was projected, what came through identity path and branch. The note stands
    below. Yields each page's number, from 1, how many there are, and the page.
    """
    layout = lay_out(rows)
    rows_that_fit = max(1, (MAX_HEIGHT - HEAD) // layout.row_height)
    page_count = ceil(len(rows) / rows_that_fit)
    on_a_page = ceil(len(rows) / page_count)
    for number in range(1, page_count + 1):
        part = rows[(number - 1) * on_a_page : number * on_a_page]
        numbered = caption
        if page_count > 1:
            numbered += f"; page {number} of {page_count}"
        height = len(part) * layout.row_height - GAP
        canvas, pen, head = new_page(layout.width, height, title, numbered)
        for i, row in enumerate(part):
            draw_row(canvas, pen, row, layout, head + i * layout.row_height)
        yield number, page_count, canvas


def lay_out(rows: Sequence[Row]) -> Layout:
    """Sizes that hold the largest tile, the longest name and the longest note of all rows."""
    tile_width = max(row.unit_tiles.patches.shape[3] for row in rows)
    tile_height = max(row.unit_tiles.patches.shape[2] for row in rows)
    strip_lines = 2 if len(rows[0].unit_tiles.projections) > 1 else 1
    names_width = ceil(max(name_width(row.unit_tiles) for row in rows)) + GAP
    most_tiles = max(len(row.unit_tiles.placeholders[row.channel]) for row in rows)
    strip_width = most_tiles * (tile_width + THIN) - THIN
    note_width = max(font(NOTE_FONT).getlength(row.note) for row in rows)
    width = max(names_width + 2 * strip_width + GAP, ceil(names_width + note_width))
    row_height = strip_lines * (tile_height + THIN) + NOTE_LINE + GAP
    if strip_lines > 1:
        row_height += strip_lines * STRIP_LINE
    tile = (tile_width, tile_height)
    return Layout(tile, strip_lines, names_width, strip_width, width, row_height)


def name_width(unit_tiles: UnitTiles) -> float:
    """Width of a row's name, the layer, and of the size below it."""
    layer_width = font(15).getlength(unit_tiles.layer)
    return max(layer_width, font(12).getlength(size_text(unit_tiles)))


def size_text(unit_tiles: UnitTiles) -> str:
    """How much of an image a tile shows."""
    return f"{unit_tiles.size[0]} x {unit_tiles.size[1]} pixels"


def draw_row(
    canvas: Image.Image, pen: ImageDraw.ImageDraw, row: Row, layout: Layout, top: int
) -> None:
    """Draws a row: its name at the left, two or four strips of tiles, and the note below."""
    unit_tiles = row.unit_tiles
    first_left = MARGIN + layout.names_width
    note_top = top + layout.row_height - NOTE_LINE - GAP
    pen.text((MARGIN, top), printable(unit_tiles.layer), INK, font(15))
    pen.text((MARGIN, top + 20), size_text(unit_tiles), FAINT, font(12))
    pen.text((first_left, note_top), printable(row.note), INK, font(NOTE_FONT))
    strips = (unit_tiles.patches, *unit_tiles.projections.values())
    for k, (name, pixels) in enumerate(zip(STRIPS, strips)):
        line, column = divmod(k, 2)
        left = first_left + column * (layout.strip_width + GAP)
        strip_top = top + line * (layout.tile[1] + STRIP_LINE)
        if layout.strip_lines > 1:
            pen.text((left, strip_top), name, FAINT, font(12))
            strip_top += STRIP_LINE
        for rank, placeholder in enumerate(unit_tiles.placeholders[row.channel]):
            corner = (left + rank * (layout.tile[0] + THIN), strip_top)
            draw_tile(canvas, pen, pixels[row.channel, rank], placeholder, corner)
