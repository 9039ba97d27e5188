"""Which features fire together: in a layer, and in the run's layers just before and behind it."""

from __future__ import annotations

from typing import Any

from ..network.graph import Network
from ..scan.duplicates import most_correlated
from ..scan.maxima import MaximaFile
from ..scan.run import Run
from .scripts import number

SHOWN = 9  # of each feature


def correlated_features(
    run: Run, network: Network, maxima: MaximaFile | None, layer: str
) -> dict[int, list[dict[str, Any]]]:
    """The features whose maxima over the images rank them most alike, by a layer's channels.

    Those above 0 alone; an entry is what a feature's script has. Nothing where the run kept too few
    maxima.
    """
    layers = run.settings.layers
    in_order = [node.name for node in network.nodes if node.name in layers]
    place = in_order.index(layer)
    found: dict[int, list[tuple[float, int, int]]] = {}
    for name in in_order[max(place - 1, 0) : place + 2]:
        correlated = most_correlated(maxima, layer, name, SHOWN)
        if correlated is None:
            continue
        other = layers.index(name)
        for channel, row in enumerate(correlated.channels.tolist()):
            entries = found.setdefault(channel, [])
            for feature, value in zip(row, correlated.correlations[channel].tolist()):
                if value > 0:
                    entries.append((-value, other, feature))
    strongest = {}
    for channel, entries in found.items():
        strongest[channel] = [
            {"layer": other, "feature": feature, "correlation": number(-value)}
            for value, other, feature in sorted(entries)[:SHOWN]
        ]
    return strongest
