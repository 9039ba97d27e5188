"""What is kept of a layer's strongest units until they are drawn: cutouts, and raw signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..data.preprocessing import Preprocessing
from ..engine.projection import paste
from ..memory import refuse_beyond_memory
from . import pixels
from .cutout import Cutout, clipped, keep_tones
from .unit_tiles import TileOptions, UnitTiles, centre_crop
from .view import energy_box, is_large

if TYPE_CHECKING:
    from ..engine.deconvnet import Deconvnet
    from ..engine.projection import Units
    from ..scan.run import Run

# of the layer's largest activation: other batches, hardware and versions sum in another order,
# which in float32 comes to 1e-5
TOLERANCE = 1e-3
# bytes of a number that is kept
HALF, SINGLE = 2, 4


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
    places = options.ranks.places if options.ranks else slice(None)
    values = state["values"][channels][:, places]
    images = state["images"][channels][:, places]
    positions = state["positions"][channels][:, places]
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
    areas = np.zeros(0)
    if options.fidelity:
        areas = np.full((*values.shape, 2, 2), np.nan)
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
        is_large=is_large((0, 0, *patch_size), image_size),
        has_map=map_height * map_width > 1,
        options=options,
        raw=raw,
        areas=areas,
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
    if not unit_tiles.is_large:
        photo_box = clipped(box, size)
        top, left, bottom, right = photo_box
        photo = photo[top:bottom, left:right].copy()
    energy = energy_box(whole.patches[k], whole.boxes[k])
    return Cutout(whole.receptive_fields[k], box, energy, size, photo, photo_box, tones)


def parts_gap(whole: np.ndarray, *parts: np.ndarray) -> float:
    """The largest difference between a signal and the sum of its parts, of the signal's maximum."""
    difference = np.abs(sum(parts) - whole).max()
    return float(difference / max(np.abs(whole).max(), 1e-30))
