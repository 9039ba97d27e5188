"""The tiles of a layer's strongest units: their memory, and how one unit is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..data.preprocessing import Preprocessing
from ..engine.projection import paste
from ..memory import refuse_beyond_memory
from . import pixels
from .style import Style

if TYPE_CHECKING:
    from ..engine.deconvnet import Deconvnet
    from ..engine.projection import Units
    from ..scan.run import Run

# of the layer's largest activation: other batches, hardware and versions sum in another order,
# which in float32 comes to 1e-5
TOLERANCE = 1e-3


@dataclass(frozen=True)
class TileOptions:
    """How tiles are drawn, and what is kept beside them."""

    # height and width of a tile, for those of a patch
    tile_size: Callable[[int, int], tuple[int, int]]
    bands: Sequence[int] | None = None  # three channels of the images to draw as colours
    raw: bool = False  # keep the signals themselves, too
    # put the unit at the middle of its tiles even if its receptive field covers the image
    centred: bool = False


@dataclass
class UnitTiles:
    """The strongest units of some channels of a layer, and their tiles.

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
    patches: np.ndarray  # of the photos, uint8 [channels, top, h, w, 3]
    # tiles like patches by the layer where the signal starts: this one, or an input of its sum
    projections: dict[str, np.ndarray]
    size: tuple[int, int]  # height and width of a unit's patch in the input
    # signals [channels, top, p, q, c] by the same layers, and `boxes`; empty if not asked for
    raw: dict[str, np.ndarray]
    centred: bool = False  # see TileOptions
    tolerance: float = 0.0  # how far an activation may be from the run's
    # the largest difference between a projection and the sum of its parts, of the former's maximum
    gap: float = 0.0
    # (place of the channel, rank) of tiles that show nothing: (next to) nothing came back
    saturated: set[tuple[int, int]] = field(default_factory=set)

    def saturated_in(self, feature: int) -> bool:
        """Whether a tile of a feature, by its place in `channels`, shows nothing."""
        return any(row == feature for row, _rank in self.saturated)


def allocate(
    deconvnet: Deconvnet,
    run: Run,
    layer: str,
    channels: np.ndarray,
    parts: Sequence[str],
    options: TileOptions,
) -> UnitTiles:
    """Grey tiles for a layer's channels, and zeros for raw signals.

    parts: layers through which the signal will be projected separately.
    Raises UserError if all of it would not fit into memory.
    """
    state = run.state[layer]
    values = state["values"][channels]
    images = state["images"][channels]
    positions = state["positions"][channels]
    largest = np.abs(state["values"][state["images"] >= 0]).max(initial=0)
    placeholders = np.where(images < 0, "none", np.where(values == 0, "dead", ""))

    height, width = run.settings.image_size
    patch_size = deconvnet.extents(height, width, layer)
    tiles_shape = (*values.shape, *options.tile_size(*patch_size), 3)
    signals_shape = (*values.shape, *patch_size, deconvnet.network.channels)
    starts = (layer, *parts)
    needed = int(np.prod(tiles_shape)) * (1 + len(starts))
    if options.raw:
        float32_bytes = 4
        needed += float32_bytes * int(np.prod(signals_shape)) * len(starts)
    refuse_beyond_memory(
        needed, f"{values.size} units of {layer}", "ask for fewer channels at a time (-f, --top)"
    )

    grey = np.full(tiles_shape, pixels.ZERO[0], np.uint8)
    raw = {}
    if options.raw:
        raw = {start: np.zeros(signals_shape, np.float32) for start in starts}
        raw["boxes"] = np.zeros((*values.shape, 4), np.int32)
    return UnitTiles(
        layer=layer,
        channels=channels,
        values=values,
        images=images,
        positions=positions,
        placeholders=placeholders.astype("U12"),
        patches=grey,
        projections={start: grey.copy() for start in starts},
        size=patch_size,
        raw=raw,
        centred=options.centred,
        tolerance=TOLERANCE * float(largest),
    )


def draw_tiles(
    unit_tiles: UnitTiles,
    places: tuple[np.ndarray, np.ndarray],
    units: Mapping[str, Units],
    photos: Sequence[np.ndarray],
    preprocessing: Preprocessing,
    bands: Sequence[int] | None,
) -> None:
    """Draws the tiles of k units.

    places: their channel's and their rank's place in the arrays of unit_tiles, each [k].
    units: projections, by the layer where they started: unit_tiles.layer first, then its parts.
    photos: what the network sees of each unit's image, uint8 [h, w, 3].
    """
    whole = units[unit_tiles.layer]
    for k, place in enumerate(zip(*places)):
        if whole.saturated[k]:
            unit_tiles.saturated.add(place)
        box = whole.boxes[k]
        if unit_tiles.centred:
            box = centre_crop(whole.receptive_fields[k], unit_tiles.size)
        signals = {}
        for start, part in units.items():
            signals[start] = paste(part.patches[k], part.boxes[k], box)
        draw_unit(unit_tiles, place, signals, pixels.window(photos[k], box), preprocessing, bands)
        if unit_tiles.raw:
            unit_tiles.raw["boxes"][place] = box
            for start, signal in signals.items():
                unit_tiles.raw[start][place] = signal
        if len(signals) > 1:
            unit_tiles.gap = max(unit_tiles.gap, parts_gap(*signals.values()))


def draw_unit(
    unit_tiles: UnitTiles,
    place: tuple[int, int],
    signals: Mapping[str, np.ndarray],
    patch: np.ndarray,
    preprocessing: Preprocessing,
    bands: Sequence[int] | None,
) -> None:
    """Draws one unit's tiles, the signals of all parts on one scale."""
    height, width = unit_tiles.patches.shape[2:4]
    unit_tiles.patches[place] = pixels.resize(patch, width, height)
    small = {start: pixels.shrink(signal, width, height) for start, signal in signals.items()}
    full = max(
        pixels.full_scale(signal, preprocessing, Style(bands=bands)) for signal in small.values()
    )
    for start, signal in small.items():
        drawn = pixels.colours(signal, preprocessing, Style(bands=bands), full)
        unit_tiles.projections[start][place] = pixels.resize(drawn, width, height)


def parts_gap(whole: np.ndarray, *parts: np.ndarray) -> float:
    """The largest difference between a signal and the sum of its parts, of the signal's maximum."""
    difference = np.abs(sum(parts) - whole).max()
    return float(difference / max(np.abs(whole).max(), 1e-30))


def centre_crop(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle of a box (top, left, bottom, right), of that height and width."""
    corner = box[:2] + (box[2:] - box[:2] - size) // 2
    return np.concatenate([corner, corner + size])
