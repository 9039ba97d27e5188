"""A page of the picture of a photo: head, photo with boxes, tiles, legend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from . import pixels
from .head import Head
from .legend import Legend
from .letters import font, font_for, in_lines, printable, shortened, text_width
from .page import EDGE, FAINT, INK, MARGIN, PAPER
from .photo_boxes import Box, boxes_of, draw_boxes
from .photo_cam import PhotoCam
from .photo_figure import LABEL_GAP, LETTERS, PhotoFigure, TileSignal, contrast_text
from .photo_layout import LINE, PAIR_GAP, Grid, Layout
from .tile import draw_cross, draw_ticks, draw_tile, tile_pixels

# lengths in pixels
LEGEND_GAP = 18  # over the legend
LEAST_WIDTH = 720  # of what is on a page: the head has to be readable
EDGE_WIDTH = 3  # of a patch's edge in its box's colour


def draw_page(
    figure: PhotoFigure,
    features: range,
    layout: Layout,
    legend: Legend,
    signals: Sequence[TileSignal],
    title: str,
    caption: str,
    cam: PhotoCam | None = None,
) -> Image.Image:
    """A page with those features."""
    width = max(layout.size[0], LEAST_WIDTH)
    head = Head(title, caption, width)
    top = MARGIN + head.height
    legend_top = top + layout.size[1] + LEGEND_GAP
    height = legend_top + legend.height(width) + MARGIN
    canvas = Image.new("RGB", (width + 2 * MARGIN, height), PAPER)
    pen = ImageDraw.Draw(canvas)
    head.draw(canvas, (MARGIN, MARGIN))

    boxes: list[Box] = []
    if figure.paired:
        alive = [i for i in features if not figure.is_dead(i)]
        boxes = boxes_of(figure.views.boxes, alive)
    draw_photo(canvas, figure, layout, boxes, (MARGIN, top))
    colours = {}
    for box in boxes:
        colours.update(dict.fromkeys(box.units, box.colour))
    for k, i in enumerate(features):
        corner_left, corner_top = layout.corner(k)
        corner = (MARGIN + corner_left, top + corner_top)
        full = signals[i].contrast if legend.full is None else legend.full
        drawn = pixels.colours(signals[i].values, figure.preprocessing, figure.style, full)
        signal = tile_pixels(drawn, signals[i].box, figure.views.boxes[i], layout.grid.tile[::-1])
        draw_feature(canvas, figure, i, layout, corner, colours.get(i, EDGE), signal)
        own_contrast = "" if legend.full is not None else contrast_text(figure, i, full)
        label_corner = (corner[0], corner[1] + layout.grid.unit_height + 3)
        draw_label(pen, figure.labels[i], own_contrast, layout.grid, label_corner)
        if cam and not figure.is_dead(i):
            cam.draw(canvas, i, corner, colours.get(i))
    legend.draw(canvas, (MARGIN, legend_top), width)
    return canvas


def draw_photo(
    canvas: Image.Image,
    figure: PhotoFigure,
    layout: Layout,
    boxes: Sequence[Box],
    corner: tuple[int, int],
) -> None:
    """Draws the photo with boxes into a page's content, whose upper left corner that is."""
    width, height = layout.photo
    left, top = corner
    photo = np.asarray(pixels.resize(figure.seen, width, height))
    draw_tile(canvas, (left, top), photo)
    scale = (width / figure.seen.shape[1], height / figure.seen.shape[0])
    channels = [str(channel) for channel in figure.projection.channels[figure.image]]
    place = (left, top, left + width, top + height)
    draw_boxes(canvas, place, layout.gutter, scale, boxes, channels, figure.views.centres)


def draw_feature(
    canvas: Image.Image,
    figure: PhotoFigure,
    i: int,
    layout: Layout,
    corner: tuple[int, int],
    colour: tuple[int, int, int],
    signal: np.ndarray,
) -> None:
    """Draws a feature's tile, or its two.

    colour: of its box; signal: the tile of what came down, uint8 [height, width, 3].
    """
    width, height = layout.grid.tile
    tile = (height, width)
    left, top = corner
    view = figure.views.boxes[i]
    if figure.is_dead(i):
        blank = np.zeros((layout.grid.unit_height, layout.grid.unit_width, 3), np.uint8)
        draw_tile(canvas, corner, blank, figure.dead_text)
        return
    if figure.paired:
        photo_box = (0, 0, *figure.seen.shape[:2])
        patch = tile_pixels(figure.seen, photo_box, view, tile)
        draw_tile(canvas, corner, patch, edge=colour, edge_width=EDGE_WIDTH)
        if figure.views.centres:
            draw_cross(canvas, corner, tile, view, figure.views.centres[i])
        left += width + PAIR_GAP
    word = "saturated: nothing came back" if figure.is_saturated(i) else ""
    draw_tile(canvas, (left, top), signal, word)
    if figure.views.centres and not word:
        draw_ticks(canvas, (left, top), tile, view, figure.views.centres[i])


def draw_label(
    pen: ImageDraw.ImageDraw,
    label: tuple[str, str],
    contrast: str,
    grid: Grid,
    corner: tuple[int, int],
) -> None:
    """Writes what a unit is called, how strongly it fires, and its contrast under its tiles."""
    left, top = corner
    width = grid.label_width
    room = width - text_width(contrast, LETTERS) - LABEL_GAP
    name, value = (printable(text) for text in label)
    name = shortened(name, width, LETTERS)
    pen.text((left, top), name, INK, font_for(name, LETTERS))
    values = in_lines(value, room, LETTERS, grid.label_lines - 1)
    if grid.label_lines == 1:
        left += round(text_width(name, LETTERS)) + LABEL_GAP
        width += corner[0] - left
        values = [shortened(value, room + corner[0] - left, LETTERS)]
        top -= LINE
    for line in values:
        top += LINE
        pen.text((left, top), line, FAINT, font(LETTERS))
    pen.text((left + width, top), contrast, FAINT, font(LETTERS), "ra")
