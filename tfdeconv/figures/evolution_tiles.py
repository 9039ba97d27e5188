"""The strongest unit of each feature in each file of a network, as tiles: a row of them a feature.

A row is drawn as the strongest images of one run are: its places are files instead of ranks, so
that all of its tiles show views of one size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..data.dataset import Source
from ..engine.deconvnet import Deconvnet
from ..network.graph import Network
from ..scan.run import Run
from ..weights.load import Weights
from .cutout import Cutout
from .ranks import Ranks
from .run_warnings import Warnings
from .style import Style
from .top_units import Progress, draw_top_units
from .unit_tiles import TileOptions, UnitTiles

STRONGEST = Ranks(1, 1)


def draw_strongest_units(
    weights: Weights,
    run: Run,
    source: Source,
    requested: Mapping[str, np.ndarray],
    rule: str,
    style: Style,
    progress: Progress,
) -> tuple[dict[str, UnitTiles], Warnings]:
    """The tiles of the strongest unit of the requested channels of layers, in one file.

    weights: tensors, with the preprocessing that is used; run: the file's.
    """
    options = TileOptions(style, ranks=STRONGEST)
    drawn: dict[str, UnitTiles] = {}
    warnings = Warnings()
    for target, inner in passes(weights.network, list(requested)):
        found, warned = draw_top_units(
            Deconvnet(weights.network, weights, target, rule, inner=inner),
            run,
            source,
            weights.preprocessing,
            {layer: requested[layer] for layer in (*inner, target)},
            options,
            progress=progress,
        )
        drawn |= found
        for kind, lines in warned.by_kind.items():
            for line in lines:
                warnings.add(kind, line)
    return drawn, warnings


def passes(network: Network, layers: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Layers, in the network's order, as targets with the layers below them: a pass for each.

    Mostly it is one; of branches that do not meet each has its own.
    """
    left = list(layers)
    found = []
    while left:
        target = left.pop()
        below = {node.name for node in network.up_to(target)}
        inner = [layer for layer in left if layer in below]
        left = [layer for layer in left if layer not in below]
        found.append((target, inner))
    return found


def joined(files: Sequence[UnitTiles]) -> UnitTiles:
    """Tiles of the same features in several files, one unit each, as rows: [channels, files]."""
    cutouts: dict[tuple[int, int], Cutout] = {}
    saturated: set[tuple[int, int]] = set()
    for place, tiles in enumerate(files):
        cutouts |= {(feature, place): cutout for (feature, _), cutout in tiles.cutouts.items()}
        saturated |= {(feature, place) for feature, _ in tiles.saturated}
    return replace(
        files[0],
        values=np.concatenate([tiles.values for tiles in files], 1),
        images=np.concatenate([tiles.images for tiles in files], 1),
        positions=np.concatenate([tiles.positions for tiles in files], 1),
        placeholders=np.concatenate([tiles.placeholders for tiles in files], 1),
        cutouts=cutouts,
        saturated=saturated,
        # whose probabilities are of one file alone
        vectors={},
    )
