"""Local response normalisation that is written out, as one layer.

    x / (k + alpha * mean of squares over `depth` channels around) ** beta

The mean is a sum with weights over the channels (channel_sums.py): convolutions of 1 x 1, by whose
values it is recognised. Krizhevsky et al. 2012, section 3.3
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numpy as np

from ...network.base import Node
from ...network.layers import LRN, Activation, Affine, Conv, Divide, Multiply
from .builder import NodeBuilder

# powers that have a name of their own
POWERS = {"sqrt": 0.5, "square": 2.0}


def join_local_responses(builder: NodeBuilder, outputs: Collection[str]) -> dict[str, str]:
    """Puts a layer in the place of each; returns {a node that is gone: the layer}."""
    readers: Counter[str] = Counter()
    for node in builder.nodes.values():
        readers.update(set(node.inputs))
    heirs: dict[str, str] = {}
    for node in list(builder.nodes.values()):
        if not isinstance(node.layer, Divide) or len(node.inputs) != 2:
            continue
        chain = chain_before(builder, node.inputs[1])
        if any(readers[inner.name] != 1 or inner.name in outputs for inner in chain):
            continue
        layer = local_response(builder, node.inputs[0], chain)
        if layer is None:
            continue
        builder.nodes[node.name] = Node(node.name, layer, node.inputs[:1])
        for inner in chain:
            del builder.nodes[inner.name]
            builder.parameters.pop(inner.name, None)
            heirs[inner.name] = node.name
    return heirs


def chain_before(builder: NodeBuilder, name: str) -> list[Node]:
    """The nodes that end there: a power, a scale and shift, sums over channels, the squares."""
    chain: list[Node] = []
    for kinds in ((Activation,), (Affine,), (Conv,), (Conv, Multiply, Activation)):
        node = builder.nodes.get(name)
        if node is None or not isinstance(node.layer, kinds):
            return []
        chain.append(node)
        name = node.inputs[0]
    if isinstance(chain[-1].layer, Conv) and name in builder.nodes:
        chain.append(builder.nodes[name])
    return chain


def local_response(builder: NodeBuilder, x: str, chain: list[Node]) -> LRN | None:
    if not chain:
        return None
    last, affine, *sums, squares = chain
    is_square = squares.layer == Activation("square") or isinstance(squares.layer, Multiply)
    if not is_square or set(squares.inputs) != {x} or len(squares.inputs) > 2:
        return None
    exponent = exponent_of(last.layer)
    parameters = builder.parameters.get(affine.name, {})
    if exponent is None or parameters.keys() != {"scale", "shift"}:
        return None
    scales = np.unique(parameters["scale"].read())
    shifts = np.unique(parameters["shift"].read())
    weights = weights_of(builder, sums)
    if scales.size != 1 or shifts.size != 1 or weights is None:
        return None
    alpha, k = float(scales[0]), float(shifts[0])
    if alpha <= 0 or k <= 0 or weights.max(initial=0.0) <= 0:
        return None
    depth = round(1 / float(weights.max()))
    for before in (depth // 2, (depth - 1) // 2):
        if np.allclose(weights, windows(len(weights), depth, before), rtol=1e-6, atol=0):
            own = None if before == depth // 2 else before
            return LRN(depth, k, alpha / depth, exponent, own)
    return None


def exponent_of(layer: object) -> float | None:
    if not isinstance(layer, Activation):
        return None
    return layer.constant if layer.kind == "power" else POWERS.get(layer.kind)


def weights_of(builder: NodeBuilder, sums: list[Node]) -> np.ndarray | None:
    """The weight of each channel in each sum, [c, c]; None where they are no such sums."""
    total = None
    for node in reversed(sums):
        layer = node.layer
        if not isinstance(layer, Conv) or layer != Conv(layer.filters, 1, bias=False):
            return None
        kernel = builder.parameters[node.name]["kernel"].read()[0, 0].astype(np.float64)
        total = kernel if total is None else total @ kernel
    if total is None or total.shape[0] != total.shape[1]:
        return None
    return total


def windows(channels: int, depth: int, before: int) -> np.ndarray:
    """Means of `depth` channels, the first of them `before` the own one; zeros are outside."""
    offsets = np.arange(channels)[:, None] - np.arange(channels)
    return ((offsets >= -before) & (offsets < depth - before)) / depth
