"""Where all of a network passes through one map, and the part of it behind such a map."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from .base import INPUT, Merge, Node
from .graph import Network
from .layers import (
    LRN,
    RELU,
    Activation,
    Add,
    Affine,
    AvgPool,
    BatchNorm,
    BorderPad,
    Channels,
    Concatenate,
    Conv,
    ConvTranspose,
    Dense,
    DepthToSpace,
    DepthwiseConv,
    Divide,
    Flatten,
    GlobalAvgPool,
    GlobalPool,
    Identity,
    MaxPool,
    Multiply,
    PReLU,
    Resize,
    ShuffleChannels,
    SpaceToDepth,
    ZeroPad,
)
from .selection import KERNELS

# layers whose channels are the same features as those of their inputs, one behind the other
SAME_FEATURES = (
    *(BatchNorm, Affine, Activation, PReLU, LRN, Identity),
    *(MaxPool, AvgPool, GlobalPool, ZeroPad, BorderPad, Resize, Concatenate),
)
# Kernels between a layer and what it is said to be made of. A residual block has at most six; the
# features of one much further below say little of it, and take as long as a projection to pixels.
FARTHEST = 8
# layers that are linear on each of the pieces that their input's values are cut into, and
LINEAR = (
    *(Conv, ConvTranspose, DepthwiseConv, Dense, BatchNorm, Affine, PReLU, MaxPool, AvgPool),
    *(GlobalPool, Merge, Concatenate, Channels, ShuffleChannels, DepthToSpace, SpaceToDepth),
    *(Flatten, Identity, ZeroPad, BorderPad, Resize),
)
# those that are linear altogether, where they have no activation
ALWAYS_LINEAR = (
    *(Conv, ConvTranspose, DepthwiseConv, Dense, BatchNorm, Affine, AvgPool, GlobalAvgPool),
    *(Add, Concatenate, Channels, Flatten, Identity, ZeroPad),
)
# merges that are not
PRODUCTS = (Multiply, Divide)
# activations that are
LINEAR_FUNCTIONS = (
    *("relu", "clip", "abs", "negative"),
    *("hard_sigmoid", "hard_shrink", "soft_shrink"),
)


class MapBefore(NamedTuple):
    """A map through which all goes that reaches a later layer, and whose features it has."""

    name: str
    # whose channels it has, in order: one, or several that are concatenated
    layers: tuple[str, ...]


def map_before(network: Network, target: str, layers: Collection[str]) -> MapBefore | None:
    """The last map before the target that all passes through and that has these layers' features.

    It is behind what leaves the features as they are: norms, activations, pools. So of a
    convolution behind an Inception module it is the module's concatenation, and of one within it
    the convolution before. None where there is none, or more than FARTHEST kernels are in between.
    """
    nodes = network.up_to(target)
    passages = _passages(nodes)
    kernels = 0
    before = None
    known: dict[str, tuple[str, ...]] = {}
    for node in nodes[:-1]:
        kernels += isinstance(node.layer, KERNELS)
        origins = (node.name,) if node.name in layers else _origins(node, known)
        if origins:
            known[node.name] = origins
        if node.name in passages and origins:
            before = MapBefore(node.name, origins)
            kernels = 0
    return before if kernels <= FARTHEST else None


def cut_before(network: Network, target: str, layer: str) -> str:
    """The last map, at or before a layer, through which all goes that reaches the target.

    INPUT where there is none. target, layer: by their own names.

    >>> from .graph import Builder
    >>> net = Builder("block", (8, 8, 3))
    >>> entry, branch = net.add("entry", Conv(4, 3)), net.add("branch", Conv(4, 3, pad=1))
    >>> out, target = net.add("out", Add(), entry, branch), net.add("target", Conv(2, 3))
    >>> [cut_before(net.network(), target, layer) for layer in (entry, branch, out)]
    ['entry', 'entry', 'out']
    """
    nodes = network.up_to(target)
    passages = _passages(nodes)
    cut = INPUT
    for node in nodes:
        if node.name in passages:
            cut = node.name
        if node.name == layer:
            break
    return cut


def _passages(nodes: Sequence[Node]) -> set[str]:
    """The maps through which all goes that reaches the last of the nodes."""
    last_readers = {name: i for i, node in enumerate(nodes) for name in node.inputs}
    furthest = last_readers[INPUT]
    passages: set[str] = set()
    for i, node in enumerate(nodes[:-1]):
        # nothing that reads an earlier map comes later
        if furthest <= i:
            passages.add(node.name)
        furthest = max(furthest, last_readers[node.name])
    return passages


def _origins(node: Node, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Whose features a node's map has, if it has its inputs'; none where they are others."""
    if not isinstance(node.layer, SAME_FEATURES) or not known.keys() >= set(node.inputs):
        return ()
    return tuple(layer for name in node.inputs for layer in known[name])


def part_behind(network: Network, before: str, target: str) -> Network:
    """The network from the map of a layer, which is its input, to the target.

    before: a layer through which all goes that reaches the target; see map_before().
    """
    nodes = network.up_to(target)
    names = [node.name for node in nodes]
    renamed = []
    for node in nodes[names.index(before) + 1 :]:
        inputs = tuple(INPUT if name == before else name for name in node.inputs)
        renamed.append(replace(node, inputs=inputs))
    return Network(network.name, network.shapes()[before], tuple(renamed))


def without_rectifier(network: Network) -> Network:
    """The network without the ReLU of its last layer, or as it is where that has none."""
    *nodes, last = network.nodes
    if getattr(last.layer, "activation", None) != RELU:
        return network
    layer = replace(last.layer, activation=None)  # type: ignore
    return replace(network, nodes=(*nodes, replace(last, layer=layer)))


def is_linear(network: Network) -> bool:
    """Whether the output is a sum of the input's values, times the same numbers in all images."""
    for node in network.nodes:
        if not isinstance(node.layer, ALWAYS_LINEAR) or getattr(node.layer, "activation", None):
            return False
    return True


def is_piecewise_linear(network: Network) -> bool:
    """Whether each value is a sum of the input's, each times its derivative, and of constants.

    So it is with rectifiers, pools, norms with constant statistics, sums and concatenations; not
    with smooth functions, products, or norms whose statistics are the map's own.
    """
    for node in network.nodes:
        layer = node.layer
        activation = layer if isinstance(layer, Activation) else getattr(layer, "activation", None)
        if activation is not None and activation.kind not in LINEAR_FUNCTIONS:
            return False
        if isinstance(layer, PRODUCTS) or not isinstance(layer, (*LINEAR, Activation)):
            return False
    return True
