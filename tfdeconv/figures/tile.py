"""A tile: what a view shows of an image or a signal, at the size it has on the page.

Outside of the image it is hatched, so that grey always means zero.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ..network.spans import overlap
from .letters import fitting
from .page import EDGE, FAINT, INK, PAPER
from .pixels import resize
from .view import Box

HATCH = (205, 205, 205)  # the lines, on PAPER
HATCH_STEP = 6  # pixels from a line to the next
MARK = 5  # pixels from the middle of a cross to its ends, and of a tick


def tile_pixels(content: np.ndarray, box: Box, view: Box, tile: tuple[int, int]) -> np.ndarray:
    """Content as a tile that shows a view; hatched where there is none.

    content: uint8 [h, w, 3] of `box` (for an image (0, 0, height, width)), which may have been
    shrunk before; tile: its height and width in pixels. uint8 [height, width, 3].

    >>> grey = np.full((4, 4, 3), 128, np.uint8)
    >>> tile_pixels(grey, (0, 0, 4, 4), (-4, 0, 4, 4), (16, 8))[:, 0, 0].tolist()[7:10]
    [255, 128, 128]
    """
    height, width = tile
    drawn = hatched(height, width)
    top, left, bottom, right = (int(value) for value in view)
    box_height, box_width = int(box[2] - box[0]), int(box[3] - box[1])
    # a receptive field may lie wholly outside of the image
    if not content.size or min(box_height, box_width) < 1:
        return drawn
    rows = overlap(top - int(box[0]), bottom - int(box[0]), box_height)
    columns = overlap(left - int(box[1]), right - int(box[1]), box_width)
    part = content[
        scaled_slice(rows, content.shape[0], box_height),
        scaled_slice(columns, content.shape[1], box_width),
    ]
    if not part.size:
        return drawn
    row = int(box[0]) - top
    column = int(box[1]) - left
    tile_rows = scaled_slice(slice(rows.start + row, rows.stop + row), height, bottom - top)
    tile_columns = scaled_slice(
        slice(columns.start + column, columns.stop + column), width, right - left
    )
    picture = resize(part, tile_columns.stop - tile_columns.start, tile_rows.stop - tile_rows.start)
    drawn[tile_rows, tile_columns] = np.asarray(picture)
    return drawn


def scaled_slice(part: slice, length: int, of_length: int) -> slice:
    """The same part of a line of another length.

    >>> scaled_slice(slice(3, 6), 6, 12), scaled_slice(slice(3, 6), 12, 12)
    (slice(1, 3, None), slice(3, 6, None))
    """
    return slice(part.start * length // of_length, -(-part.stop * length // of_length))


def hatched(height: int, width: int) -> np.ndarray:
    """Diagonal lines on paper: uint8 [height, width, 3]."""
    on_line = (np.arange(height)[:, None] + np.arange(width)) % HATCH_STEP == 0
    return np.where(on_line[..., None], HATCH, PAPER).astype(np.uint8)


def draw_tile(
    canvas: Image.Image,
    corner: tuple[int, int],
    pixels: np.ndarray,
    word: str = "",
    edge: tuple[int, int, int] = EDGE,
    edge_width: int = 1,
) -> None:
    """Draws a tile with its upper left corner there, within its edge.

    pixels: uint8 [h, w, 3]; word: what stands in an empty frame instead ("dead", "missing").
    """
    height, width, _ = pixels.shape
    left, top = corner
    frame = (left, top, left + width - 1, top + height - 1)
    pen = ImageDraw.Draw(canvas)
    if word:
        pen.rectangle(frame, fill=PAPER, outline=edge, width=edge_width)
        word, letters = fitting(word, width - 4, height - 2)
        pen.text((left + width / 2, top + height / 2), word, FAINT, letters, anchor="mm")
        return
    canvas.paste(Image.fromarray(pixels), corner)
    pen.rectangle(frame, outline=edge, width=edge_width)


def draw_cross(
    canvas: Image.Image,
    corner: tuple[int, int],
    tile: tuple[int, int],
    view: Box,
    centre: tuple[float, float],
) -> None:
    """Draws a cross into a photo's tile, where a unit stands; nothing if that is outside of it.

    tile: height and width; centre: row and column in the input, as field_centre() gives it.
    """
    place = place_in_tile(tile, view, centre)
    if place is None:
        return
    x, y = corner[0] + place[1], corner[1] + place[0]
    pen = ImageDraw.Draw(canvas)
    for colour, line, length in ((PAPER, 3, MARK + 1), (INK, 1, MARK)):
        pen.line((x - length, y, x + length, y), colour, line)
        pen.line((x, y - length, x, y + length), colour, line)


def draw_ticks(
    canvas: Image.Image,
    corner: tuple[int, int],
    tile: tuple[int, int],
    view: Box,
    centre: tuple[float, float],
) -> None:
    """Draws ticks at a projection's edges, in the row and column where a unit stands.

    A cross there would hide what came down. The rest is as draw_cross() has it.
    """
    place = place_in_tile(tile, view, centre)
    if place is None:
        return
    left, top = corner
    right, bottom = left + tile[1] - 1, top + tile[0] - 1
    x, y = left + place[1], top + place[0]
    pen = ImageDraw.Draw(canvas)
    for colour, line in ((PAPER, 3), (INK, 1)):
        pen.line((left, y, left + MARK, y), colour, line)
        pen.line((right - MARK, y, right, y), colour, line)
        pen.line((x, top, x, top + MARK), colour, line)
        pen.line((x, bottom - MARK, x, bottom), colour, line)


def place_in_tile(
    tile: tuple[int, int], view: Box, centre: tuple[float, float]
) -> tuple[int, int] | None:
    """Row and column of a tile's pixel where a unit stands; None if it is outside of the view.

    >>> place_in_tile((100, 50), (10, 0, 20, 10), (15, 5))
    (50, 25)
    """
    row = (centre[0] - float(view[0])) / float(view[2] - view[0]) * tile[0]
    column = (centre[1] - float(view[1])) / float(view[3] - view[1]) * tile[1]
    if not (0 <= row < tile[0] and 0 <= column < tile[1]):
        return None
    return round(row), round(column)
