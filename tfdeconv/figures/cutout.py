"""Cutouts: what a figure of a run shows of one unit, its image and what came back in it.

They are kept until all units of a feature are known, because these are shown in views of one size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from ..engine.projection import paste
from ..network.spans import overlap
from . import pixels
from .tile import tile_pixels
from .view import Box


@dataclass(frozen=True)
class Tones:
    """A signal in a style's colours, as far as it lies within its image."""

    box: np.ndarray  # in the input
    values: np.ndarray  # float16 [p, q, 3], from -1 to 1
    largest: float  # what 1 stands for

    def within(self, box: Box) -> np.ndarray:
        """What is in a box: float32 [h, w, 3], 0 where the signal does not reach."""
        return np.float32(self.largest) * paste(self.values, self.box, tuple(box))


@dataclass(frozen=True)
class Cutout:
    """What there is to show of a unit. Boxes are top, left, bottom, right in the input."""

    field: np.ndarray  # the unit's receptive field, borders ignored
    box: np.ndarray  # what there is of it; may reach over the image's border
    energy: np.ndarray  # view.energy_box() of the signal
    size: tuple[int, int]  # of the image
    photo: np.ndarray  # uint8 [h, w, 3] of photo_box
    photo_box: np.ndarray
    tones: Mapping[str, Tones]  # by the layer where the signal starts, the unit's own first


def keep_tones(tones: np.ndarray, box: Box, size: tuple[int, int]) -> Tones:
    """A signal's tones in its box, at half of their memory.

    tones: [p, q, 3]; half precision is finer than the 127 levels that are drawn.
    """
    inside = clipped(box, size)
    part = paste(tones, np.asarray(box), inside)
    largest = float(np.abs(part).max(initial=0))
    scaled = part / max(largest, np.finfo(np.float32).tiny)
    return Tones(inside, scaled.astype(np.float16), largest)


def clipped(box: Box, size: tuple[int, int]) -> np.ndarray:
    """The part of a box that lies within an image of that size."""
    rows = overlap(int(box[0]), int(box[2]), size[0])
    columns = overlap(int(box[1]), int(box[3]), size[1])
    return np.array([rows.start, columns.start, rows.stop, columns.stop])


def photo_tile(cutout: Cutout, view: Box, tile: tuple[int, int]) -> np.ndarray:
    """The view of the image, uint8 [*tile, 3]; hatched outside of it."""
    return tile_pixels(cutout.photo, cutout.photo_box, view, tile)


def projection_tiles(
    cutout: Cutout, view: Box, tile: tuple[int, int], full: float | None = None
) -> dict[str, np.ndarray]:
    """The view of each of the unit's signals, uint8 [*tile, 3], all on one scale.

    full: the absolute value drawn as full black or white; the unit's own full_scale by default.
    """
    shrunk = shrunk_tones(cutout, view, tile)
    if full is None:
        full = max(map(pixels.scale_end, shrunk.values()))
    inside = clipped(view, cutout.size)
    drawn = {}
    for start, tones in shrunk.items():
        drawn[start] = tile_pixels(pixels.levels(tones, full), inside, view, tile)
    return drawn


def full_scale(cutout: Cutout, view: Box, tile: tuple[int, int]) -> float:
    """The absolute value that a unit's tile draws as full black or white on a scale of its own."""
    return max(map(pixels.scale_end, shrunk_tones(cutout, view, tile).values()))


def shrunk_tones(cutout: Cutout, view: Box, tile: tuple[int, int]) -> dict[str, np.ndarray]:
    """The tones in the part of a view that lies in the image, no finer than the tile's pixels.

    They are shrunk before they are scaled, because averages are weaker.
    """
    inside = clipped(view, cutout.size)
    height = ceil((inside[2] - inside[0]) * tile[0] / (view[2] - view[0]))
    width = ceil((inside[3] - inside[1]) * tile[1] / (view[3] - view[1]))
    shrunk = {}
    for start, tones in cutout.tones.items():
        part = tones.within(inside)
        shrunk[start] = pixels.shrink(part, width, height) if part.size else part
    return shrunk
