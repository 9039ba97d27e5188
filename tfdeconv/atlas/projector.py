"""Projects a layer's features under each rule, a group of features at a time.

The memory that a group takes does not depend on how many features there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.dataset import Source
from ..data.preprocessing import Preprocessing
from ..engine.deconvnet import Deconvnet
from ..figures.style import Style
from ..figures.top_units import Batch, Progress, draw_top_units
from ..figures.unit_tiles import TileOptions, UnitTiles
from ..figures.view import is_large
from ..scan.run import Run
from .contributions import LayerComposition, Sums
from .feature_tiles import FeatureTiles, draw, feature_of

# bytes of what is kept of a group's units until they are drawn. No matter how much memory there is:
# a group's units come down together, and in other company they differ in their last digits.
GROUP_BYTES = 1_100_000_000
# of a cell of a unit's patch: the signal in three colours at half precision, and, of patches that
# are not large, their part of the photo
CELL_BYTES, PHOTO_CELL_BYTES = 6, 3


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
        sums = None
        if self.composition:
            sums = self.composition.begin(len(channels))
        first, last = done[0] + 1, done[0] + len(channels)
        for rule in self.deconvnets:
            title = f"{rule}, features {first} to {last} of {done[1]}"
            # of the first rule's forward passes
            unit_tiles = self.project(rule, channels, title, None if found else sums)
            if not found:
                # what tiles show is the same under all rules
                found = [feature_of(unit_tiles, row) for row in range(len(channels))]
            for row, feature in enumerate(found):
                draw(feature, unit_tiles, row, rule)
            # before those of the next rule come
            del unit_tiles
        if self.composition and sums:
            for row, feature in enumerate(found):
                feature.made_of = self.composition.made_of(sums, row)
        return found

    def project(self, rule: str, channels: np.ndarray, title: str, sums: Sums | None) -> UnitTiles:
        """A group's units under a rule. title: of lines of progress; sums: to be added to."""

        def look(batch: Batch, tiles_of: Mapping[str, UnitTiles]) -> None:
            for number, photo in zip(batch.numbers.tolist(), batch.photos):
                self.see(number, photo)
            if self.composition and sums:
                self.composition.add(sums, batch, *tiles_of.values())

        deconvnet = self.deconvnets[rule]
        drawn, warnings = draw_top_units(
            deconvnet,
            self.run,
            self.source,
            self.preprocessing,
            {deconvnet.target: channels},
            TileOptions(Style(bands=self.bands)),
            progress=lambda line: self.progress(f"{title}: {line}"),
            see=look,
        )
        for line in warnings.lines():
            if line not in self.warnings:
                self.warnings.append(line)
        return drawn[deconvnet.target]


def group_size(patch: tuple[int, int], image: tuple[int, int], top: int) -> int:
    """How many features are drawn at a time, of `top` units with patches of this size each."""
    cell = CELL_BYTES
    if not is_large((0, 0, *patch), image):
        cell += PHOTO_CELL_BYTES
    return max(1, GROUP_BYTES // (patch[0] * patch[1] * cell * top))
