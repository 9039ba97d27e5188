"""The strongest units of some channels of a layer, and the views that their tiles show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil

import numpy as np

from .cutout import Cutout, clipped
from .ranks import Ranks
from .style import PLAIN, Style
from .view import (
    LEAST_SIDE,
    common_side,
    field_centre,
    is_cropped,
    rounded_side,
    square_around,
    square_within,
)


@dataclass(frozen=True)
class TileOptions:
    """How tiles are drawn, and what is kept beside them."""

    style: Style = PLAIN
    raw: bool = False  # keep the signals themselves, too
    # put the unit at the middle of its tiles, which are cropped whatever its receptive field
    centred: bool = False
    ranks: Ranks | None = None  # of the units that the run kept; None: all
    names: bool = False  # activations and names of images stand under the tiles
    fidelity: bool = False  # areas of deletion and insertion stand there

    @property
    def texts(self) -> bool:
        """Whether there is text under each tile, which needs room."""
        return self.names or self.fidelity


@dataclass
class UnitTiles:
    """The strongest units of some channels of a layer, and what their tiles show.

    Arrays are [channels, top, ...], strongest first, as the run has them.
    """

    layer: str
    channels: np.ndarray  # int32 [channels]
    values: np.ndarray  # activations
    images: np.ndarray  # numbers in the run's list, -1 where there were fewer
    positions: np.ndarray  # row and column in the layer's map
    # the word in place of a tile, "" for units that are drawn:
    # none, dead, missing, unreadable, changed
    placeholders: np.ndarray
    starts: tuple[str, ...]  # where its signals start: this layer, and the inputs of its sum
    size: tuple[int, int]  # height and width of a unit's patch in the input
    image_size: tuple[int, int]
    is_large: bool  # whether receptive fields are: see view.is_large()
    has_map: bool  # whether its units stand anywhere in the image: those of vectors do not
    options: TileOptions
    # signals [channels, top, p, q, c] by the layers where they start, this one and the inputs of
    # its sum, and `boxes`; empty if not asked for
    raw: dict[str, np.ndarray]
    tolerance: float = 0.0  # how far an activation may be from the run's
    # by the channel's place and the rank: of units that are drawn
    cutouts: dict[tuple[int, int], Cutout] = field(default_factory=dict)
    # the largest difference between a projection and the sum of its parts, of the former's maximum
    gap: float = 0.0
    # by the image's number, where the layer may be one of classes: all its values [c]
    vectors: dict[int, np.ndarray] = field(default_factory=dict)
    # [channels, top, 2, 2] as a Projection's; empty where they were not measured
    areas: np.ndarray = field(default_factory=lambda: np.zeros(0))
    # (place of the channel, rank) of tiles that show nothing: (next to) nothing came back
    saturated: set[tuple[int, int]] = field(default_factory=set)

    @cached_property
    def is_cropped(self) -> bool:
        """Whether tiles show where the signals are, and not whole receptive fields.

        To be asked when all units are there.
        """
        energies = [cutout.energy for cutout in self.cutouts.values()]
        return self.options.centred or is_cropped(self.is_large, energies, self.size)

    @property
    def places(self) -> int:
        """How many tiles a feature has: as many as the run has images for one of them, or 1."""
        ranks = np.flatnonzero((self.placeholders != "none").any(0))
        return int(ranks[-1]) + 1 if ranks.size else 1

    @property
    def field_size(self) -> tuple[int, int]:
        """Height and width of a unit's receptive field, which may be larger than the image."""
        for cutout in self.cutouts.values():
            top, left, bottom, right = cutout.field.tolist()
            return bottom - top, right - left
        return self.size

    @property
    def is_outside(self) -> bool:
        """Whether a view reaches over the border of its image."""
        for feature in range(len(self.channels)):
            for view in self.views(feature).values():
                if (clipped(view, self.image_size) != view).any():
                    return True
        return False

    def saturated_in(self, feature: int) -> bool:
        """Whether a tile of a feature, by its place in `channels`, shows nothing."""
        return any(row == feature for row, _rank in self.saturated)

    def views(self, feature: int) -> dict[int, np.ndarray]:
        """The view of each of a feature's units that are drawn, by rank; all are of one size."""
        cutouts = {}
        for rank in range(self.values.shape[1]):
            if (feature, rank) in self.cutouts:
                cutouts[rank] = self.cutouts[feature, rank]
        whole = {rank: cutout.box for rank, cutout in cutouts.items()}
        if not self.is_cropped:
            return whole
        # where next to nothing came back, its place says nothing
        telling = []
        for rank, cutout in cutouts.items():
            if (feature, rank) not in self.saturated:
                telling.append(cutout)
        if self.options.centred:
            size = centred_size(telling, self.image_size)
            return {rank: centre_crop(cut.field, size) for rank, cut in cutouts.items()}
        side = common_side([cut.energy for cut in telling])
        views = {}
        if not self.is_large:
            if side >= min(self.size):
                return whole
            for rank, cut in cutouts.items():
                views[rank] = square_within(cut.energy, side, cut.box, self.image_size)
            return views
        side = rounded_side(side, self.image_size)
        for rank, cutout in cutouts.items():
            views[rank] = square_around(cutout.energy, side, self.image_size)
        return views

    def view_size(self, feature: int) -> tuple[int, int]:
        """Height and width, in pixels of the input, of what a feature's tiles show."""
        for top, left, bottom, right in self.views(feature).values():
            return int(bottom - top), int(right - left)
        return self.size


def centred_size(cutouts: Sequence[Cutout], size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of views around units that hold the signals, none more than an image's."""
    side = LEAST_SIDE
    for cutout in cutouts:
        row, column = field_centre(cutout.field)
        top, left, bottom, right = cutout.energy
        reach = max(row - top, bottom - row, column - left, right - column)
        side = max(side, 2 * ceil(reach))
    return min(side, size[0]), min(side, size[1])


def centre_crop(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle of a box (top, left, bottom, right), of that height and width."""
    corner = box[:2] + (box[2:] - box[:2] - size) // 2
    return np.concatenate([corner, corner + size])
