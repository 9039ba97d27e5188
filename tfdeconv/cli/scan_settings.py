"""What to scan: the request, and the run's settings that it comes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.precision import FLOAT32
from ..errors import UserError
from .models import ModelRequest

if TYPE_CHECKING:
    from ..data.dataset import Source
    from ..data.preprocessing import Preprocessing
    from ..scan.run import Settings
    from ..weights.load import Weights

SHOWN = 8  # layers that a note lists


@dataclass(frozen=True)
class ScanRequest(ModelRequest):
    """What to scan, and what to keep of it. None: as the weight file says."""

    images: str  # a directory, a list or an array
    labels: str | None  # a file of labels of the images
    limit: int | None  # images, the first ones
    sample: int | None  # images, by chance
    seed: int | None  # of the chance
    out: Path
    layers: list[str] | None  # None: all that the weights reach
    top: int
    batch: int
    resize: str
    interior: bool  # only units whose receptive field lies within the image
    every: float  # seconds between two saves
    wait: float  # seconds for the other workers
    maxima_layers: list[str] | None  # whose maxima are kept; None: of all that are scanned
    shard: tuple[int, int] | None
    retry: bool  # reads again what was skipped
    verbose: bool


def settings_of(
    request: ScanRequest,
    source: Source,
    weights: Weights,
    preprocessing: Preprocessing,
    tell: Callable[[str], None],
) -> Settings:
    """What the run is of; raises UserError for layers that cannot be scanned.

    tell takes a note on layers that are left out.
    """
    from ..data.loader import size_of
    from ..data.selection import Selection
    from ..network.selection import in_network_order
    from ..scan.run import Settings

    network = weights.network
    size = size_of(source, preprocessing, request.resize, network.channels)
    layers = layers_of(request, weights, size, tell)
    maxima_layers = layers
    if request.maxima_layers is not None:
        maxima_layers = in_network_order(network, request.maxima_layers)
    not_scanned = sorted(set(maxima_layers) - set(layers))
    if not_scanned:
        raise UserError(
            f"--keep-maxima {', '.join(not_scanned)}: only layers that are scanned have maxima; "
            f"name them in --layers too"
        )
    return Settings(
        network.name,
        network.variant,
        weights.digest,
        json.dumps(asdict(preprocessing), sort_keys=True),
        request.resize,
        size,
        source.digest,
        source.count,
        layers,
        request.top,
        request.batch,
        request.shard or (1, 1),
        maxima_layers,
        request.interior,
        str(Selection(request.limit, request.sample, request.seed or 0)),
        request.precision or FLOAT32,
        request.jit,
    )


def layers_of(
    request: ScanRequest, weights: Weights, size: tuple[int, int], tell: Callable[[str], None]
) -> tuple[str, ...]:
    """The layers to scan; raises UserError where one is asked for that cannot be, or none can."""
    from ..network import borders
    from ..network.selection import default_layers, in_network_order, nothing_to_scan

    network = weights.network
    layers = in_network_order(network, request.layers or default_layers(network, weights))
    if not layers:
        raise nothing_to_scan(network, request.weights or network.name)
    if not request.interior:
        return layers
    regions = borders.interiors_of(network, layers, size)
    without = [layer for layer in layers if not regions[layer].cells]
    if without and (request.layers or len(without) == len(layers)):
        raise borders.no_interior(network, without[0], size)
    if without:
        listed = ", ".join(without[:SHOWN]) + ", ..." * (len(without) > SHOWN)
        tell(
            f"--interior leaves out {len(without)} of {len(layers)} layers, which have no unit "
            f"whose receptive field lies within images of {size[0]} x {size[1]}: {listed}"
        )
    return tuple(layer for layer in layers if layer not in without)
