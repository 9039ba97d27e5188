"""Convolutions and matrices."""

from __future__ import annotations

from ...network.base import Pad
from ...network.spans import Pair
from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from .node import Node

# of maps; the batch is axis 0
CHANNEL_AXIS = 1
ONES = (1, 1)
# the order of a kernel's axes
CONVOLUTION, TRANSPOSED = "oihw", "iohw"


def convolution(node: Node) -> Kind:
    dilation = node.pair("dilations", ONES)
    stride = node.pair("strides", ONES)
    # of a kernel that is worked out from others the shape is known later
    if node.has("kernel_shape") or node.input(1) in node.constants:
        kernel_size(node)
    return kinds.Convolution(
        CHANNEL_AXIS, CONVOLUTION, stride, pad_of(node), dilation, node.whole("group", 1)
    )


def kernel_size(node: Node) -> Pair:
    """Rows and columns of a kernel: its attribute says what its shape shows."""
    said = node.wholes("kernel_shape")
    constant = node.constants.get(node.input(1))
    size = None
    if constant is not None and constant.shape is not None:
        size = constant.shape[2:]
    if said is not None and size is not None and said != size:
        raise NotUnderstood(
            f"its kernel has the size {list(size)}, and its attribute says {list(said)}"
        )
    size = said or size
    if size is None or len(size) != 2:
        raise NotUnderstood(f"its kernel does not have 2 axes beside the channels ({size})")
    return size[0], size[1]


def pad_of(node: Node) -> Pad:
    """The pads of a window: as they are, or as auto_pad makes them of the map's size."""
    pads = node.pads()
    match node.word("auto_pad", "NOTSET"):
        case "NOTSET":
            return pads
        case "VALID":
            return 0
        # as TensorFlow's: the odd cell is behind
        case "SAME_UPPER":
            return "same"
        case "SAME_LOWER":
            return "same_lower"
        case other:
            raise NotUnderstood(f"its auto_pad is {other[:40]}, which is not understood")


def transposed_convolution(node: Node) -> Kind:
    size = kernel_size(node)
    stride, dilation = node.pair("strides", ONES), node.pair("dilations", ONES)
    output_pad, pads = node.pair("output_padding", (0, 0)), node.pads()
    auto_pad = node.word("auto_pad", "NOTSET")
    if auto_pad not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise NotUnderstood(f"its auto_pad is {auto_pad[:40]}, which is not understood")
    output_size = None
    if node.has("output_shape"):
        output_size = node.pair("output_shape")
    same = auto_pad.startswith("SAME") and output_size is None
    if (same or output_size) and output_pad != (0, 0):
        raise NotUnderstood("its output_padding contradicts its output_shape")
    if same and any((n - 1) * d + 1 < s for n, d, s in zip(size, dilation, stride)):
        raise NotUnderstood("its output is larger than its kernel reaches")
    return kinds.TransposedConvolution(
        CHANNEL_AXIS,
        TRANSPOSED,
        stride,
        ((0, 0), (0, 0)) if auto_pad == "VALID" else pads,
        dilation,
        node.whole("group", 1),
        output_pad,
        same,
        output_size,
        odd_before=auto_pad != "SAME_UPPER",
    )


def gemm(node: Node) -> Kind:
    """alpha * A @ B + beta * C."""
    if node.flag("transA"):
        raise NotUnderstood("it transposes its first matrix, the images")
    matrix = "oi" if node.flag("transB") else "io"
    return kinds.Linear(matrix, node.number("alpha", 1.0), node.number("beta", 1.0))


def matrix_product(node: Node) -> Kind:
    return kinds.MatrixProduct()
