"""What a layer's features are made of: those of the layer before, by what they contribute.

The layer before are several where they are concatenated, as in Inception and DenseNet.

A feature's share is what it contributes to a unit's activation (engine/contributions.py), summed
over the units that the run kept, of the sum of their activations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from ..engine import limits
from ..engine.contributions import Composition
from ..engine.rules import GRADIENT
from ..figures.top_units import Batch, units_in
from ..figures.unit_tiles import UnitTiles
from ..network.cuts import map_before
from ..network.graph import Network
from ..scan.run import Run
from ..weights.load import Weights
from .scripts import number, text

SHOWN = 9  # features that one is made of, or goes into

Part = tuple[int, int, float]  # what a feature is made of: the place of its layer, it, its share


@dataclass
class Sums:
    """Over the units of some features that have been seen so far."""

    parts: np.ndarray  # [features, channels of the layer before]
    activations: np.ndarray  # [features]


@dataclass(frozen=True)
class LayerComposition:
    """Says what the features of a layer are made of, from the forward passes they are drawn by."""

    layers: tuple[str, ...]  # of the run
    # of each channel of the map before: whose it is, by its place in these, and its number there
    origins: np.ndarray  # int [channels, 2]
    composition: Composition

    @property
    def inner(self) -> str:
        """The layer whose maps the forward passes are to have."""
        return self.composition.before

    def begin(self, features: int) -> Sums:
        """Nothing yet, of so many features."""
        return Sums(np.zeros((features, len(self.origins))), np.zeros(features))

    def add(self, sums: Sums, batch: Batch, unit_tiles: UnitTiles) -> None:
        """Adds the units of unit_tiles, whose channels the sums are of, in a batch's images."""
        rows, ranks = units_in(batch, unit_tiles)
        if not len(rows):
            return
        image = np.searchsorted(batch.numbers, unit_tiles.images[rows, ranks])
        maps = batch.forward_pass.map_of(self.inner)
        parts, activations = self.composition.contributions(
            maps, image, unit_tiles.channels[rows], unit_tiles.positions[rows, ranks]
        )
        np.add.at(sums.parts, rows, parts)
        np.add.at(sums.activations, rows, activations)

    def made_of(self, sums: Sums, row: int) -> dict[str, Any] | None:
        """What a feature's script says it is made of; None of one that does not fire.

        layer: the one of which most comes. carried: the share of all features before, exact:
        whether the rest is what biases give.
        """
        activation = sums.activations[row]
        if not activation > 0:
            return None
        shares = sums.parts[row] / activation
        strongest = np.argsort(-shares, kind="stable")[:SHOWN]
        features = []
        for channel in strongest[shares[strongest] > 0].tolist():
            layer, feature = self.origins[channel].tolist()
            one = {"layer": layer, "feature": feature, "share": number(shares[channel])}
            features.append(one)
        by_layer = np.bincount(self.origins[:, 0], np.maximum(shares, 0))
        layer = int(by_layer.argmax())
        return {
            "layer": layer,
            "name": text(self.layers[layer]),
            "rule": GRADIENT.name,
            "exact": self.composition.adds_up,
            "carried": number(shares.sum()),
            "features": features,
        }


def layer_composition(
    run: Run, network: Network, weights: Weights, layer: str
) -> LayerComposition | None:
    """What tells what a layer's features are made of.

    None where no layer of the run is before it (network.cuts.map_before), and of images so large
    that their forward pass goes by strips, which keep no map in between.
    """
    layers = run.settings.layers
    before = map_before(network, layer, layers)
    if before is None:
        return None
    shapes, nodes = limits.cropped_nodes(network, [layer], run.settings.image_size)
    if limits.segments_of_large(nodes, shapes, limits.FLOAT32, masked=True):
        return None
    origins: list[tuple[int, int]] = []
    for name in before.layers:
        origins += zip(repeat(layers.index(name)), range(shapes[name][2]))
    composition = Composition(network, weights, layer, before.name)
    return LayerComposition(layers, np.array(origins), composition)


def goes_into(place: int, behind: Mapping[int, Mapping[int, Sequence[Part]]]) -> dict[str, Any]:
    """What a layer's features go into: {feature: those of which they are a main part}.

    place: the layer's. behind: by the place of layers behind it, and their features: what these are
    made of.

    >>> goes_into(7, {8: {0: [(7, 5, 0.25), (6, 5, 0.5)], 2: [(7, 5, 0.5)]}})["5"]
    [{'layer': 8, 'feature': 2, 'share': 0.5}, {'layer': 8, 'feature': 0, 'share': 0.25}]
    """
    found: dict[int, list[tuple[float, int, int]]] = {}
    for layer, features in behind.items():
        for feature, parts in features.items():
            for origin, part, share in parts:
                if origin != place:
                    continue
                found.setdefault(part, []).append((-share, layer, feature))
    entries = {}
    for part in sorted(found):
        strongest = sorted(found[part])[:SHOWN]
        entries[str(part)] = [
            {"layer": layer, "feature": feature, "share": -share}
            for share, layer, feature in strongest
        ]
    return entries
