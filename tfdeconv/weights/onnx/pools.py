"""Pools in windows, over whole maps, and reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ...network.layers import Activation
from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Operation
from .kernels import CHANNEL_AXIS, ONES, pad_of
from .node import Node

SQUARE = kinds.Function(Activation("square"), "square")
ROOT = kinds.Function(Activation("sqrt"), "sqrt")
# rows and columns of a map
CELLS = (2, 3)


def max_pool(node: Node) -> Kind:
    # the order of the second output, the places of the maxima
    node.skip("storage_order")
    return pooling(node, "max")


def average_pool(node: Node) -> Kind:
    size = node.wholes("kernel_shape")
    if size is None or len(size) != 3 or size[1:] != ONES:
        return pooling(node, "mean")
    # torch's local response norm: the channels are the depth of a volume
    node.require("strides", (1, 1, 1))
    node.require("pads", (0,) * 6)
    node.require("dilations", (1, 1, 1))
    node.require("auto_pad", "NOTSET", "VALID")
    # where all windows fit, and nothing is padded
    node.skip("ceil_mode", "count_include_pad")
    return kinds.ChannelMean(2, size[0])


def pooling(node: Node, kind: Literal["max", "mean"]) -> Kind:
    size = node.pair("kernel_shape")
    stride, dilation = node.pair("strides", ONES), node.pair("dilations", ONES)
    return kinds.Pooling(
        kind,
        CHANNEL_AXIS,
        size,
        stride,
        pad_of(node),
        dilation,
        node.flag("ceil_mode"),
        kind == "mean" and node.flag("count_include_pad"),
    )


def global_pool(kind: Literal["mean", "max"]) -> Callable[[Node], Kind]:
    return lambda node: kinds.Reduction(kind, CELLS, keep=True)


def reduction(kind: Literal["mean", "max", "min", "sum"]) -> Callable[[Node], Kind]:
    """Over axes that are an attribute, or, in later versions, an input."""

    def reduced(node: Node) -> Kind:
        axes, keep, idle = reduced_axes(node)
        return kinds.Idle() if idle else kinds.Reduction(kind, axes, keep)

    return reduced


def reduced_axes(node: Node) -> tuple[tuple[int, ...] | None, bool, bool]:
    """The axes of a reduction, whether they stay, and whether nothing is to be done."""
    axes = node.wholes("axes")
    keep = node.flag("keepdims", True)
    nothing_if_none = node.flag("noop_with_empty_axes")
    given = node.few_numbers(1)
    no_axes = not axes and (not node.input(1) or (given is not None and not given.size))
    return axes or None, keep, no_axes and nothing_if_none


def length(node: Node) -> list[Operation]:
    """ReduceL2: the root of the sum of the squares."""
    axes, keep, idle = reduced_axes(node)
    if idle:
        raise NotUnderstood("it reduces no axes")
    squares, sums = f"{node.name}/1", f"{node.name}/2"
    rest = node.inputs[1:]
    return [
        node.operation_of(SQUARE, node.inputs[:1], [squares], "/1"),
        node.operation_of(kinds.Reduction("sum", axes, keep), [squares, *rest], [sums], "/2"),
        node.operation_of(ROOT, [sums]),
    ]


def product(node: Node) -> list[Operation]:
    """ReduceProd of all, as it is used on shapes."""
    axes, keep, _ = reduced_axes(node)
    if axes not in (None, (0,)) or len(node.inputs) > 1:
        raise NotUnderstood("it computes products along axes, which is not understood")
    found: list[Kind] = [kinds.Computation("product")]
    if keep:
        found.append(kinds.Reshape((1,)))
    return node.chain(*found)


def unit_length(node: Node) -> Kind:
    node.require("p", 2)
    return kinds.UnitNormalization(node.whole("axis", -1))
