"""The strongest units of some channels of a layer: what is kept of them, and how it is viewed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from ..data.preprocessing import Preprocessing
from ..engine.projection import paste
from ..memory import refuse_beyond_memory
from . import pixels
from .cutout import Cutout, clipped, keep_tones
from .style import PLAIN, Style
from .view import (
    LEAST_SIDE,
    common_side,
    energy_box,
    field_centre,
    is_large,
    rounded_side,
    square_around,
)

if TYPE_CHECKING:
    from ..engine.deconvnet import Deconvnet
    from ..engine.projection import Units
    from ..scan.run import Run

# of the layer's largest activation: other batches, hardware and versions sum in another order,
# which in float32 comes to 1e-5
TOLERANCE = 1e-3
# bytes of a number that is kept
HALF, SINGLE = 2, 4


@dataclass(frozen=True)
class TileOptions:
    """How tiles are drawn, and what is kept beside them."""

    style: Style = PLAIN
    raw: bool = False  # keep the signals themselves, too
    # put the unit at the middle of its tiles, which are cropped whatever its receptive field
    centred: bool = False


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
    # whether tiles are views of where the signals are, and not always of whole receptive fields
    is_cropped: bool
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
    # (place of the channel, rank) of tiles that show nothing: (next to) nothing came back
    saturated: set[tuple[int, int]] = field(default_factory=set)

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
        if not self.is_cropped:
            return {rank: cutout.box for rank, cutout in cutouts.items()}
        # where next to nothing came back, its place says nothing
        telling = []
        for rank, cutout in cutouts.items():
            if (feature, rank) not in self.saturated:
                telling.append(cutout)
        if self.options.centred:
            size = centred_size(telling, self.image_size)
            return {rank: centre_crop(cut.field, size) for rank, cut in cutouts.items()}
        side = rounded_side(common_side([cut.energy for cut in telling]), self.image_size)
        views = {}
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


def allocate(
    deconvnet: Deconvnet,
    run: Run,
    layer: str,
    channels: np.ndarray,
    parts: Sequence[str],
    options: TileOptions,
) -> UnitTiles:
    """A layer's channels without their cutouts, and zeros for raw signals.

    parts: layers through which the signal will be projected separately.
    Raises UserError if all of it would not fit into memory.
    """
    state = run.state[layer]
    values = state["values"][channels]
    images = state["images"][channels]
    positions = state["positions"][channels]
    largest = np.abs(state["values"][state["images"] >= 0]).max(initial=0)
    placeholders = np.where(images < 0, "none", np.where(values == 0, "dead", ""))

    image_size = run.settings.image_size
    patch_size = deconvnet.extents(*image_size, layer)
    signals_shape = (*values.shape, *patch_size, deconvnet.network.channels)
    starts = (layer, *parts)
    # of each unit its photo's patch, and each of its signals in three colours
    needed = values.size * int(np.prod(patch_size)) * 3 * (1 + HALF * len(starts))
    if options.raw:
        needed += SINGLE * int(np.prod(signals_shape)) * len(starts)
    refuse_beyond_memory(
        needed, f"{values.size} units of {layer}", "ask for fewer channels at a time (-f, --top)"
    )

    raw = {}
    if options.raw:
        raw = {start: np.zeros(signals_shape, np.float32) for start in starts}
        raw["boxes"] = np.zeros((*values.shape, 4), np.int32)
    map_height, map_width, _ = deconvnet.network.shapes(*image_size)[layer]
    return UnitTiles(
        layer=layer,
        channels=channels,
        values=values,
        images=images,
        positions=positions,
        placeholders=placeholders.astype("U12"),
        starts=starts,
        size=patch_size,
        image_size=image_size,
        is_cropped=options.centred or is_large((0, 0, *patch_size), image_size),
        has_map=map_height * map_width > 1,
        options=options,
        raw=raw,
        tolerance=TOLERANCE * float(largest),
    )


def keep_units(
    unit_tiles: UnitTiles,
    places: tuple[np.ndarray, np.ndarray],
    units: Mapping[str, Units],
    photos: Sequence[np.ndarray],
    preprocessing: Preprocessing,
) -> None:
    """Cuts k units out of their images.

    places: their channel's and their rank's place in the arrays of unit_tiles, each [k].
    units: projections, by the layer where they started: unit_tiles.layer first, then its parts.
    photos: what the network sees of each unit's image, uint8 [h, w, 3].
    """
    whole = units[unit_tiles.layer]
    for k, place in enumerate(zip(*places)):
        if whole.saturated[k]:
            unit_tiles.saturated.add(place)
        box = whole.boxes[k]
        if unit_tiles.options.centred:
            box = centre_crop(whole.receptive_fields[k], unit_tiles.size)
        unit_tiles.cutouts[place] = cut_out(unit_tiles, units, k, box, photos[k], preprocessing)
        if unit_tiles.raw:
            unit_tiles.raw["boxes"][place] = box
        signals = []
        for start, part in units.items():
            signal = paste(part.patches[k], part.boxes[k], box)
            signals.append(signal)
            if unit_tiles.raw:
                unit_tiles.raw[start][place] = signal
        if len(signals) > 1:
            unit_tiles.gap = max(unit_tiles.gap, parts_gap(*signals))


def cut_out(
    unit_tiles: UnitTiles,
    units: Mapping[str, Units],
    k: int,
    box: np.ndarray,
    photo: np.ndarray,
    preprocessing: Preprocessing,
) -> Cutout:
    """The cutout of the k-th of the units; box: what there is to show of it."""
    whole = units[unit_tiles.layer]
    size = unit_tiles.image_size
    tones = {}
    for start, part in units.items():
        coloured = pixels.toned(part.patches[k], preprocessing, unit_tiles.options.style)
        tones[start] = keep_tones(coloured, part.boxes[k], size)
    photo_box = np.array([0, 0, *size])
    # the view of a large field may be anywhere; all of an image's units share it
    if not unit_tiles.is_cropped:
        photo_box = clipped(box, size)
        top, left, bottom, right = photo_box
        photo = photo[top:bottom, left:right].copy()
    energy = energy_box(whole.patches[k], whole.boxes[k])
    return Cutout(whole.receptive_fields[k], box, energy, size, photo, photo_box, tones)


def parts_gap(whole: np.ndarray, *parts: np.ndarray) -> float:
    """The largest difference between a signal and the sum of its parts, of the signal's maximum."""
    difference = np.abs(sum(parts) - whole).max()
    return float(difference / max(np.abs(whole).max(), 1e-30))
