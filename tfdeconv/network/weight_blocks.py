"""The layers with weights up to a target, in blocks that are made random together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .base import INPUT, Node
from .graph import Network
from .selection import KERNELS

# how layers make blocks
BLOCK, LAYER = "block", "layer"
DIVISIONS = (BLOCK, LAYER)


@dataclass(frozen=True)
class WeightBlock:
    """Layers of a network that have parameters, at least one of them a kernel."""

    name: str
    layers: tuple[str, ...]


def weight_blocks(network: Network, target: str, division: str = BLOCK) -> list[WeightBlock]:
    """The blocks that the target needs, from the image up.

    "block": what lies between two maps through which all goes, as a residual block, an Inception
    module, or a convolution that has neither beside it. "layer": each kernel by itself. What has
    parameters and no kernel, as a norm, goes with the kernel before it; what stands before the
    first kernel only prepares the pixels, and is in no block.

    >>> from tfdeconv.zoo import NETWORKS
    >>> [block.name for block in weight_blocks(NETWORKS["vgg16"](), "block2_conv1")]
    ['block1_conv1', 'block1_conv2', 'block2_conv1']
    """
    nodes = network.up_to(target)
    parts = [[node] for node in nodes]
    if division == BLOCK:
        parts = between_cuts(nodes)
    blocks: list[WeightBlock] = []
    for part in parts:
        layers = tuple(node.name for node in part if node.name in network.parameter_shapes)
        kernels = [node.name for node in part if isinstance(node.layer, KERNELS)]
        if kernels:
            name = kernels[0]
            if len(kernels) > 1:
                # of a sum the activation behind it, as blocks are called elsewhere
                name = network.sum_outputs().get(part[-1].name, [part[-1].name])[-1]
            blocks.append(WeightBlock(name, layers))
        elif layers and blocks:
            before = blocks[-1]
            blocks[-1] = WeightBlock(before.name, before.layers + layers)
    return blocks


def between_cuts(nodes: Sequence[Node]) -> list[list[Node]]:
    """The nodes in parts, each of which hands one map alone to those behind it."""
    last_readers = {name: i for i, node in enumerate(nodes) for name in node.inputs}
    furthest = last_readers[INPUT]
    parts: list[list[Node]] = [[]]
    for i, node in enumerate(nodes):
        parts[-1].append(node)
        # nothing that reads an earlier map comes later
        if furthest <= i < len(nodes) - 1:
            parts.append([])
        furthest = max(furthest, last_readers.get(node.name, i))
    return parts
