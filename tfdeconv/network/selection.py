"""Which layers are looked at where nobody names any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .graph import INPUT, Network, Node
from .layers import Activation, Add, Conv, Dense, DepthwiseConv


def default_layers(network: Network, held: Mapping[str, Any]) -> list[str]:
    """The layers that `all` stands for, as far as the weights held reach: convolutions, block outputs and dense layers.

    A block's output is the activation behind a sum, and the sum itself where there is none.
    """
    needed, within, found = network.parameters(), {INPUT}, []
    kinds = {node.name: type(node.layer) for node in network.nodes}
    activated = {node.inputs[0] for node in network.nodes if isinstance(node.layer, Activation)}
    for node in network.nodes:
        if within.issuperset(node.inputs) and (node.name not in needed or node.name in held):
            within.add(node.name)
            output = (
                kinds.get(node.inputs[0]) is Add
                if isinstance(node.layer, Activation)
                else (isinstance(node.layer, Add) and node.name not in activated)
            )
            if output or isinstance(node.layer, Conv | DepthwiseConv | Dense):
                found.append(node.name)
    return found


def available_layers(network: Network, weights: Mapping[str, Any]) -> list[Node]:
    """The layers that can be had with these weights."""
    needed, there = network.parameters(), {INPUT}
    for node in network.nodes:
        if there.issuperset(node.inputs) and (node.name not in needed or node.name in weights):
            there.add(node.name)
    return [node for node in network.nodes if node.name in there]
