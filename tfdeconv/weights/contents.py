"""What a weight file holds, before any tensor of it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.labels import Labels
from ..data.preprocessing import Preprocessing
from ..errors import UserError
from ..network.graph import Network
from ..network.layers import Flatten
from ..zoo import NETWORKS

if TYPE_CHECKING:
    import numpy as np

# inputs that are tried for a dense head, and their step: all five poolings of VGG halve them evenly
SIDES = range(32, 1025, 32)


@dataclass(frozen=True)
class WeightFile:
    """A network's parameters in a file, none of them read yet, and what the file says of itself.

    Each format's reader makes one; what a format does not say keeps its default.
    """

    # {layer: {parameter: shape}} of what the file has of the network
    shapes: Mapping[str, Mapping[str, tuple[int, ...]]]
    # read(layer, parameter) -> the array, of the file's dtype
    read: Callable[[str, str], np.ndarray]
    # the network whose weights they are; None where the file does not show it
    network_name: str | None = None
    preprocessing: Preprocessing | None = None
    # sha256 of the contents, in hexadecimal
    digest: str = ""
    # the same of the tensors alone, where `digest` is also of the network's description
    tensors_digest: str = ""
    source: str = ""
    licence: str = ""
    # names of what else the file holds
    ignored: tuple[str, ...] = ()
    # how the file was recognised, and what was assumed because it cannot tell
    notes: tuple[str, ...] = ()
    # why its dense layers are left out, "" where they are not
    other_head: str = ""
    # the file with the tensors, where it is not the one that was given
    path: Path | None = None
    # layers that have the parameters of another, which is called several times
    shared: Mapping[str, str] = field(default_factory=dict)
    # the names of its classes, where it has them
    labels: Labels | None = None


@dataclass(frozen=True, kw_only=True)
class OpenedFile(WeightFile):
    """A weight file that was opened for a network."""

    network: Network
    preprocessing: Preprocessing


def no_match(
    path: str | Path, network: str, requested: Sequence[str], layers: Sequence[str]
) -> UserError:
    """The error where a file has none of the layers that are requested; layers: those it has."""
    present = ", ".join(layers[:8]) or "no layers"
    return UserError(
        f"{path} has none of the layers of {network} ({', '.join(requested[:3])}, ...); "
        f"it has {present}"
    )


def infer_network(name: str, kernels: Mapping[str, tuple[int, ...]], variant: str = "") -> Network:
    """The built-in network with the channels, classes and size of input that its kernels show.

    kernels: their shapes by layer. What they do not show is as usual: the channels without the
    first layer, classes and size without the dense head.
    """
    options: dict[str, Any] = {}
    if variant:
        options["variant"] = variant
    usual = NETWORKS[name](**options)
    layers = list(usual.parameters())
    first_kernel = kernels.get(layers[0], ())
    last_kernel = kernels.get(layers[-1], ())
    if len(first_kernel) == 4:
        options["channels"] = first_kernel[2]
    if len(last_kernel) == 2:
        options["classes"] = last_kernel[1]
    side = infer_side(usual, kernels)
    if side:
        options["size"] = (side, side)
    return NETWORKS[name](**options)


def infer_side(network: Network, kernels: Mapping[str, tuple[int, ...]]) -> int | None:
    """The side of the square input whose flattened maps have as many values as a dense kernel rows.

    None where that is the network's own size, or where no size fits.
    """
    flatten = next((node.name for node in network.nodes if isinstance(node.layer, Flatten)), None)
    if flatten is None:
        return None
    dense = next((node.name for node in network.nodes if flatten in node.inputs), "")
    kernel = kernels.get(dense, ())
    if len(kernel) != 2 or kernel[0] == network.shapes()[flatten][2]:
        return None
    for side in SIDES:
        if network.shapes(side, side)[flatten][2] == kernel[0]:
            return side
    return None
