"""The tiles of a layer's features under each rule, a group of features at a time.

The memory that a group takes does not depend on how many features there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..data.dataset import Source
from ..data.preprocessing import Preprocessing
from ..engine.deconvnet import Deconvnet
from ..figures import pixels
from ..figures.cutout import clipped, photo_tile, shrunk_tones
from ..figures.page import scaled_sides
from ..figures.style import Style
from ..figures.tile import tile_pixels
from ..figures.top_units import Batch, Progress, draw_top_units
from ..figures.unit_tiles import TileOptions, UnitTiles
from ..figures.view import is_large
from ..scan.run import Run
from .contributions import LayerComposition

# pixels of a tile's longer side: smaller patches are enlarged by a whole number
LEAST_SIDE, MOST_SIDE = 72, 128
# bytes of what is kept of a group's units until they are drawn. No matter how much memory there is:
# a group's units come down together, and in other company they differ in their last digits.
GROUP_BYTES = 1_100_000_000
# of a cell of a unit's patch: the signal in three colours at half precision, and, of patches that
# are not large, their part of the photo
CELL_BYTES, PHOTO_CELL_BYTES = 6, 3


@dataclass
class FeatureTiles:
    """What there is to see of a feature."""

    channel: int
    tile: tuple[int, int]  # height and width in pixels
    # by rank, of the units that are drawn: the box of the photo that their tiles show
    boxes: dict[int, np.ndarray]
    # by rank, for the others: none, dead, missing, unreadable, changed
    words: dict[int, str]
    # of the strongest unit that is drawn: uint8 [*tile, 3]
    photo: np.ndarray | None
    # by rule and rank
    tiles: dict[str, dict[int, np.ndarray]] = field(default_factory=dict)
    scales: dict[str, dict[int, float]] = field(default_factory=dict)
    # by rule, the ranks of which next to nothing came back
    saturated: dict[str, set[int]] = field(default_factory=dict)
    # see LayerComposition.made_of()
    made_of: dict[str, Any] | None = None


@dataclass(frozen=True)
class Projector:
    """Projects features of one layer; holds what all of its groups have in common."""

    deconvnets: Mapping[str, Deconvnet]  # by rule; the layer is their target
    composition: LayerComposition | None  # its maps are inner ones of the first of these
    run: Run
    source: Source
    preprocessing: Preprocessing
    bands: Sequence[int] | None
    progress: Progress
    # is called with the number of each image that can be drawn, and what the network saw
    see: Callable[[int, np.ndarray], None]
    # lines on what is not as it was scanned
    warnings: list[str]

    def features(self, channels: np.ndarray) -> Iterator[FeatureTiles]:
        """The tiles of each of the channels, in order."""
        settings = self.run.settings
        first = next(iter(self.deconvnets.values()))
        patch = first.extents(*settings.image_size)
        group = group_size(patch, settings.image_size, settings.top)
        for start in range(0, len(channels), group):
            yield from self.group(channels[start : start + group], (start, len(channels)))

    def group(self, channels: np.ndarray, done: tuple[int, int]) -> list[FeatureTiles]:
        """features() of a group. done: how many features were drawn before, and of how many."""
        found: list[FeatureTiles] = []
        composition = self.composition
        sums = composition.begin(len(channels)) if composition else None
        for rule, deconvnet in self.deconvnets.items():

            def say(line: str, rule: str = rule) -> None:
                first, last = done[0] + 1, done[0] + len(channels)
                self.progress(f"{rule}, features {first} to {last} of {done[1]}: {line}")

            def look(batch: Batch, tiles_of: Mapping[str, UnitTiles], first: bool) -> None:
                for number, photo in zip(batch.numbers.tolist(), batch.photos):
                    self.see(number, photo)
                if first and composition and sums:
                    composition.add(sums, batch, *tiles_of.values())

            drawn, warnings = draw_top_units(
                deconvnet,
                self.run,
                self.source,
                self.preprocessing,
                {deconvnet.target: channels},
                TileOptions(Style(bands=self.bands)),
                progress=say,
                see=partial(look, first=not found),
            )
            for line in warnings.lines():
                if line not in self.warnings:
                    self.warnings.append(line)
            unit_tiles = drawn[deconvnet.target]
            # what tiles show is the same under all rules: that of the first one
            found = found or [feature_of(unit_tiles, row) for row in range(len(channels))]
            for row, feature in enumerate(found):
                draw(feature, unit_tiles, row, rule)
        if composition and sums:
            for row, feature in enumerate(found):
                feature.made_of = composition.made_of(sums, row)
        return found


def group_size(patch: tuple[int, int], image: tuple[int, int], top: int) -> int:
    """How many features are drawn at a time, of `top` units with patches of this size each."""
    cell = CELL_BYTES
    if not is_large((0, 0, *patch), image):
        cell += PHOTO_CELL_BYTES
    return max(1, GROUP_BYTES // (patch[0] * patch[1] * cell * top))


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
    for rank, word in enumerate(unit_tiles.placeholders[row].tolist()):
        if word:
            words[rank] = word
    photo = None
    if views:
        best = min(views)
        photo = photo_tile(unit_tiles.cutouts[row, best], views[best], tile)
    return FeatureTiles(int(unit_tiles.channels[row]), tile, views, words, photo)


def draw(feature: FeatureTiles, unit_tiles: UnitTiles, row: int, rule: str) -> None:
    """Draws a feature's projections under a rule, each on a scale of its own."""
    tiles: dict[int, np.ndarray] = {}
    scales: dict[int, float] = {}
    for rank, view in feature.boxes.items():
        cutout = unit_tiles.cutouts[row, rank]
        tones = shrunk_tones(cutout, view, feature.tile)[unit_tiles.layer]
        scales[rank] = pixels.scale_end(tones)
        inside = clipped(view, unit_tiles.image_size)
        levels = pixels.levels(tones, scales[rank])
        tiles[rank] = tile_pixels(levels, inside, view, feature.tile)
    feature.tiles[rule] = tiles
    feature.scales[rule] = scales
    feature.saturated[rule] = {rank for place, rank in unit_tiles.saturated if place == row}
