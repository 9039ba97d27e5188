"""Tiles as files of their own: each unit's patch and projection, pixel by pixel, without letters.

They have the size of the unit's receptive field, as far as the network computes it. What lies
outside of the image is transparent; beneath it a patch is white and a projection grey, which is
zero.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..data.dataset import Source
from ..data.images import text_of
from ..data.preprocessing import Preprocessing
from ..engine.projection import paste
from ..files import atomic_write, locked_folder
from . import naming, pixels, png
from .cutout import clipped
from .page import PAPER
from .picture_folder import make_folder
from .recipe import Recipe
from .style import Style
from .view import Box

if TYPE_CHECKING:
    from ..engine.projection import Projection
    from .unit_tiles import UnitTiles

TABLE = "tiles.csv"
COLUMNS = (
    *("patch", "projection", "layer", "channel", "rank", "activation", "row", "column"),
    *("number", "image", "label", "top", "left", "bottom", "right", "full_scale"),
)


@dataclass(frozen=True)
class UnitTile:
    """The two tiles of a unit, uint8 [h, w, 4], and its row in the table."""

    patch: np.ndarray
    projection: np.ndarray
    row: Mapping[str, Any]

    @property
    def pictures(self) -> dict[str, np.ndarray]:
        """By the names of their files."""
        return {self.row["patch"]: self.patch, self.row["projection"]: self.projection}


def run_tiles(
    unit_tiles: UnitTiles,
    source: Source,
    style: Style,
    labels: Sequence[str] = (),
    first_rank: int = 1,
) -> Iterator[UnitTile]:
    """The tiles of a layer's units in a run's images, by channel, strongest first.

    labels: of all images, or none.
    """
    layer = unit_tiles.layer
    signals = {}
    for place, cutout in unit_tiles.cutouts.items():
        inside = clipped(cutout.box, cutout.size)
        signals[place] = cutout.tones[layer].within(inside)
    common = common_scale(signals.values(), style)
    digits = len(str(first_rank + unit_tiles.places - 1))
    for place in sorted(signals):
        cutout = unit_tiles.cutouts[place]
        top, left, _, _ = cutout.photo_box
        inside = clipped(cutout.box, cutout.size)
        photo = pixels.window(cutout.photo, inside - np.array([top, left, top, left]))
        channel = int(unit_tiles.channels[place[0]])
        rank = first_rank + place[1]
        number = int(unit_tiles.images[place])
        values = {
            "layer": layer,
            "channel": channel,
            "rank": rank,
            "activation": float(unit_tiles.values[place]),
            "number": number,
            "image": source.names[number] if source.names else "",
            "label": labels[number] if labels else "",
        }
        name = f"{naming.unit_name(layer, channel)}-{rank:0{digits}d}"
        position = unit_tiles.positions[place].tolist()
        yield unit_tile(name, cutout.box, inside, photo, signals[place], common, position, values)


def photo_tiles(
    name: str,
    x: np.ndarray,
    projection: Projection,
    layer: str,
    preprocessing: Preprocessing,
    style: Style,
) -> Iterator[UnitTile]:
    """The tiles of a photo's projections; x [1, h, w, c]: the photo of that name."""
    seen = pixels.photo(x[0], preprocessing, style.bands)
    boxes = projection.boxes[0]
    signals: list[np.ndarray] = []
    for patch, box in zip(projection.patches[0], boxes):
        signal = paste(patch, box, clipped(box, seen.shape[:2]))
        signals.append(pixels.toned(signal, preprocessing, style))
    common = common_scale(signals, style)
    for i, channel in enumerate(projection.channels[0].tolist()):
        if projection.dead[0, i]:
            continue
        inside = clipped(boxes[i], seen.shape[:2])
        values = {
            "layer": layer,
            "channel": channel,
            "rank": "",
            "activation": float(projection.activations[0, i]),
            "number": "",
            "image": name,
            "label": "",
        }
        unit = naming.unit_name(layer, channel)
        position = projection.positions[0, i].tolist()
        photo = pixels.window(seen, inside)
        yield unit_tile(unit, boxes[i], inside, photo, signals[i], common, position, values)


def common_scale(signals: Iterable[np.ndarray], style: Style) -> float | None:
    """The absolute value that is full black or white in all; None where each has its own."""
    if style.scale != "common":
        return None
    return max(map(pixels.scale_end, signals), default=0.0)


def unit_tile(
    name: str,
    box: np.ndarray,
    inside: np.ndarray,
    photo: np.ndarray,
    tones: np.ndarray,
    common: float | None,
    position: Sequence[int],
    values: Mapping[str, Any],
) -> UnitTile:
    """A unit's tiles.

    photo [h, w, 3], tones [h, w, 3]: of what of the box lies inside of the image; position: -1 of
    a whole map.
    """
    full = pixels.scale_end(tones) if common is None else common
    row = dict(values) | {"patch": f"{name}-patch.png", "projection": f"{name}-projection.png"}
    # a whole map stands nowhere
    row |= dict(zip(("row", "column"), ["" if each < 0 else each for each in position]))
    row |= dict(zip(("top", "left", "bottom", "right"), box.tolist()))
    row["full_scale"] = full
    patch = framed(photo, inside, box, PAPER)
    return UnitTile(patch, framed(pixels.levels(tones, full), inside, box, pixels.ZERO), row)


def framed(
    content: np.ndarray, inside: np.ndarray, box: Box, beneath: tuple[int, int, int]
) -> np.ndarray:
    """Content uint8 [h, w, 3] of `inside` as a tile [*box, 4], transparent around it."""
    top, left, bottom, right = (int(value) for value in box)
    tile = np.full((bottom - top, right - left, 4), (*beneath, 0), np.uint8)
    if content.size:
        rows = slice(inside[0] - top, inside[2] - top)
        columns = slice(inside[1] - left, inside[3] - left)
        tile[rows, columns, :3] = content
        tile[rows, columns, 3] = 255
    return tile


def save_tiles(folder: Path, recipe: Recipe, tiles: Iterable[UnitTile]) -> Iterator[Path]:
    """Saves tiles, and a table of them, in a folder of that name or a free one like it.

    Tiles that the recipe made before are replaced. Yields the path of the table, if there is a
    tile. Raises UserError where nothing can be written.
    """
    recipe = recipe.with_options(tiles=True)
    rows: list[Mapping[str, Any]] = []
    for tile in tiles:
        if not rows:
            folder = free_folder(folder, recipe, tile.row["patch"])
        rows.append(tile.row)
        for name, picture in tile.pictures.items():
            text = recipe.text({"tile": name})
            with atomic_write(folder / name) as temporary:
                temporary.write_bytes(png.encode(Image.fromarray(picture), text))
    if not rows:
        return
    with atomic_write(folder / TABLE) as temporary:
        # names of files may be any bytes
        with temporary.open("w", newline="", errors="backslashreplace") as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
    yield folder / TABLE


def free_folder(folder: Path, recipe: Recipe, first: str) -> Path:
    """Makes the folder, or one like it, in which nothing else would be lost.

    One that is there is the recipe's if it has its first tile.
    """
    number = 1
    candidate = folder
    make_folder(folder.parent)
    with locked_folder(folder.parent):
        while os.path.lexists(candidate) and not recipe.made(text_of(candidate / first)):
            number += 1
            candidate = folder.with_name(f"{folder.name}-{number}")
        make_folder(candidate)
    return candidate
