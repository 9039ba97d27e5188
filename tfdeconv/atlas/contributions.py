"""What a layer's features are made of: the features of the layer before, by what they contribute.

A feature's share is what it contributes to a unit's activation (engine/contributions.py), summed
over the units that the run kept, of the sum of their activations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine import limits
from ..engine.contributions import Composition
from ..engine.rules import GRADIENT
from ..figures.top_units import Batch, units_in
from ..figures.unit_tiles import UnitTiles
from ..network.cuts import end_of_features, layer_before
from ..network.graph import Network
from ..scan.run import Run
from ..weights.load import Weights
from .scripts import number, text

SHOWN = 9  # features that one is made of, or goes into


@dataclass
class Sums:
    """Over the units of some features that have been seen so far."""

    parts: np.ndarray  # [features, channels of the layer before]
    activations: np.ndarray  # [features]


@dataclass(frozen=True)
class LayerComposition:
    """Says what the features of a layer are made of, from the forward passes they are drawn by."""

    before: str  # the layer of the run whose features they are made of
    number: int  # of that layer
    channels: int  # it has
    composition: Composition

    @property
    def inner(self) -> str:
        """The layer whose maps the forward passes are to have."""
        return self.composition.before

    def begin(self, features: int) -> Sums:
        """Nothing yet, of so many features."""
        return Sums(np.zeros((features, self.channels)), np.zeros(features))

    def add(self, sums: Sums, batch: Batch, unit_tiles: UnitTiles) -> None:
        """Adds the units of unit_tiles, whose channels the sums are of, in a batch's images."""
        rows, ranks = units_in(batch, unit_tiles)
        if not len(rows):
            return
        image = np.searchsorted(batch.numbers, unit_tiles.images[rows, ranks])
        maps = batch.forward_pass.maps[self.inner]
        parts, activations = self.composition.contributions(
            maps, image, unit_tiles.channels[rows], unit_tiles.positions[rows, ranks]
        )
        np.add.at(sums.parts, rows, parts)
        np.add.at(sums.activations, rows, activations)

    def made_of(self, sums: Sums, row: int) -> dict[str, Any] | None:
        """What a feature's script says it is made of; None of one that does not fire.

        carried: the share of all features of the layer before. exact: whether the rest is what
        biases give.
        """
        activation = sums.activations[row]
        if not activation > 0:
            return None
        shares = sums.parts[row] / activation
        strongest = np.argsort(-shares, kind="stable")[:SHOWN]
        features = []
        for channel in strongest[shares[strongest] > 0].tolist():
            features.append({"feature": channel, "share": number(shares[channel])})
        return {
            "layer": self.number,
            "name": text(self.before),
            "rule": GRADIENT.name,
            "exact": self.composition.adds_up,
            "carried": number(shares.sum()),
            "features": features,
        }


def before_in(run: Run, network: Network, layer: str) -> str | None:
    """The layer of the run that a layer's features are made of; None of the first."""
    return layer_before(network, layer, run.settings.layers)


def layer_composition(
    run: Run, network: Network, weights: Weights, layer: str
) -> LayerComposition | None:
    """What tells what a layer's features are made of.

    None where no layer of the run is before it, and of images so large that their forward pass goes
    by strips, which keep no map in between.
    """
    before = before_in(run, network, layer)
    if before is None:
        return None
    shapes, nodes = limits.cropped_nodes(network, [layer], run.settings.image_size)
    if limits.segments_of_large(nodes, shapes, limits.FLOAT32, masked=True):
        return None
    inner = end_of_features(network, before, layer)
    composition = Composition(network, weights, layer, inner)
    place = run.settings.layers.index(before)
    return LayerComposition(before, place, shapes[before][2], composition)


def goes_into(behind: Mapping[int, Mapping[int, Sequence[tuple[int, float]]]]) -> dict[str, Any]:
    """What features of a layer go into: {feature: those of which they are a main part}.

    behind: {number of a layer: {its feature: [(feature of this layer, share), ...]}}, of the layers
    whose features are made of this one's.

    >>> goes_into({8: {0: [(5, 0.25)], 2: [(5, 0.5), (1, 0.125)]}})["5"]
    [{'layer': 8, 'feature': 2, 'share': 0.5}, {'layer': 8, 'feature': 0, 'share': 0.25}]
    """
    found: dict[int, list[tuple[float, int, int]]] = {}
    for layer, features in behind.items():
        for feature, parts in features.items():
            for part, share in parts:
                found.setdefault(part, []).append((-share, layer, feature))
    entries = {}
    for part in sorted(found):
        strongest = sorted(found[part])[:SHOWN]
        entries[str(part)] = [
            {"layer": layer, "feature": feature, "share": -share}
            for share, layer, feature in strongest
        ]
    return entries
