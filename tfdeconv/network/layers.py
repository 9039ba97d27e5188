"""The layers a network is made of, as frozen specs: parameters, output shape, span. No tensors.

Shapes are (height, width, channels); a vector is a map of 1 x 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from .base import Layer, Merge, Pad, ParameterShapes, Shape, Windowed, kernel_and_bias
from .spans import Pads, Pair, Spans, Window, whole

# Smooth functions, of which every rule takes the true derivative. Those that replace a rectifier
# (True) also rectify the signal where the rule does so at a rectifier.
GATES = ("sigmoid", "tanh", "hard_sigmoid")
SMOOTH_RECTIFIERS = ("silu", "hard_silu", "gelu", "elu", "softplus")
SMOOTH = dict.fromkeys(GATES, False) | dict.fromkeys(SMOOTH_RECTIFIERS, True)
ACTIVATIONS = ("relu", *SMOOTH)


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each value, one of ACTIVATIONS.

    Only relu has a slope below 0 (leaky ReLU) and a ceiling (ReLU6).
    """

    kind: str = "relu"
    slope: float = 0.0
    ceiling: float | None = None


RELU = Activation()


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


@dataclass(frozen=True)
class Softmax(Layer):
    """exp(x) over its sum across channels; every rule takes its true derivative."""


@dataclass(frozen=True)
class MaxPool(Windowed):
    """Maximum of each window; pads with -inf."""

    size: int | Pair
    stride: int | Pair
    pad: Pad = 0


@dataclass(frozen=True)
class AvgPool(Windowed):
    """Mean of those cells of each window that are on the map."""

    size: int | Pair
    stride: int | Pair
    pad: Pad = 0


@dataclass(frozen=True)
class GlobalPool(Layer):
    """One value of each feature map; a vector, or with `keep` a map of 1 x 1."""

    keep: bool = False

    @property
    def vector(self) -> bool:
        return not self.keep

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, shapes[0][2])

    def through(self, spans: Spans, shape: Shape) -> Spans:
        return whole(shape)


@dataclass(frozen=True)
class GlobalAvgPool(GlobalPool):
    """Mean of each feature map."""


@dataclass(frozen=True)
class GlobalMaxPool(GlobalPool):
    """Maximum of each feature map."""


@dataclass(frozen=True)
class Flatten(Layer):
    """Rows, then columns, then channels in one vector."""

    @property
    def vector(self) -> bool:
        return True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, prod(shapes[0]))

    def through(self, spans: Spans, shape: Shape) -> Spans:
        return whole(shape)


@dataclass(frozen=True)
class Identity(Layer):
    """The input itself: dropout after training; `to` makes a vector of a map of 1 x 1, or back."""

    to: Literal["vector", "map"] | None = None

    @property
    def vector(self) -> bool | None:
        if self.to is None:
            return None
        return self.to == "vector"


@dataclass(frozen=True)
class ZeroPad(Layer):
    """Zeros around the map; a negative pad crops."""

    pad: Pads

    @property
    def window(self) -> Window:
        return Window(pad=self.pad)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*self.window.extents(*shapes[0][:2]), shapes[0][2])


@dataclass(frozen=True)
class BatchNorm(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of the training.

    scale, center: whether there is a gamma, a beta.
    """

    epsilon: float
    scale: bool = True
    center: bool = True

    def parameters(self, shape: Shape) -> ParameterShapes:
        names = []
        if self.scale:
            names.append("gamma")
        if self.center:
            names.append("beta")
        names += ["mean", "variance"]
        return {name: (shape[2],) for name in names}


@dataclass(frozen=True)
class Affine(Layer):
    """x * scale + shift in each channel, as networks that normalise their images have it."""

    def parameters(self, shape: Shape) -> ParameterShapes:
        return {"scale": (shape[2],), "shift": (shape[2],)}


@dataclass(frozen=True)
class LRN(Layer):
    """x / (k + alpha * sum of squares over the `depth` channels around) ** beta.

    Local response normalization: Krizhevsky et al. 2012, section 3.3.
    """

    depth: int
    k: float
    alpha: float
    beta: float


@dataclass(frozen=True)
class Add(Merge):
    """Sum of its inputs."""


@dataclass(frozen=True)
class Multiply(Merge):
    """Product of its inputs; every rule takes its true derivative."""


@dataclass(frozen=True)
class Concatenate(Layer):
    """The channels of its inputs, one after the other."""

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:2], sum(shape[2] for shape in shapes))
