"""Convolutions and matrices."""

from __future__ import annotations

from ...network.base import Pad
from ...network.spans import Pads, Pair
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
        raise NotUnderstood(f"its kernel is of {list(size)}, its attribute says {list(said)}")
    size = said or size
    if size is None or len(size) != 2:
        raise NotUnderstood(f"its kernel has not 2 axes beside the channels ({size})")
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
            raise NotUnderstood(f"its auto_pad is {other[:40]}")


def transposed_convolution(node: Node) -> Kind:
    size = kernel_size(node)
    stride, dilation = node.pair("strides", ONES), node.pair("dilations", ONES)
    output_pad = node.pair("output_padding", (0, 0))
    pads = node.pads()
    same = node.word("auto_pad", "NOTSET")
    if node.has("output_shape"):
        pads = pads_for(node, node.pair("output_shape"), size, stride, dilation, output_pad)
    elif same in ("SAME_UPPER", "SAME_LOWER"):
        if output_pad != (0, 0):
            raise NotUnderstood("it has both auto_pad and output_padding")
        totals = [(n - 1) * d + 1 - s for n, d, s in zip(size, dilation, stride)]
        pads = halves(totals, same)
    elif same not in ("NOTSET", "VALID"):
        raise NotUnderstood(f"its auto_pad is {same[:40]}")
    elif same == "VALID":
        pads = (0, 0), (0, 0)
    return kinds.TransposedConvolution(
        CHANNEL_AXIS, TRANSPOSED, stride, pads, dilation, node.whole("group", 1), output_pad
    )


def pads_for(
    node: Node, output: Pair, size: Pair, stride: Pair, dilation: Pair, output_pad: Pair
) -> Pads:
    """The pads that make an output of that size."""
    lengths = node.known_lengths(0)
    if lengths is None or len(lengths) != 4 or None in lengths[2:]:
        raise NotUnderstood("its output_shape is for an input whose size the file does not say")
    totals = []
    for axis, extent in enumerate(lengths[2:]):
        assert extent is not None
        reach = (size[axis] - 1) * dilation[axis] + 1
        whole = (extent - 1) * stride[axis] + output_pad[axis] + reach
        totals.append(whole - output[axis])
    return halves(totals, node.word("auto_pad", "NOTSET"))


def halves(totals: list[int], auto_pad: str) -> Pads:
    """Pads on both sides; the odd cell is behind for SAME_UPPER, otherwise before."""
    pads = []
    for total in totals:
        if total < 0:
            raise NotUnderstood("its output is larger than its kernel reaches")
        less, more = total // 2, total - total // 2
        pads.append((less, more) if auto_pad == "SAME_UPPER" else (more, less))
    return pads[0], pads[1]


def gemm(node: Node) -> Kind:
    """alpha * A @ B + beta * C."""
    if node.flag("transA"):
        raise NotUnderstood("it transposes its first matrix, the images")
    matrix = "oi" if node.flag("transB") else "io"
    return kinds.Linear(matrix, node.number("alpha", 1.0), node.number("beta", 1.0))


def matrix_product(node: Node) -> Kind:
    return kinds.MatrixProduct()
