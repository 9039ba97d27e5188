"""Functions of each value and along the channels, norms, and several tensors value by value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import get_args

from ...network.layers import RELU, Activation, LogSoftmax, Softmax
from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.kinds.values import Arithmetic
from ..graph.operation import Operation
from .kernels import CHANNEL_AXIS, activated
from .node import Node

# the least length of a vector that L2_NORMALIZATION divides by
LEAST_LENGTH = 1e-6


def plain(activation: Activation, function: str = "") -> Callable[[Node], Kind]:
    """A function without options; function: the same of constants (kinds.Function)."""
    return lambda node: kinds.Function(activation, function)


def leaky_relu(node: Node) -> Kind:
    return kinds.Function(replace(RELU, slope=node.number("alpha")))


def learned_slope(node: Node) -> Kind:
    """Its slopes are repeated as numpy does, along the axes that they have."""
    return kinds.LearnedSlope()


def gelu(node: Node) -> Kind:
    kind = "gelu_tanh" if node.option("approximate", False) else "gelu"
    return kinds.Function(Activation(kind))


def softmax(node: Node) -> Kind:
    node.require("beta", 1.0)
    return kinds.AlongChannels(Softmax(), -1)


def log_softmax(node: Node) -> Kind:
    return kinds.AlongChannels(LogSoftmax(), -1)


def unit_length(node: Node) -> list[Operation]:
    return activated(node, kinds.UnitNormalization(-1, LEAST_LENGTH**2))


def local_response(node: Node) -> Kind:
    return kinds.LocalResponse(
        CHANNEL_AXIS,
        2 * node.option("radius") + 1,
        k=node.number("bias"),
        alpha=node.number("alpha"),
        beta=node.number("beta"),
    )


def elementwise(operation: Arithmetic) -> Callable[[Node], Sequence[Operation]]:
    assert operation in get_args(Arithmetic)

    def operations(node: Node) -> Sequence[Operation]:
        # of integers
        node.skip("pot_scale_int16")
        return activated(node, kinds.Elementwise(operation))

    return operations


def squared_difference(node: Node) -> list[Operation]:
    square = kinds.Function(Activation("square"), "square")
    return node.chain(kinds.Elementwise("subtract"), square)


def power(node: Node) -> Kind:
    return kinds.Power()
