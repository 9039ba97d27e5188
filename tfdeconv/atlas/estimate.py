"""What an atlas will take: multiply-adds, and bytes of the disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine.limits import cropped_nodes
from ..engine.rules import RULES
from ..errors import UserError
from ..figures.page import scaled_sides
from ..network import receptive_field
from ..network.cost import backward_cost, forward_cost
from ..network.graph import INPUT, Network
from ..network.spans import UNIT
from ..scan.run import Run
from .feature_tiles import LEAST_SIDE, MOST_SIDE
from .projector import group_size
from .sheets import SIDE

# Bytes of the files, measured on VGG16 (scripts/README.md): of a pixel of a tile and of a photo,
# and of what a feature's script says, with its part of the layer's
TILE_BYTES, PHOTO_BYTES, SCRIPT_BYTES = 0.25, 0.3, 5000
# of the pages' own files
PAGE_BYTES = 300_000
# what a file takes on the disk beyond its bytes, on an average: half a block
BLOCK_BYTES = 2048


@dataclass(frozen=True)
class Estimate:
    """features: that are drawn; work: multiply-adds; bytes: on the disk."""

    features: int
    work: int
    bytes: int


def estimate(
    run: Run, network: Network, channels: Mapping[str, np.ndarray], rules: Sequence[str]
) -> Estimate:
    """Of layers that are to be made. channels: of each, those that are drawn.

    Raises UserError where images of the run's size do not suit a layer.
    """
    height, width = run.settings.image_size
    features = work = 0
    size = float(PAGE_BYTES)
    photos: set[int] = set()
    for layer, drawn in channels.items():
        state = run.state[layer]
        fires = (state["images"][drawn] >= 0) & (state["values"][drawn] != 0)
        images = np.unique(state["images"][drawn][fires])
        photos.update(images.tolist())
        features += len(drawn)
        shapes, nodes = cropped_nodes(network, [layer], (height, width))
        route = receptive_field.route(nodes, UNIT, shapes)
        patch = route[INPUT][0].size, route[INPUT][1].size
        groups = -(-len(drawn) // group_size(patch, (height, width), run.settings.top))
        for rule in rules:
            up = forward_cost(nodes, shapes, traced=True, masked=RULES[rule].mask).work
            work += groups * len(images) * up
            work += int(fires.sum()) * backward_cost(nodes, shapes, route).work
        tile = scaled_sides(*patch, LEAST_SIDE, MOST_SIDE)
        pictures = len(rules) * (run.settings.top * tile[0] * tile[1] + SIDE**2) + SIDE**2
        files = 1 + len(rules)
        size += len(drawn) * (pictures * TILE_BYTES + SCRIPT_BYTES + files * BLOCK_BYTES)
    size += len(photos) * (height * width * PHOTO_BYTES + BLOCK_BYTES)
    return Estimate(features, work, int(size))


def refuse_small_disk(path: Path, needed: int) -> None:
    """Raises UserError where a folder's disk has not so many bytes left, before any is written."""
    folder = path.absolute()
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"--out {path}: the atlas takes up to {needed / 1e6:,.1f} MB, and its disk has "
            f"{free / 1e6:,.1f} MB left: give fewer --features or -l, or another disk"
        )


def duration(seconds: float) -> str:
    """A time in words.

    >>> duration(4), duration(100), duration(9000)
    ('less than a minute', 'about 2 minutes', 'about 2.5 hours')
    """
    minutes = round(seconds / 60)
    if seconds < 60:
        return "less than a minute"
    if minutes < 120:
        return f"about {minutes} minute" + ("s" if minutes > 1 else "")
    return f"about {seconds / 3600:.1f} hours"
