"""Shapes of tensors, as tensors."""

from __future__ import annotations

from ...graph import kinds
from ...graph.kinds import Kind
from ...graph.operation import Operation
from ..graphs.operations import Source
from .node import Node, tensor_name


def shape(node: Node) -> Kind:
    return kinds.ShapeOf()


def shapes(node: Node) -> list[Operation]:
    """Those of several tensors, an output each."""
    operations = []
    for number, name in enumerate(node.inputs):
        output = tensor_name(Source(node.operation.name, number))
        operations.append(node.operation_of(kinds.ShapeOf(), (name,), output))
    return operations


def size(node: Node) -> list[Operation]:
    """How many values a tensor has."""
    return node.chain(kinds.ShapeOf(), kinds.Computation("product"))


def rank(node: Node) -> list[Operation]:
    """How many axes."""
    return node.chain(kinds.ShapeOf(), kinds.Computation("size"))
