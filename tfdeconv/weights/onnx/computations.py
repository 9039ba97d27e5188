"""Shapes, types and numbers that are worked out before any image is there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...formats.onnx.schema import DATA_FIELDS, element_type
from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.kinds.values import Arithmetic
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Operation
from .node import Node


def elementwise(operation: Arithmetic) -> Callable[[Node], Kind]:
    """Of two tensors, or of any number of them; one alone stays as it is."""

    def kind_of(node: Node) -> Kind:
        if len(node.inputs) == 1:
            return kinds.Idle()
        return kinds.Elementwise(operation)

    return kind_of


def power(node: Node) -> Kind:
    return kinds.Power()


def computed(function: str) -> Callable[[Node], Kind]:
    """Of constants alone: a function of constant_arithmetic.py."""
    return lambda node: kinds.Computation(function)


def remainder(node: Node) -> Kind:
    # the sign of what comes out, which positive numbers do not show
    if node.flag("fmod"):
        raise NotUnderstood("its fmod is 1")
    return kinds.Computation("mod")


def shape(node: Node) -> Kind:
    stop = node.whole("end", 0) if node.has("end") else None
    return kinds.ShapeOf(node.whole("start", 0), stop)


def choice(node: Node) -> list[Operation]:
    """Of the outputs of two branches, which are inputs here (formats/onnx/functions.py)."""
    condition, *values = node.inputs
    outputs = node.operation.outputs
    if len(values) != 2 * len(outputs):
        raise NotUnderstood("it chooses between graphs that are not read")
    pairs = zip(values, values[len(outputs) :], outputs)
    made = []
    for number, (one, other, output) in enumerate(pairs):
        suffix = f"/{number}" if number else ""
        made.append(node.operation_of(kinds.Choice(), [condition, one, other], [output], suffix))
    return made


def size(node: Node) -> list[Operation]:
    return node.chain(kinds.ShapeOf(), kinds.Computation("product"))


def cast(node: Node) -> Kind:
    dtype = element_type(node.required("to"))
    # how numbers of 8 bits are rounded
    node.skip("saturate", "round_mode")
    if dtype not in DATA_FIELDS:
        raise NotUnderstood(f"it converts its input to {dtype}")
    return kinds.Cast(dtype)


def filled(node: Node) -> Kind:
    """A tensor of one value, 0 where none is said."""
    tensor = node.tensor("value")
    value = np.float32(0)
    if tensor is not None:
        if np.prod(tensor.shape) != 1:
            raise NotUnderstood(
                f"its value has the shape {list(tensor.shape)}, expected one number"
            )
        value = tensor.read().ravel()[0]
    return kinds.Computation("fill", (value,))
