"""Grad-CAM in the picture of a photo: each feature's heat map, and its guided Grad-CAM."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ..engine.heat_maps import enlarge
from ..words import number
from . import pixels
from .charts.heat import OVER, greyed
from .charts.palette import SEQUENTIAL, shades
from .letters import font
from .page import FAINT, INK
from .photo_figure import LETTERS, PhotoFigure, signal_text
from .photo_layout import Grid
from .rectangles import grown
from .tile import draw_tile, tile_pixels

NOTHING = "zero everywhere"
BOX_LINE = 2  # of a unit's box in its heat map


class PhotoCam:
    """The heat maps and the guided Grad-CAMs of all features of a figure, as tiles of a grid."""

    def __init__(self, figure: PhotoFigure, grid: Grid):
        assert figure.projection.heat_maps and grid.cam
        maps = figure.projection.heat_maps
        self.figure = figure
        self.grid = grid
        self.places = grid.cam
        self.maps = maps.values[figure.image]
        guided = maps.guided[figure.image]
        self.signals = [figure.signal(i, grid.tile, guided) for i in range(len(self.maps))]
        self.is_common = figure.style.scale == "common"

    @property
    def end(self) -> str:
        """What the upper end of the heat maps' colours stands for."""
        return number(float(self.maps.max())) if self.is_common else "max"

    def draw(
        self,
        canvas: Image.Image,
        i: int,
        corner: tuple[int, int],
        box_colour: tuple[int, int, int] | None,
    ) -> None:
        """Draws a feature's two tiles and their numbers; corner: of all of its tiles.

        box_colour: of the unit's box in the photo; None where there is none.
        """
        left, top = corner
        heat_corner = (left + self.places.heat_left, top)
        guided_corner = (left + self.places.guided_left, top)
        self._draw_heat(canvas, i, heat_corner, box_colour)
        self._draw_guided(canvas, i, guided_corner)
        largest = float(self.maps[i].max())
        texts = [NOTHING, NOTHING]
        if largest > 0:
            texts[0] = f"max {number(float(f'{largest:.3g}'))}"
        if self.signals[i].contrast > 0:
            texts[1] = signal_text(self._contrast(i))
        pen = ImageDraw.Draw(canvas)
        for corner, text in zip((heat_corner, guided_corner), texts):
            place = (corner[0], corner[1] + self.grid.unit_height + 3)
            pen.text(place, text, FAINT, font(LETTERS))

    def _draw_heat(
        self,
        canvas: Image.Image,
        i: int,
        corner: tuple[int, int],
        box_colour: tuple[int, int, int] | None,
    ) -> None:
        width, height = self.places.heat
        highest = float(self.maps.max() if self.is_common else self.maps[i].max())
        parts = enlarge(self.maps[i], (height, width)) / max(highest, np.finfo(np.float32).tiny)
        draw_tile(canvas, corner, over_photo(parts, self.figure.seen))
        if box_colour is None:
            return
        box = self._box_in_heat(i, corner)
        pen = ImageDraw.Draw(canvas)
        pen.rectangle(grown(box, 1), outline=INK, width=BOX_LINE + 2)
        pen.rectangle(box, outline=box_colour, width=BOX_LINE)

    def _box_in_heat(self, i: int, corner: tuple[int, int]) -> tuple[int, int, int, int]:
        """The feature's view in its heat map on the page: left, top, right, bottom."""
        width, height = self.places.heat
        rows, columns = self.figure.seen.shape[:2]
        top, left, bottom, right = np.clip(self.figure.views.boxes[i], 0, (rows, columns) * 2)
        x, y = width / columns, height / rows
        # within the tile's edge
        return (
            corner[0] + max(1, round(left * x)),
            corner[1] + max(1, round(top * y)),
            corner[0] + min(width - 2, round(right * x)),
            corner[1] + min(height - 2, round(bottom * y)),
        )

    def _draw_guided(self, canvas: Image.Image, i: int, corner: tuple[int, int]) -> None:
        figure, signal = self.figure, self.signals[i]
        drawn = pixels.colours(signal.values, figure.preprocessing, figure.style, self._contrast(i))
        view = figure.views.boxes[i]
        tile = tile_pixels(drawn, signal.box, view, self.grid.tile[::-1])
        draw_tile(canvas, corner, tile)

    def _contrast(self, i: int) -> float:
        """The absolute value that is full black or white in a feature's guided Grad-CAM."""
        if self.is_common:
            return max(signal.contrast for signal in self.signals)
        return self.signals[i].contrast


def over_photo(parts: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Values [h, w] from 0 to 1 as colours over a photo in grey: uint8 [h, w, 3]."""
    height, width = parts.shape
    grey = greyed(photo, width, height)[..., None]
    return np.rint(OVER * shades(parts, SEQUENTIAL) + (1 - OVER) * grey).astype(np.uint8)


def cam_sentences(figure: PhotoFigure) -> list[str]:
    """What the tiles of each feature are, and how to read the heat maps."""
    assert figure.projection.heat_maps
    layer = figure.projection.heat_maps.layer
    pixels_of = "all pixels of the photo"
    first = ""
    outside = ""
    if figure.paired:
        pixels_of = "these pixels"
        first = "the photo in the box of that colour; "
        outside = ", so there is heat outside of the box, too"
    end = "its maximum, which stands below it"
    if figure.style.scale == "common":
        end = "the largest of all maxima; its own stands below it"
    return [
        f"From the left: {first}what came down to {pixels_of}; Grad-CAM at {layer} over the whole "
        f"photo, from 0 to {end}; guided Grad-CAM: this heat times what the guided rule brings "
        f"down to {pixels_of}",
        f"Heat is where channels of {layer} fire that raise the activation or logit: each has one "
        f"weight for the whole photo{outside}",
    ]
