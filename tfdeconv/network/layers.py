"""The layers a network is made of, as frozen specs: parameters, output shape, span. No tensor in sight.

Shapes are (height, width, channels); a vector is a map of 1 x 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from .base import Layer, Merge, Pad, Shape, Windowed
from .spans import Pads, Pair, Spans, Window, whole

# smooth functions whose true derivative is taken under every rule; True: one in a rectifier's place, where the rules that
# rectify the signal do so too
SMOOTH = {
    "sigmoid": False,
    "tanh": False,
    "hard_sigmoid": False,
    "silu": True,
    "hard_silu": True,
    "gelu": True,
    "elu": True,
    "softplus": True,
}
ACTIVATIONS = ("relu", *SMOOTH)


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each value, one of ACTIVATIONS. relu alone has a slope below 0 (a leaky one) and a ceiling (ReLU6)."""

    kind: str = "relu"
    slope: float = 0.0
    ceiling: float | None = None


RELU = Activation()


@dataclass(frozen=True)
class Conv(Windowed):
    """Convolution; an activation behind it may belong to it, as in Conv2D(..., activation="relu")."""

    filters: int
    size: int | Pair
    stride: int | Pair = 1
    pad: Pad = 0
    groups: int = 1
    dilation: int | Pair = 1
    bias: bool = True
    activation: Activation | None = None

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        kernel = (*self.taps, shape[2] // self.groups, self.filters)
        return {"kernel": kernel, "bias": (self.filters,)} if self.bias else {"kernel": kernel}

    def channels(self, channels: int) -> int:
        return self.filters


@dataclass(frozen=True)
class DepthwiseConv(Windowed):
    """Convolution of each channel by itself, with `multiplier` kernels each; activation as in Conv. Its strides agree."""

    size: int | Pair
    stride: int | Pair = 1
    pad: Pad = 0
    multiplier: int = 1
    dilation: int | Pair = 1
    bias: bool = True
    activation: Activation | None = None

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        kernel = (*self.taps, shape[2], self.multiplier)
        return (
            {"kernel": kernel, "bias": (shape[2] * self.multiplier,)}
            if self.bias
            else {"kernel": kernel}
        )

    def channels(self, channels: int) -> int:
        return channels * self.multiplier


@dataclass(frozen=True)
class Dense(Layer):
    """A matrix on a vector; activation as in Conv."""

    units: int
    bias: bool = True
    activation: Activation | None = None

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        kernel = (shape[2], self.units)
        return {"kernel": kernel, "bias": (self.units,)} if self.bias else {"kernel": kernel}

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, self.units)


@dataclass(frozen=True)
class Softmax(Layer):
    """exp(x) over its sum across channels; its true derivative is taken under every rule."""


@dataclass(frozen=True)
class MaxPool(Windowed):
    """Maximum of each window; pads with -inf."""

    size: int | Pair
    stride: int | Pair
    pad: Pad = 0


@dataclass(frozen=True)
class AvgPool(Windowed):
    """Mean of each window's cells that are on the map."""

    size: int | Pair
    stride: int | Pair
    pad: Pad = 0


@dataclass(frozen=True)
class GlobalPool(Layer):
    """One value of each feature map; a vector unless height and width are kept as 1 x 1."""

    keep: bool = False

    @property
    def vector(self) -> bool:  # type: ignore[override]
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

    vector = True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, prod(shapes[0]))

    def through(self, spans: Spans, shape: Shape) -> Spans:
        return whole(shape)


@dataclass(frozen=True)
class Identity(Layer):
    """Nothing: a dropout once the training is over, or, where `to` says so, a vector made of a map of 1 x 1 or back."""

    to: Literal["vector", "map"] | None = None

    @property
    def vector(self) -> bool | None:  # type: ignore[override]
        return self.to and self.to == "vector"


@dataclass(frozen=True)
class ZeroPad(Layer):
    """Zeros around the map; a negative pad cuts cells off."""

    pad: Pads

    @property
    def window(self) -> Window:  # type: ignore[override]
        return Window(pad=self.pad)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*self.window.extents(*shapes[0][:2]), shapes[0][2])


@dataclass(frozen=True)
class BatchNorm(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of the training."""

    epsilon: float
    scale: bool = True  # whether there is a gamma, and with center a beta
    center: bool = True

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        there = {"gamma": self.scale, "beta": self.center, "mean": True, "variance": True}
        return {name: (shape[2],) for name in there if there[name]}


@dataclass(frozen=True)
class Affine(Layer):
    """x * scale + shift in each channel: what rescales or normalises images within a network."""

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        return {"scale": (shape[2],), "shift": (shape[2],)}


@dataclass(frozen=True)
class LRN(Layer):
    """x / (k + alpha * sum of squares over `depth` channels around) ** beta (Krizhevsky et al. 2012, section 3.3)."""

    depth: int
    k: float
    alpha: float
    beta: float


@dataclass(frozen=True)
class Add(Merge):
    """Sum of its inputs."""


@dataclass(frozen=True)
class Multiply(Merge):
    """Product of its inputs; its true derivative is taken under every rule."""


@dataclass(frozen=True)
class Concatenate(Layer):
    """The channels of its inputs, one after the other."""

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:2], sum(shape[2] for shape in shapes))
