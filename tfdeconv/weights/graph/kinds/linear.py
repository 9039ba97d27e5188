"""Operations with a kernel or a matrix."""

from __future__ import annotations

from dataclasses import dataclass

from ....network.base import Pad
from ....network.layers import Activation
from ....network.spans import Pads, Pair
from .base import Kind


@dataclass(frozen=True)
class Convolution(Kind):
    """x, kernel, [bias].

    kernel: the order of its axes: o output channels, i input channels of a group, h, w; of a
    depthwise one in TensorFlow's order "hwcm", m for each channel c. channel_axis: of x, which has
    four axes; the other two but the batch's are rows and columns. pad: "same" is TensorFlow's.
    groups: None: as many as the input has channels for the kernel's.
    activation: one that belongs to the layer, as in Keras. filters, size: along o (or m), and h and
    w, where only the file will tell the kernel's shape.
    """

    channel_axis: int
    kernel: str
    stride: Pair = (1, 1)
    pad: Pad = 0
    dilation: Pair = (1, 1)
    groups: int | None = 1
    activation: Activation | None = None
    filters: int | None = None
    size: Pair | None = None


@dataclass(frozen=True)
class TransposedConvolution(Kind):
    """x, kernel, [bias], [shape of the output]: the transpose of a convolution.

    kernel: as in Convolution, with o, i those of this operation: torch's is "iohw". output_pad:
    cells that are added behind the rows and columns. same: the output has as many cells as the
    input times the stride, and `pad` is what that leaves; output_size: the same for any size.
    odd_before: of an odd number of cells to be taken off for that, one more is before than behind.
    """

    channel_axis: int
    kernel: str
    stride: Pair = (1, 1)
    pad: Pads = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    groups: int = 1
    output_pad: Pair = (0, 0)
    same: bool = False
    output_size: Pair | None = None
    odd_before: bool = False
    activation: Activation | None = None
    filters: int | None = None
    size: Pair | None = None


@dataclass(frozen=True)
class Linear(Kind):
    """x, matrix, [bias]: along one axis of x, the last.

    matrix: the order of its axes, "io" or "oi". scale, bias_scale: numbers before the product and
    the bias (ONNX's alpha and beta). activation: as in Convolution. units: along o, where only the
    file will tell the matrix's shape.
    """

    matrix: str = "io"
    scale: float = 1.0
    bias_scale: float = 1.0
    activation: Activation | None = None
    units: int | None = None


@dataclass(frozen=True)
class MatrixProduct(Kind):
    """x, y: one of them a constant matrix."""
