"""Layers with a kernel: convolutions of all kinds, and the dense layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from .activations import Activation
from .base import Layer, Pad, ParameterShapes, Shape, Windowed, kernel_and_bias, misfit_of_groups
from .reshapes import blocks_touched
from .spans import Pads, Pair, Span, Spans, Window


@dataclass(frozen=True)
class Conv(Windowed):
    """Convolution, with the activation that belongs to it, as in Conv2D(..., activation="relu")."""

    filters: int
    size: int | Pair
    stride: int | Pair = 1
    pad: Pad = 0
    groups: int = 1
    dilation: int | Pair = 1
    bias: bool = True
    activation: Activation | None = None

    def misfit(self, *shapes: Shape) -> str:
        return super().misfit(*shapes) or misfit_of_groups(self.groups, shapes[0][2], self.filters)

    def parameters(self, shape: Shape) -> ParameterShapes:
        kernel = (*self.taps, shape[2] // self.groups, self.filters)
        return kernel_and_bias(kernel, self.filters, self.bias)

    def channels(self, channels: int) -> int:
        return self.filters


@dataclass(frozen=True)
class DepthwiseConv(Windowed):
    """Convolution of each channel by itself, `multiplier` kernels each; activation as in Conv."""

    size: int | Pair
    stride: int | Pair = 1
    pad: Pad = 0
    multiplier: int = 1
    dilation: int | Pair = 1
    bias: bool = True
    activation: Activation | None = None

    def parameters(self, shape: Shape) -> ParameterShapes:
        kernel = (*self.taps, shape[2], self.multiplier)
        return kernel_and_bias(kernel, self.channels(shape[2]), self.bias)

    def channels(self, channels: int) -> int:
        return channels * self.multiplier


@dataclass(frozen=True)
class ConvTranspose(Layer):
    """The transpose of a convolution, less its pads.

    Its kernel is that of the convolution from its output to its input. A negative pad adds cells,
    which only the bias reaches: an output padding of frameworks is a pad less behind the map.
    """

    filters: int
    size: int | Pair
    stride: int | Pair = 1
    pad: Pads = ((0, 0), (0, 0))
    bias: bool = True
    activation: Activation | None = None
    groups: int = 1
    dilation: int | Pair = 1

    @property
    def convolution(self) -> Window:
        """The window of the convolution that it is the transpose of."""
        return Window.of(self.size, self.stride, self.pad, self.dilation)

    @property
    def by_channel(self) -> bool:
        """Whether it is the transpose of a depthwise convolution."""
        return self.groups > 1 and self.groups == self.filters

    def misfit(self, *shapes: Shape) -> str:
        return super().misfit(*shapes) or misfit_of_groups(self.groups, shapes[0][2], self.filters)

    @property
    def reaches_outside(self) -> bool:
        return True

    def parameters(self, shape: Shape) -> ParameterShapes:
        kernel = (*self.convolution.taps, self.filters // self.groups, shape[2])
        return kernel_and_bias(kernel, self.filters, self.bias)

    def output_shape(self, *shapes: Shape) -> Shape:
        extents = []
        size, stride, pad, _ = self.convolution
        for axis in (0, 1):
            extents.append((shapes[0][axis] - 1) * stride[axis] + size[axis] - sum(pad[axis]))
        return extents[0], extents[1], self.filters

    def inputs(self, spans: Spans, shape: Shape) -> Spans:
        """The cells of an input of this shape whose windows these spans of the output meet."""
        met = []
        size, stride, pad, _ = self.convolution
        for axis, span in enumerate(spans):
            met.append(windows_met(span, size[axis], stride[axis], pad[axis][0], shape[axis]))
        return met[0], met[1]

    def through(self, spans: Spans, shape: Shape) -> Spans:
        return self.inputs(spans, shape)

    def taken(self, spans: Spans, shape: Shape) -> Spans:
        """The whole windows of all inputs that the signal lands on."""
        height, width = self.convolution.extents(*shape[:2])
        inputs = self.inputs(spans, (height, width, 1))
        return self.convolution.through(inputs)

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * shape[1] * prod(self.parameters(shape)["kernel"])


def windows_met(span: Span, size: int, stride: int, pad: int, extent: int) -> Span:
    """The windows that a span of an axis meets, as cells of the axis of windows, of that extent.

    One of a span between windows.
    """
    # Window i begins at cell i stride - pad, and its last cell is in the block of `stride` cells
    # from i stride on, once the axis is moved by pad - size + stride. From there to the span's last
    # cell, moved by the pad alone, a block begins for each window.
    moved = replace(span, size=span.size + size - stride, offset=span.offset + pad - size + stride)
    return blocks_touched(moved, stride, extent)


@dataclass(frozen=True)
class Dense(Layer):
    """Fully connected: a matrix times a vector; activation as in Conv."""

    units: int
    bias: bool = True
    activation: Activation | None = None

    def misfit(self, *shapes: Shape) -> str:
        if any(shape[:2] != (1, 1) for shape in shapes):
            return "it takes vectors"
        return super().misfit(*shapes)

    def parameters(self, shape: Shape) -> ParameterShapes:
        return kernel_and_bias((shape[2], self.units), self.units, self.bias)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, self.units)
