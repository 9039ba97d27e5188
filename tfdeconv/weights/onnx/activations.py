"""Functions of each value, and those along the channels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ...network.layers import RELU, Activation, LogSoftmax, Softmax
from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Operation
from .node import Node

# what old exporters write for no limit at all: the largest float32, and float64
NO_LIMIT = 3.4e38
# Klambauer et al. 2017, in ONNX's digits
SELU = 1.6732632423543772, 1.0507009873554805


def plain(activation: Activation, function: str = "") -> Callable[[Node], Kind]:
    """A function without attributes; function: the same of constants (kinds.Function)."""
    return lambda node: kinds.Function(activation, function)


def leaky_relu(node: Node) -> Kind:
    return kinds.Function(replace(RELU, slope=node.number("alpha", 0.01)))


def thresholded_relu(node: Node) -> Kind:
    return kinds.Function(replace(RELU, threshold=node.number("alpha", 1.0)))


def learned_slope(node: Node) -> Kind:
    """Its slopes are repeated as numpy does, along the axes that they have."""
    return kinds.LearnedSlope()


def with_constant(kind: str, name: str = "alpha", usual: float = 1.0) -> Callable[[Node], Kind]:
    """A function with one number, an attribute of that name."""
    return lambda node: kinds.Function(Activation(kind, constant=node.number(name, usual)))


def selu(node: Node) -> Kind:
    alpha, gamma = node.number("alpha", SELU[0]), node.number("gamma", SELU[1])
    for given, usual in zip((alpha, gamma), SELU):
        # as float32 has it
        if not math.isclose(given, usual, rel_tol=1e-6):
            raise NotUnderstood(
                f"its alpha and gamma are {alpha:g} and {gamma:g}, which are not understood"
            )
    return kinds.Function(Activation("selu"))


def hard_sigmoid(node: Node) -> Kind:
    slope, offset = node.number("alpha", 0.2), node.number("beta", 0.5)
    # torch's sixth, in float32
    if math.isclose(slope, 1 / 6, rel_tol=1e-6) and offset == 0.5:
        return kinds.Function(Activation("hard_sigmoid"))
    return kinds.Function(Activation("hard_sigmoid", constant=slope, offset=offset))


def gelu(node: Node) -> Kind:
    match node.word("approximate", "none"):
        case "none":
            return kinds.Function(Activation("gelu"))
        case "tanh":
            return kinds.Function(Activation("gelu_tanh"))
    raise NotUnderstood(
        f"its approximate is {node.word('approximate', '')[:40]}, which is not understood"
    )


def swish(node: Node) -> Kind:
    node.require("alpha", 1.0)
    return kinds.Function(Activation("silu"))


def shrink(node: Node) -> Kind:
    """0 from -lambd to lambd; beyond it x nearer to 0 by the bias."""
    width, bias = node.number("lambd", 0.5), node.number("bias", 0.0)
    if bias not in (0, width):
        raise NotUnderstood(
            f"its lambd and bias are {width:g} and {bias:g}, which are not understood"
        )
    kind = "soft_shrink" if bias else "hard_shrink"
    return kinds.Function(Activation(kind, constant=width))


def clip(node: Node) -> Kind | list[Operation]:
    """Between limits that are attributes, or, in later versions, inputs."""
    if node.version < 11:
        return clipped(node.number("min", -NO_LIMIT), node.number("max", NO_LIMIT))
    limits = []
    for position in (1, 2):
        numbers = node.few_numbers(position)
        if node.input(position) and (numbers is None or numbers.size != 1):
            return limited(node)
        if numbers is None:
            limits.append(-NO_LIMIT if position == 1 else NO_LIMIT)
        else:
            limits.append(float(np.ravel(numbers)[0]))
    return clipped(*limits)


def clipped(low: float, high: float) -> Kind:
    floor = low if low > -NO_LIMIT else None
    ceiling = high if high < NO_LIMIT else None
    if floor is None and ceiling is None:
        return kinds.Idle()
    if floor == 0 and (ceiling is None or ceiling > 0):
        return kinds.Function(replace(RELU, ceiling=ceiling))
    return kinds.Function(Activation("clip", floor=floor, ceiling=ceiling))


def limited(node: Node) -> list[Operation]:
    """Between limits that are worked out from others."""
    x, low, high = node.input(0), node.input(1), node.input(2)
    if not low:
        return [node.operation_of(kinds.Elementwise("minimum"), [x, high])]
    if not high:
        return [node.operation_of(kinds.Elementwise("maximum"), [x, low])]
    between = f"{node.name}/1"
    return [
        node.operation_of(kinds.Elementwise("maximum"), [x, low], [between], "/1"),
        node.operation_of(kinds.Elementwise("minimum"), [between, high]),
    ]


def softmax(node: Node) -> Kind | list[Operation]:
    return along_axis(node, Softmax())


def log_softmax(node: Node) -> Kind | list[Operation]:
    return along_axis(node, LogSoftmax())


def along_axis(node: Node, layer: Softmax | LogSoftmax) -> Kind | list[Operation]:
    """Along one axis; before version 13 along it and all behind it, together."""
    if node.version >= 13:
        return kinds.AlongChannels(layer, node.whole("axis", -1))
    axis = node.whole("axis", 1)
    lengths = node.known_lengths(0)
    if axis == -1 or (lengths is not None and axis == len(lengths) - 1):
        return kinds.AlongChannels(layer, axis)
    shape, flat, values = (f"{node.name}/{part}" for part in ("shape", "flat", "values"))
    return [
        node.operation_of(kinds.ShapeOf(), None, [shape], "/shape"),
        node.operation_of(kinds.Flattened(axis, two=True), None, [flat], "/flat"),
        node.operation_of(kinds.AlongChannels(layer, 1), [flat], [values]),
        node.operation_of(kinds.Reshape(), [values, shape], None, "/reshaped"),
    ]
