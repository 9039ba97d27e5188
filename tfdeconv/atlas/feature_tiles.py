"""The tiles of one feature: which box of the photo each shows, and its projections as a sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..figures import pixels
from ..figures.cutout import clipped, photo_tile, shrunk_tones
from ..figures.page import scaled_sides
from ..figures.tile import tile_pixels
from ..figures.unit_tiles import UnitTiles
from . import sheets

# pixels of a tile's longer side: smaller patches are enlarged by a whole number
LEAST_SIDE, MOST_SIDE = 72, 128
COLUMNS = 3  # of a feature's sheets
PHOTO = "photo"  # the thumbnail of the patch; the others are called by their rule


@dataclass
class FeatureTiles:
    """What there is to see of a feature, as it goes into files: whole tiles are not kept."""

    channel: int
    tile: tuple[int, int]  # height and width in pixels
    # by rank, of the units that are drawn: the box of the photo that their tiles show
    boxes: dict[int, np.ndarray]
    # by rank, for the others: dead, missing, unreadable, changed
    words: dict[int, str]
    units: int  # that the run has of it
    # of the strongest unit that is drawn, by rule or PHOTO: uint8 [side, side, 3]
    thumbnails: dict[str, np.ndarray] = field(default_factory=dict)
    # by rule: a picture's bytes
    sheets: dict[str, bytes] = field(default_factory=dict)
    # by rule and rank
    scales: dict[str, dict[int, float]] = field(default_factory=dict)
    # by rule, the ranks of which next to nothing came back
    saturated: dict[str, set[int]] = field(default_factory=dict)
    # see LayerComposition.made_of()
    made_of: dict[str, Any] | None = None


def feature_of(unit_tiles: UnitTiles, row: int) -> FeatureTiles:
    """What a feature's tiles show: whole receptive fields, of large ones where the signals are.

    Of units of vectors, which stand nowhere, the whole image.
    """
    if unit_tiles.is_large and unit_tiles.has_map:
        views = unit_tiles.views(row)
        sides = MOST_SIDE, MOST_SIDE
    else:
        views = {}
        for rank in range(unit_tiles.values.shape[1]):
            if (row, rank) in unit_tiles.cutouts:
                views[rank] = unit_tiles.cutouts[row, rank].box
        sides = LEAST_SIDE, MOST_SIDE
    size = unit_tiles.size
    for top, left, bottom, right in views.values():
        size = int(bottom - top), int(right - left)
    tile = scaled_sides(*size, *sides)
    words = {}
    units = 0
    for rank, word in enumerate(unit_tiles.placeholders[row].tolist()):
        if word == "none":
            break
        units += 1
        if word:
            words[rank] = word
    feature = FeatureTiles(int(unit_tiles.channels[row]), tile, views, words, units)
    if views:
        best = min(views)
        photo = photo_tile(unit_tiles.cutouts[row, best], views[best], tile)
        feature.thumbnails[PHOTO] = sheets.thumbnail(photo)
    return feature


def draw(feature: FeatureTiles, unit_tiles: UnitTiles, row: int, rule: str) -> None:
    """Draws a feature's projections under a rule, each on a scale of its own."""
    tiles: list[np.ndarray | None] = [None] * feature.units
    scales: dict[int, float] = {}
    for rank, view in feature.boxes.items():
        cutout = unit_tiles.cutouts[row, rank]
        tones = shrunk_tones(cutout, view, feature.tile)[unit_tiles.layer]
        scales[rank] = pixels.scale_end(tones)
        inside = clipped(view, unit_tiles.image_size)
        levels = pixels.levels(tones, scales[rank])
        tile = tile_pixels(levels, inside, view, feature.tile)
        tiles[rank] = tile
        if rank == min(feature.boxes):
            feature.thumbnails[rule] = sheets.thumbnail(tile)
    sheet = sheets.sheet(tiles, feature.tile, COLUMNS)
    feature.sheets[rule] = sheets.encoded(sheet, sheets.OF_PROJECTIONS)
    feature.scales[rule] = scales
    feature.saturated[rule] = {rank for place, rank in unit_tiles.saturated if place == row}
