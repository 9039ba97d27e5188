"""Shapes, types and numbers that are worked out before any image is there."""

from __future__ import annotations

from collections.abc import Callable

from ...formats.tflite.schema import NUMBERS
from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Operation
from .node import Node


def computed(function: str) -> Callable[[Node], Kind]:
    """Of constants alone: a function of constant_arithmetic.py."""
    return lambda node: kinds.Computation(function)


def shape(node: Node) -> Kind:
    node.skip("out_type")
    return kinds.ShapeOf()


def rank(node: Node) -> list[Operation]:
    return node.chain(kinds.ShapeOf(), kinds.Computation("size"))


def cast(node: Node) -> Kind:
    """To the type of its output."""
    node.skip("in_data_type", "out_data_type")
    if len(node.operation.outputs) != 1:
        raise NotUnderstood("it does not have exactly one output")
    dtype = node.tensors[node.operation.outputs[0]].dtype
    if dtype not in NUMBERS:
        raise NotUnderstood(f"it converts its input to {dtype}")
    # bfloat16 is read as float32
    return kinds.Cast(dtype.replace("bfloat16", "float32"))


def product(node: Node) -> list[Operation]:
    """Over axes, of constants alone."""
    keep = node.option("keep_dims", False)
    kind = kinds.Computation("product", (node.integers(1), None, None, keep))
    return [node.operation_of(kind, [node.input(0)])]
