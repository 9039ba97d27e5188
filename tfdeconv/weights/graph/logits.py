"""Outputs without the softmax or sigmoid that makes probabilities of them.

Those are flat where a class is sure, and would send next to nothing back.
"""

from __future__ import annotations

from dataclasses import replace

from ...network.base import Node
from ...network.classes import SQUASHES, squash_of
from ...network.layers import Identity
from .builder import NodeBuilder


def nodes_to_logits(builder: NodeBuilder) -> tuple[tuple[Node, ...], dict[str, str]]:
    """The nodes without the softmax or sigmoid of an output, and which outputs had which.

    A dense layer with a softmax is `d/logits` and `d`: the first takes the name of both. A layer
    with a sigmoid loses it; a softmax or sigmoid that is a layer becomes an Identity. Those that
    other layers read stay.
    """
    nodes = dict(builder.nodes)
    squashes: dict[str, str] = {}
    for node in builder.nodes.values():
        squash = squash_of(node.layer)
        if not squash or node.name in builder.read:
            continue
        logits = f"{node.name}/logits"
        if node.inputs == (logits,):
            nodes[node.name] = replace(nodes.pop(logits), name=node.name)
            builder.parameters[node.name] = builder.parameters.pop(logits)
        elif node.layer in SQUASHES:
            nodes[node.name] = replace(node, layer=Identity())
        else:
            layer = replace(node.layer, activation=None)  # type: ignore[call-arg]
            nodes[node.name] = replace(node, layer=layer)
        squashes[node.name] = squash
    return tuple(nodes.values()), squashes
