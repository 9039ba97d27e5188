"""Functions of each value, and those along the channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ....network.base import Layer
from ....network.layers import RELU, Activation
from ...graph import kinds
from ...graph.kinds import Kind
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Operation
from .node import ONE, Node


def plain(activation: Activation, function: str = "") -> Callable[[Node], Kind]:
    """A function without attributes; function: the same of constants (kinds.Function)."""
    return lambda node: kinds.Function(activation, function)


def leaky_relu(node: Node) -> Kind:
    return kinds.Function(replace(RELU, slope=node.number("alpha", 0.2)))


def along_channels(layer: Layer) -> Callable[[Node], Kind]:
    """Along the last axis."""
    return lambda node: kinds.AlongChannels(layer, -1)


def clip(node: Node) -> list[Operation]:
    """Between limits."""
    x, low, high = node.take(3)
    between = node.part("floor")
    return [
        node.operation_of(kinds.Elementwise("maximum"), (x, low), between),
        node.operation_of(kinds.Elementwise("minimum"), (between, high)),
    ]


def exponential_less_one(node: Node) -> list[Operation]:
    """exp(x) - 1."""
    exponential = node.part("exp")
    kind = kinds.Function(Activation("exponential"), "exp")
    return [
        node.operation_of(kind, output=exponential),
        node.operation_of(kinds.Elementwise("subtract"), (exponential, ONE)),
    ]


def logarithm_of_one_more(node: Node) -> list[Operation]:
    """log(1 + x)."""
    more = node.part("more")
    return [
        node.operation_of(kinds.Elementwise("add"), (*node.inputs, ONE), more),
        node.operation_of(kinds.Function(Activation("log"), "log"), (more,)),
    ]


def complementary_error(node: Node) -> list[Operation]:
    """1 - erf(x)."""
    error = node.part("erf")
    return [
        node.operation_of(kinds.Function(Activation("erf")), output=error),
        node.operation_of(kinds.Elementwise("subtract"), (ONE, error)),
    ]


def squared_difference(node: Node) -> list[Operation]:
    return node.chain(kinds.Elementwise("subtract"), kinds.Function(Activation("square"), "square"))


def power(node: Node) -> Kind:
    exponent = node.constant(1)
    if exponent is not None and not np.isfinite(exponent).all():
        raise NotUnderstood("its exponent is not a number")
    return kinds.Power()
