"""What a weight file holds, before any tensor of it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data.preprocessing import Preprocessing
from ..errors import UserError
from ..network.graph import Network
from ..network.layers import Flatten
from ..zoo import NETWORKS

NOWHERE = Network("", (1, 1, 1), ())


@dataclass(frozen=True)
class WeightFile:
    """Shapes by layer and parameter, how to read one, and what the file says of itself."""

    shapes: Mapping[str, Mapping[str, tuple[int, ...]]]
    read: Callable[[str, str], np.ndarray]
    network: str | None = None
    preprocessing: Preprocessing | None = None
    digest: str = ""
    source: str = ""
    licence: str = ""
    ignored: tuple[str, ...] = ()
    held: Network = NOWHERE  # the one it was opened for
    notes: tuple[
        str, ...
    ] = ()  # how the file was recognised, and what was assumed because it cannot tell


def no_match(
    path: str | Path, network: str, asked: Sequence[str], layers: Sequence[str]
) -> UserError:
    """None of a file's layers are those asked for."""
    return UserError(
        f"{path} holds none of the layers of {network} ({', '.join(asked[:3])}, ...); "
        f"it has {', '.join(layers[:8]) or 'no layers'}"
    )


def infer_network(name: str, kernels: Mapping[str, tuple[int, ...]], variant: str = "") -> Network:
    """The network with the channels, classes and (square) size of input that its kernels' shapes by layer tell."""
    variant_of = {"variant": variant} if variant else {}
    plain = NETWORKS[name](**variant_of)
    order = list(plain.parameters())
    told: dict[str, Any] = {}
    if len(kernels.get(order[0], ())) == 4:
        told["channels"] = kernels[order[0]][2]
    if len(kernels.get(order[-1], ())) == 2:
        told["classes"] = kernels[order[-1]][1]
    flat = next((node.name for node in plain.nodes if isinstance(node.layer, Flatten)), None)
    dense = next((node.name for node in plain.nodes if flat in node.inputs), "")
    if flat and len(kernels.get(dense, ())) == 2 and kernels[dense][0] != plain.shapes()[flat][2]:
        sides = [
            side
            for side in range(32, 1025, 32)
            if plain.shapes(side, side)[flat][2] == kernels[dense][0]
        ]
        told |= {"size": (sides[0], sides[0])} if sides else {}
    return NETWORKS[name](**told, **variant_of)
