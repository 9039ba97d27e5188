"""Operations of several tensors, value by value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....formats.graph_def.tensors import TYPES
from ...graph import kinds
from ...graph.kinds import Kind
from ...graph.kinds.values import Arithmetic
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Operation
from .node import Node

NAMES = {name for name, _ in TYPES.values()}


def elementwise(operation: Arithmetic) -> Callable[[Node], Kind]:
    """Of two tensors, or of any number of them; one alone stays as it is."""

    def kind_of(node: Node) -> Kind:
        return kinds.Idle() if len(node.inputs) == 1 else kinds.Elementwise(operation)

    return kind_of


def bias(node: Node) -> Kind | list[Operation]:
    """A number for each channel, wherever these are."""
    if node.channel_axis() == 3:
        return kinds.Elementwise("add")
    x, values = node.take(2)
    aligned = node.part("bias")
    return [
        node.operation_of(kinds.Reshape((-1, 1, 1)), (values,), aligned),
        node.operation_of(kinds.Elementwise("add"), (x, aligned)),
    ]


def computed(function: str) -> Callable[[Node], Kind]:
    """Of constants and shapes alone: a function of constant_arithmetic.py."""

    def kind_of(node: Node) -> Kind:
        node.skip("incompatible_shape_error")
        return kinds.Computation(function)

    return kind_of


def cast(node: Node) -> Kind:
    node.skip("Truncate")
    dtype = node.dtype("DstT")
    if dtype not in NAMES:
        raise NotUnderstood(f"it converts its input to {dtype}")
    return kinds.Cast(np.dtype("float32").name if dtype == "bfloat16" else dtype)
