"""A run's strongest units, from its images to tiles.

Each image is read and passed forward once, and all of its units are projected from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.dataset import Source
from ..data.loader import batches, reader
from ..data.preprocessing import Preprocessing
from ..engine.deconvnet import Deconvnet, ForwardPass
from ..engine.projection import Units, concatenate
from ..network.classes import class_layer
from ..scan.run import Run
from . import pixels
from .run_warnings import Warnings
from .style import Style
from .tiles import allocate, keep_units
from .unit_search import find_units, region_of
from .unit_tiles import TileOptions, UnitTiles

IMAGES = 16  # in a forward pass
UNITS = 64  # whose patches are in memory at a time

Progress = Callable[[str], None]  # is called with a line that says how far it is


@dataclass(frozen=True)
class Batch:
    """Images that went up together."""

    numbers: np.ndarray  # in the run's list, ascending
    x: np.ndarray  # [n, h, w, c] as the network sees them
    forward_pass: ForwardPass
    photos: Sequence[np.ndarray]  # what the network saw, uint8 [h, w, 3] each


def see_nothing(batch: Batch, tiles_of: Mapping[str, UnitTiles]) -> None:
    """For a caller who only wants tiles."""


def draw_top_units(
    deconvnet: Deconvnet,
    run: Run,
    source: Source,
    preprocessing: Preprocessing,
    requested: Mapping[str, np.ndarray],
    options: TileOptions,
    parts: Mapping[str, Sequence[str]] | None = None,
    progress: Progress = lambda line: None,
    see: Callable[[Batch, Mapping[str, UnitTiles]], None] = see_nothing,
) -> tuple[dict[str, UnitTiles], Warnings]:
    """Draws the tiles of the requested channels of each layer, and collects warnings.

    The layers, and the parts through which their units are projected separately, are the
    deconvnet's target or inner layers. An image that has changed since it was scanned, or cannot
    be read, gets a placeholder for its tiles and a warning. see: is called with the other ones as
    they go up, and with the layers' tiles, which have no cutouts yet of units in them.
    """
    parts = parts or {}
    tiles_of = {}
    for layer, channels in requested.items():
        layer_parts = parts.get(layer, ())
        tiles_of[layer] = allocate(deconvnet, run, layer, channels, layer_parts, options)
    warnings = Warnings()
    for batch in batches_of(
        deconvnet, run, source, preprocessing, tiles_of, warnings, options.style, progress
    ):
        see(batch, tiles_of)
        for unit_tiles in tiles_of.values():
            keep_vectors(deconvnet, batch, unit_tiles)
            differing = project_units(deconvnet, batch, unit_tiles, preprocessing)
            for number, line in differing:
                warnings.add("activations differ", f"{image_name(source, number)}: {line}")
    return tiles_of, warnings


def batches_of(
    deconvnet: Deconvnet,
    run: Run,
    source: Source,
    preprocessing: Preprocessing,
    tiles_of: Mapping[str, UnitTiles],
    warnings: Warnings,
    style: Style,
    progress: Progress,
) -> Iterator[Batch]:
    """The images of some layers' units, after their forward pass; their units' places are known.

    Units of images that cannot be drawn get their placeholders, and warnings are added.
    """
    regions = {layer: region_of(deconvnet.network, run, layer) for layer in tiles_of}
    numbers = images_to_draw(tiles_of.values())
    size = run.settings.image_size
    depth = deconvnet.network.channels
    read = reader(source, preprocessing, run.settings.resize, size, depth)
    done = 0
    for x, digests, reasons in batches(read, numbers, IMAGES, (*size, depth)):
        batch_numbers = numbers[done : done + len(reasons)]
        usable = []
        for i, number in enumerate(batch_numbers):
            word = placeholder(run, source, int(number), digests[i], reasons[i], warnings)
            if not word:
                usable.append(i)
                continue
            for unit_tiles in tiles_of.values():
                unseen = (unit_tiles.images == number) & (unit_tiles.placeholders == "")
                unit_tiles.placeholders[unseen] = word
        if usable:
            forward_pass = deconvnet.forward(x[usable])
            photos = [pixels.photo(image, preprocessing, style.bands) for image in x[usable]]
            batch = Batch(batch_numbers[usable], x[usable], forward_pass, photos)
            for layer, unit_tiles in tiles_of.items():
                find_units(unit_tiles, batch.numbers, forward_pass, regions[layer])
            yield batch
        done += len(reasons)
        if done < len(numbers):
            progress(f"{done} of {len(numbers)} images")


def keep_vectors(deconvnet: Deconvnet, batch: Batch, unit_tiles: UnitTiles) -> None:
    """Keeps a layer's values for each image, which probabilities are worked out of."""
    y = batch.forward_pass.maps[unit_tiles.layer]
    is_vector = y.shape[1:3] == (1, 1)
    if is_vector and class_layer(deconvnet.network, unit_tiles.layer, has_names=True):
        for number, vector in zip(batch.numbers.tolist(), y[:, 0, 0].numpy()):
            unit_tiles.vectors[number] = vector


def images_to_draw(all_tiles: Iterable[UnitTiles]) -> np.ndarray:
    """The images that units are to be drawn of, each once, in the list's order."""
    images = [tiles.images[tiles.placeholders == ""] for tiles in all_tiles]
    if not images:
        return np.zeros(0, int)
    return np.unique(np.concatenate(images))


def placeholder(
    run: Run, source: Source, number: int, digest: np.ndarray, reason: str, warnings: Warnings
) -> str:
    """The word for the tiles of an image that cannot be drawn, or "" for one that can.

    reason: why the image could not be read, or ""; digest: of its pixels. Adds a warning.
    """
    name = image_name(source, number)
    if reason:
        line = reason if name in reason else f"{name}: {reason}"
        warnings.add("could not be read", line)
        return "missing" if "no such file" in reason else "unreadable"
    if (digest != run.digests[number - run.settings.range.start]).any():
        warnings.add("have changed", f"{name} has changed since it was scanned: its pixels differ")
        return "changed"
    return ""


def image_name(source: Source, number: int) -> str:
    return source.names[number] if source.names else f"image {number}"


def units_in(batch: Batch, unit_tiles: UnitTiles) -> tuple[np.ndarray, np.ndarray]:
    """The channels' places and the ranks [k] of the units that are to be drawn in these images."""
    to_draw = np.isin(unit_tiles.images, batch.numbers) & (unit_tiles.placeholders == "")
    rows, ranks = np.nonzero(to_draw)
    return rows, ranks


def units_by_image(
    batch: Batch, unit_tiles: UnitTiles
) -> Iterator[tuple[int, tuple[np.ndarray, np.ndarray]]]:
    """The place in the batch of each image, and units_in() that are in it."""
    rows, ranks = units_in(batch, unit_tiles)
    images = unit_tiles.images[rows, ranks]
    for i, number in enumerate(batch.numbers):
        own = images == number
        if own.any():
            yield i, (rows[own], ranks[own])


def project_units(
    deconvnet: Deconvnet, batch: Batch, unit_tiles: UnitTiles, preprocessing: Preprocessing
) -> Iterator[tuple[int, str]]:
    """Projects a layer's units in the images that went up.

    Yields image and warning of each unit whose activation differs from the run's.
    """
    rows, ranks = units_in(batch, unit_tiles)
    for start in range(0, len(rows), UNITS):
        places = (rows[start : start + UNITS], ranks[start : start + UNITS])
        image = np.searchsorted(batch.numbers, unit_tiles.images[places])
        channel = unit_tiles.channels[places[0]]
        units = project(deconvnet, batch.forward_pass, image, channel, unit_tiles, places)

        activations = units[unit_tiles.layer].activations
        expected = unit_tiles.values[places]
        # a NaN differs, too
        differs = ~(np.abs(activations - expected) <= unit_tiles.tolerance)
        for k in np.nonzero(differs)[0]:
            warning = (
                f"{unit_tiles.layer} channel {channel[k]} fires {activations[k]:.5g}, and "
                f"{expected[k]:.5g} in the run: another version of TensorFlow, or other hardware?"
            )
            yield int(batch.numbers[image[k]]), warning
        photos = [batch.photos[i] for i in image]
        keep_units(unit_tiles, places, units, photos, preprocessing)


def project(
    deconvnet: Deconvnet,
    forward_pass: ForwardPass,
    image: np.ndarray,
    channel: np.ndarray,
    unit_tiles: UnitTiles,
    places: tuple[np.ndarray, np.ndarray],
) -> dict[str, Units]:
    """The projections of units, by the layer where they start.

    The layer of unit_tiles comes first. Its parts start with the units' activations there.
    """
    layer = unit_tiles.layer
    positions = unit_tiles.positions[places]
    whole = concatenate(deconvnet.backward(forward_pass, image, channel, positions, None, layer))
    units = {layer: whole}
    for part in unit_tiles.starts[1:]:
        seeds = whole.activations
        units[part] = concatenate(
            deconvnet.backward(forward_pass, image, channel, positions, seeds, part)
        )
    return units
