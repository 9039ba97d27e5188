"""Layers with a kernel: convolutions of all kinds, and the dense layer."""

from __future__ import annotations

from dataclasses import dataclass

from .activations import Activation
from .base import Layer, Pad, ParameterShapes, Shape, Windowed, kernel_and_bias
from .spans import Pair


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

    def parameters(self, shape: Shape) -> ParameterShapes:
        kernel = (*self.taps, shape[2] // self.groups, self.filters)
        return kernel_and_bias(kernel, self.filters, self.bias)

    def channels(self, channels: int) -> int:
        return self.filters


@dataclass(frozen=True)
class DepthwiseConv(Windowed):
    """Convolution of each channel by itself, with `multiplier` kernels each; activation as in Conv.

    Both strides are the same.
    """

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
class Dense(Layer):
    """Fully connected: a matrix times a vector; activation as in Conv."""

    units: int
    bias: bool = True
    activation: Activation | None = None

    def parameters(self, shape: Shape) -> ParameterShapes:
        return kernel_and_bias((shape[2], self.units), self.units, self.bias)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, self.units)
