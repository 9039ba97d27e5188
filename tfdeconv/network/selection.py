"""Which layers are looked at where the user names none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UserError
from .base import INPUT, Node
from .graph import Network
from .layers import Conv, ConvTranspose, Dense, DepthwiseConv

# the classes of layers with a kernel
KERNELS = (Conv, ConvTranspose, DepthwiseConv, Dense)

# reasons and layers that an error lists
SHOWN = 4


def available_layers(network: Network, weights: Mapping[str, Any]) -> list[Node]:
    """The layers that these weights reach: each has its parameters, and so has all it needs."""
    needed = network.parameters()
    nodes: list[Node] = []
    reached = {INPUT}
    for node in network.nodes:
        has_parameters = node.name not in needed or node.name in weights
        if has_parameters and reached.issuperset(node.inputs):
            reached.add(node.name)
            nodes.append(node)
    return nodes


def default_layers(network: Network, weights: Mapping[str, Any]) -> list[str]:
    """The layers that `all` stands for: convolutions, outputs of sums and dense layers.

    Only those that the weights reach. Every residual block's output (Network.residuals) is that of
    a sum; sums of three inputs, or of an input repeated over the map, are here but are no blocks.
    """
    outputs: set[str] = set()
    for layers in network.sum_outputs().values():
        outputs.update(layers)
    names = []
    for node in available_layers(network, weights):
        if node.name in outputs or isinstance(node.layer, KERNELS):
            names.append(node.name)
    return names


def in_network_order(network: Network, layers: Sequence[str]) -> tuple[str, ...]:
    """Layers by the network's own names, each once; raises UserError for one that it lacks."""
    names = {network.node(layer).name for layer in layers}
    return tuple(node.name for node in network.nodes if node.name in names)


def behind_kernels(network: Network) -> list[str]:
    """The layers that have a kernel, or read directly or not from one that has.

    Before the first are those that only prepare the pixels: what fires there is no feature.
    """
    reached: set[str] = set()
    names: list[str] = []
    for node in network.nodes:
        if isinstance(node.layer, KERNELS) or not reached.isdisjoint(node.inputs):
            reached.add(node.name)
            names.append(node.name)
    return names


def last_map(network: Network, layers: Sequence[str]) -> str:
    """Of some layers the last of which the map has several rows and columns, or the last.

    Only those count that have a kernel or are behind one. Raises UserError where none does.
    """
    shapes = network.shapes()
    candidates = [layer for layer in behind_kernels(network) if layer in layers]
    for layer in reversed(candidates):
        if layer not in network.vectors and min(shapes[layer][:2]) > 1:
            return layer
    if candidates:
        return candidates[-1]
    stopped = f" ({network.part})" if network.part else ""
    raise UserError(
        f"{network.name} has no default layer: there is no convolution or dense layer in "
        f"it{stopped}; choose a layer with -l: {', '.join(list(layers)[:SHOWN])}"
    )


def nothing_to_scan(network: Network, weights: str) -> UserError:
    """The error for a network of which no layer that `all` stands for can be had."""
    reasons = [f"{layer}: {reason}" for layer, reason in network.missing.items()]
    why = "; ".join(reasons[:SHOWN]) or "it has none"
    return UserError(
        f"{weights}: no convolution, block output or dense layer is available ({why}); "
        f"name layers to scan with --layers: {', '.join(list(network.shapes())[:SHOWN])}"
    )
