"""Pools in windows, and reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ...graph import kinds
from ...graph.kinds import Kind
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Operation
from .node import Node

Pool = Literal["max", "mean"]


def pool(kind: Pool) -> Callable[[Node], Kind]:
    """Windows; means do not count what is padded."""

    def kind_of(node: Node) -> Kind:
        axis = node.channel_axis()
        # of the positions, which nobody reads where only the maximum is
        node.skip("Targmax", "include_batch_in_index")
        return kinds.Pooling(kind, axis, node.pair("ksize"), node.pair("strides"), node.pad())

    return kind_of


def max_pool_v2(node: Node) -> Operation:
    """The window and its stride are inputs."""
    size, stride = (
        node.rows_and_columns(name, node.numbers(position))
        for position, name in ((1, "ksize"), (2, "strides"))
    )
    kind = kinds.Pooling("max", node.channel_axis(), size, stride, node.pad())
    return node.operation_of(kind, node.inputs[:1])


def reduction(kind: Literal["mean", "max", "min", "sum"]) -> Callable[[Node], Kind]:
    """Over the axes of the second input; over none of them it changes nothing."""

    def kind_of(node: Node) -> Kind:
        keep = node.flag("keep_dims")
        axes = node.constant(1)
        if axes is not None and not axes.size:
            return kinds.Idle()
        return kinds.Reduction(kind, None, keep)

    return kind_of


def product(node: Node) -> Operation:
    """Of lengths of axes."""
    if node.flag("keep_dims"):
        raise NotUnderstood("it keeps the axes of a product")
    kind = kinds.Computation("product", (node.numbers(1),))
    return node.operation_of(kind, node.inputs[:1])
