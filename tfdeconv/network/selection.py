"""Which layers are looked at where the user names none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UserError, unknown
from .base import INPUT, Node
from .classes import last_class_layer
from .graph import Network
from .layers import (
    Activation,
    Affine,
    BatchNorm,
    Conv,
    ConvTranspose,
    Dense,
    DepthwiseConv,
    Flatten,
    Identity,
    PReLU,
)

# the classes of layers with a kernel
KERNELS = (Conv, ConvTranspose, DepthwiseConv, Dense)
# what stands between a kernel and the values that the next one reads
NORMS_AND_RECTIFIERS = (BatchNorm, Affine, Activation, PReLU)

# reasons and layers that an error lists
SHOWN = 4
# layers that an error offers: those nearest to the target are what is mostly meant
NEAREST = 8


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
    raise no_kernel(network, list(layers))


def no_kernel(network: Network, layers: Sequence[str]) -> UserError:
    """The error for a network that has no layer to be taken where the user names none."""
    stopped = f" ({network.part})" if network.part else ""
    return UserError(
        f"{network.name} has no default layer: there is no convolution or dense layer in "
        f"it{stopped}; choose a layer with -l: {', '.join(layers[:SHOWN])}"
    )


def first_and_last(network: Network, weights: Mapping[str, Any]) -> tuple[str, ...]:
    """The first layer that these weights reach, and the last before the classes.

    As layers 1 and 7 of Zeiler & Fergus's eight: the first kernel's, behind its norm and rectifier,
    and what the logits are made of, or the last there is. One where they are the same. Raises
    UserError where no layer with a kernel is reached.
    """
    reached = [node.name for node in available_layers(network, weights)]
    candidates = [layer for layer in behind_kernels(network) if layer in reached]
    if not candidates:
        raise no_kernel(network, reached)
    first = candidates[0]
    while follower := only_reader(network, first):
        if follower not in reached or not isinstance(
            network.node(follower).layer, NORMS_AND_RECTIFIERS
        ):
            break
        first = follower
    last = candidates[-1]
    head = last_class_layer(network)
    if head in candidates:
        before = without_reshapes(network, network.node(head).inputs[0])
        last = before if before in candidates else head
    return tuple(dict.fromkeys([first, without_reshapes(network, last)]))


def only_reader(network: Network, layer: str) -> str:
    """The layer that alone reads another one; "" where there are several or none."""
    readers = [node.name for node in network.nodes if layer in node.inputs]
    return readers[0] if len(readers) == 1 else ""


def without_reshapes(network: Network, layer: str) -> str:
    """The layer whose values another one has, perhaps in another shape."""
    while layer in network.by_name and isinstance(network.node(layer).layer, Identity | Flatten):
        layer = network.node(layer).inputs[0]
    return layer


def nothing_to_scan(network: Network, weights: str) -> UserError:
    """The error for a network of which no layer that `all` stands for can be had."""
    reasons = [f"{layer}: {reason}" for layer, reason in network.missing.items()]
    why = "; ".join(reasons[:SHOWN]) or "it has none"
    return UserError(
        f"{weights}: no convolution, block output or dense layer is available ({why}); "
        f"name layers to scan with --layers: {', '.join(list(network.shapes())[:SHOWN])}"
    )


def inner_map(network: Network, target: str, layer: str) -> str:
    """The own name of a layer below the target whose map has several cells; UserError otherwise."""
    target = network.node(target).name
    shapes = network.shapes()
    below = [node.name for node in reversed(network.up_to(target)[:-1])]
    maps = [each for each in below if shapes[each][:2] != (1, 1)]
    beginning = f"there is no Grad-CAM of {network.name}'s {target} at"
    others = (network.by_name, network.aliases, network.folded, network.missing)
    if not any(layer in names for names in others):
        raise unknown(beginning, layer, maps)
    name = network.node(layer).name
    if name in maps:
        return name
    why = f"{target} does not depend on it"
    if name == target:
        why = "that is the target itself"
    elif name in below:
        why = "its map is a single cell, which has no place in the image"
    there = f"these layers below {target} would do: {', '.join(maps[:NEAREST])}"
    if len(maps) > NEAREST:
        there += f", ... ({len(maps) - NEAREST} more)"
    if not maps:
        there = f"take a later target: there is no map below {target}"
    raise UserError(f"{beginning} {name}: {why}; {there}")
