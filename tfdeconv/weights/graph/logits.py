"""Outputs without the softmax or sigmoid that makes probabilities of them.

Those are flat where a class is sure, and would send next to nothing back.
"""

from __future__ import annotations

from dataclasses import replace

from ...network.base import Layer, Node
from ...network.layers import Activation, Identity, LogSoftmax, Softmax
from .builder import NodeBuilder

# what makes probabilities of values
SQUASHES: dict[Layer | None, str] = {
    Softmax(): "softmax",
    LogSoftmax(): "log_softmax",
    Activation("sigmoid"): "sigmoid",
}


def nodes_to_logits(builder: NodeBuilder) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """The nodes without the softmax or sigmoid of an output, and of which the values are logits.

    A dense layer with a softmax is `d/logits` and `d`: the first takes the name of both. A layer
    with a sigmoid loses it; a softmax or sigmoid that is a layer becomes an Identity. Those that
    other layers read stay.
    """
    nodes = dict(builder.nodes)
    notes: list[str] = []
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
        notes.append(f"{node.name}: its values are logits, those before its {squash}")
    return tuple(nodes.values()), tuple(notes)


def squash_of(layer: Layer) -> str:
    """What makes probabilities of a layer's values, softmax or sigmoid; "" where nothing does."""
    return SQUASHES.get(layer) or SQUASHES.get(getattr(layer, "activation", None), "")
