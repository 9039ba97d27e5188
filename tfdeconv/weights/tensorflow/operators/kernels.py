"""Convolutions and matrices."""

from __future__ import annotations

from ...graph import kinds
from ...graph.kinds import Kind
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Operation
from .node import Node

# the order of a kernel's axes, rows and columns first
CONVOLUTION, DEPTHWISE, TRANSPOSED = "hwio", "hwcm", "hwoi"


def convolution(node: Node) -> Kind:
    """Of as many groups as the kernel shows."""
    return convolution_with(node, CONVOLUTION)


def depthwise_convolution(node: Node) -> Kind:
    return convolution_with(node, DEPTHWISE)


def convolution_with(node: Node, kernel: str) -> Kind:
    return kinds.Convolution(
        node.channel_axis(),
        kernel,
        node.pair("strides"),
        node.pad(),
        node.pair("dilations"),
        groups=None,
    )


def transposed_convolution(node: Node) -> Operation:
    """The gradient of a convolution; its first input is the shape of what it makes."""
    shape, kernel, x = node.take(3)
    pad = node.pad()
    if not isinstance(pad, tuple):
        pad = (0, 0), (0, 0)
    kind = kinds.TransposedConvolution(
        node.channel_axis(), TRANSPOSED, node.pair("strides"), pad, node.pair("dilations")
    )
    return node.operation_of(kind, (x, kernel, "", shape))


def matrix_product(node: Node) -> Kind:
    """x times a matrix; `adj_` is the transpose of BatchMatMul, conjugate only where complex."""
    if node.flag("transpose_a") or node.flag("adj_x"):
        raise NotUnderstood("it transposes its first matrix, the images")
    if node.flag("transpose_b") or node.flag("adj_y"):
        return kinds.Linear("oi")
    return kinds.MatrixProduct()
