"""A network that ends before its target's own rectifier."""

from __future__ import annotations

from dataclasses import replace

from .base import INPUT
from .graph import Network
from .layers import Activation


def before_rectifier(network: Network, target: str) -> Network:
    """The network up to the target, without the rectifier that the target is or ends with.

    Its last layer has the target's channels and places. What is no rectifier stays.
    """
    nodes = network.up_to(target)
    last = nodes[-1]
    if rectifies(last.layer) and last.inputs[0] != INPUT:
        return before_rectifier(network, last.inputs[0])
    if rectifies(getattr(last.layer, "activation", None)):
        last = replace(last, layer=replace(last.layer, activation=None))  # type: ignore
    return replace(network, nodes=(*nodes[:-1], last))


def rectifies(layer: object) -> bool:
    """Whether a layer or an activation is a ReLU, what stands in its place, or clips."""
    return isinstance(layer, Activation) and (layer.stands_for_relu or layer.kind == "clip")
