"""The network of a run, for what needs its maps and no weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import UserError
from ..network.graph import Network
from ..zoo import NETWORKS
from .provenance import are_in_map, network_of, weights_file
from .run import Run


def network_at_hand(
    run: Run,
    path: str | Path,
    given: str | None,
    architecture: str | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> Network | None:
    """The network of a run, for what needs no weights; None where it is not known.

    given: where its weights are now. Without them a built-in network is known by its name, others
    by the file that was scanned, if that is still there. Raises UserError where the weights given
    are another network's.
    """
    if not given and run.settings.network in NETWORKS:
        network = NETWORKS[run.settings.network](variant=run.settings.variant)
        if has_layers(network, run):
            return network
    try:
        network = network_of(run, weights_file(run, path, given), architecture, lambdas)
    except UserError:
        if given:
            raise
        return None
    return network if has_layers(network, run) else None


def has_layers(network: Network, run: Run) -> bool:
    """Whether a network has a run's layers, and in their maps all of its units."""
    shapes = network.shapes(*run.settings.image_size)
    for layer, arrays in run.state.items():
        if layer not in shapes or not are_in_map(arrays, shapes[layer]):
            return False
    return True
