"""Where all of a network passes through one map, and the part of it behind such a map."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from .base import INPUT, Merge, Node
from .graph import Network
from .layers import (
    Activation,
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

# layers behind which a channel is the same feature as before
SAME_FEATURES = (BatchNorm, Affine, Activation, PReLU, Identity)
# layers that are linear on each of the pieces that their input's values are cut into, and
LINEAR = (
    *(Conv, ConvTranspose, DepthwiseConv, Dense, BatchNorm, Affine, PReLU, MaxPool, AvgPool),
    *(GlobalPool, Merge, Concatenate, Channels, ShuffleChannels, DepthToSpace, SpaceToDepth),
    *(Flatten, Identity, ZeroPad, BorderPad, Resize),
)
# merges that are not
PRODUCTS = (Multiply, Divide)
# activations that are
LINEAR_FUNCTIONS = (
    *("relu", "clip", "abs", "negative"),
    *("hard_sigmoid", "hard_shrink", "soft_shrink"),
)


def layer_before(network: Network, target: str, layers: Collection[str]) -> str | None:
    """The last of these layers through which all goes that reaches the target; None: there is none.

    A layer whose outputs another path goes around is none: of DenseNet's and Inception's branches
    it is the layer before they part.
    """
    nodes = network.up_to(target)
    last_readers = _last_readers(nodes)
    furthest = last_readers[INPUT]
    before = None
    for i, node in enumerate(nodes[:-1]):
        # nothing that reads an earlier map comes later
        if furthest <= i and node.name in layers:
            before = node.name
        furthest = max(furthest, last_readers[node.name])
    return before


def end_of_features(network: Network, layer: str, target: str) -> str:
    """The layer behind which a layer's features go on to others, on their way to the target.

    That is the last of the norm and the activation that follow it and that alone read it, or the
    layer itself: what fires behind it are the same channels.
    """
    nodes = network.up_to(target)
    last = network.node(layer).name
    while True:
        readers = [node for node in nodes[:-1] if last in node.inputs]
        read_elsewhere = last in nodes[-1].inputs
        if len(readers) != 1 or read_elsewhere or not isinstance(readers[0].layer, SAME_FEATURES):
            return last
        last = readers[0].name


def part_behind(network: Network, before: str, target: str) -> Network:
    """The network from the map of a layer, which is its input, to the target.

    before: a layer through which all goes that reaches the target; see layer_before().
    """
    nodes = network.up_to(target)
    names = [node.name for node in nodes]
    renamed = []
    for node in nodes[names.index(before) + 1 :]:
        inputs = tuple(INPUT if name == before else name for name in node.inputs)
        renamed.append(replace(node, inputs=inputs))
    return Network(network.name, network.shapes()[before], tuple(renamed))


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


def _last_readers(nodes: Sequence[Node]) -> dict[str, int]:
    """The place of the last node that reads each map."""
    return {name: i for i, node in enumerate(nodes) for name in node.inputs}
