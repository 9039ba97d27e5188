"""Convolutions, matrices and pools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Operation
from .node import Node

# of maps; the batch is axis 0
CHANNEL_AXIS = 3
# the orders of a kernel's axes: of a depthwise one, one input channel for each of the outputs
CONVOLUTION, DEPTHWISE, TRANSPOSED = "ohwi", "ihwo", "ohwi"


def channels(node: Node, position: int) -> int:
    """The channels of a map, or the last axis of a kernel."""
    lengths = node.lengths(position)
    if len(lengths) != 4 or not lengths[CHANNEL_AXIS]:
        raise NotUnderstood(f"its input {position} has the shape {list(lengths)}, expected 4 axes")
    return lengths[CHANNEL_AXIS] or 0


def convolution(node: Node) -> Kind:
    """Of groups where the kernel has fewer input channels than the map."""
    node.skip("quantized_bias_type")
    groups, rest = divmod(channels(node, 0), channels(node, 1))
    if rest:
        raise NotUnderstood(
            f"its input has {channels(node, 0)} channels, expected a multiple of its kernel's "
            f"{channels(node, 1)}"
        )
    return windowed(node, CONVOLUTION, groups)


def depthwise(node: Node) -> Kind:
    """The kernel says what its depth_multiplier does, which TensorFlow Lite does not look at."""
    node.skip("depth_multiplier")
    return windowed(node, DEPTHWISE, channels(node, 0))


def windowed(node: Node, kernel: str, groups: int) -> Kind:
    return kinds.Convolution(
        CHANNEL_AXIS,
        kernel,
        node.pair("stride_h", "stride_w"),
        node.pad(),
        node.pair("dilation_h_factor", "dilation_w_factor"),
        groups,
        node.activation(),
    )


def transposed_convolution(node: Node) -> list[Operation]:
    """The shape of its output comes first, then its kernel, and then the map."""
    node.skip("quantized_bias_type")
    # the output's size and the kernel's say what it does
    node.pad()
    kind = kinds.TransposedConvolution(
        CHANNEL_AXIS, TRANSPOSED, node.pair("stride_h", "stride_w"), activation=node.activation()
    )
    inputs = [node.input(position) for position in (2, 1, 3, 0)]
    return [node.operation_of(kind, inputs)]


def fully_connected(node: Node) -> list[Operation]:
    """A matrix; a tensor of more than two axes is flattened to what it takes, if not kept."""
    # how quantised values are computed
    node.skip("asymmetric_quantize_inputs", "quantized_bias_type")
    node.require("weights_format", 0)
    kept = node.option("keep_num_dims", False)
    matrix = node.lengths(1)
    if len(matrix) != 2 or matrix[1] is None:
        raise NotUnderstood(f"its matrix has the shape {list(matrix)}, expected two axes")
    kind = kinds.Linear("oi", activation=node.activation())
    if kept or len(node.lengths(0)) == 2:
        return [node.operation_of(kind)]
    rows = f"{node.name}/rows"
    flat = node.operation_of(kinds.Reshape((-1, matrix[1])), [node.input(0)], [rows], "/rows")
    return [flat, node.operation_of(kind, [rows, *node.inputs[1:]])]


def matrix_product(node: Node) -> Kind:
    node.skip("asymmetric_quantize_inputs")
    node.require("adj_x", False)
    node.require("adj_y", False)
    return kinds.MatrixProduct()


def pool(kind: Literal["max", "mean"]) -> Callable[[Node], Sequence[Operation]]:
    """Means do not count what is beyond the map."""

    def operations(node: Node) -> Sequence[Operation]:
        window = kinds.Pooling(
            kind,
            CHANNEL_AXIS,
            node.pair("filter_height", "filter_width"),
            node.pair("stride_h", "stride_w"),
            node.pad(),
        )
        return activated(node, window)

    return operations


def activated(node: Node, *made: Kind, inputs: Sequence[str] | None = None) -> list[Operation]:
    """Operations, and behind them the function that is merged with the operator."""
    activation = node.activation()
    if activation is not None:
        made = (*made, kinds.Function(activation))
    return node.chain(*made, inputs=inputs)
