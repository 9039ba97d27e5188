"""The layers a network is made of, as frozen specs: parameters, output shape, span. No tensor in sight.

Shapes are (height, width, channels); a vector is a map of 1 x 1.
"""
from __future__ import annotations

from dataclasses import dataclass
from math import prod

from .spans import Pads, Pair, Spans, Window, whole

Shape = tuple[int, int, int]


class Layer:
    """A layer with one input of the same shape, no parameters and no window; the others say where they differ."""
    window = Window()
    vector = False              # the output has no height and width: [n, c]

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        """Name and shape of each parameter, for an input of this shape."""
        return {}

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def through(self, spans: Spans, shape: Shape) -> Spans:
        """The part of the input (of this shape) on which a signal at these spans of the output lands."""
        return self.window.through(spans)

    def multiply_adds(self, shape: Shape) -> int:
        """Multiply-adds of one pass up: kernels only, as is the custom."""
        height, width, _ = self.output_shape(shape)
        return height * width * prod(self.parameters(shape).get("kernel", (0,)))


@dataclass(frozen=True)
class Conv(Layer):
    """Convolution; with `rectify` a ReLU behind it belongs to it, as in Conv2D(..., activation="relu")."""
    filters: int
    size: int | Pair
    stride: int | Pair = 1
    pad: int | Pads = 0
    groups: int = 1
    bias: bool = True
    rectify: bool = False

    @property
    def window(self) -> Window:     # type: ignore[override]
        return Window.of(self.size, self.stride, self.pad)

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        kernel = (*self.window.size, shape[2] // self.groups, self.filters)
        return {"kernel": kernel, "bias": (self.filters,)} if self.bias else {"kernel": kernel}

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*self.window.extents(*shapes[0][:2]), self.filters)


@dataclass(frozen=True)
class Dense(Layer):
    """A matrix on a vector; `rectify` as in Conv."""
    units: int
    rectify: bool = False
    vector = True

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        return {"kernel": (shape[2], self.units), "bias": (self.units,)}

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, self.units)


@dataclass(frozen=True)
class Relu(Layer):
    """max(x, 0)."""


@dataclass(frozen=True)
class MaxPool(Layer):
    """Maximum of each window; pads with -inf."""
    size: int | Pair
    stride: int | Pair
    pad: int | Pads = 0

    @property
    def window(self) -> Window:     # type: ignore[override]
        return Window.of(self.size, self.stride, self.pad)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*self.window.extents(*shapes[0][:2]), shapes[0][2])


@dataclass(frozen=True)
class GlobalAvgPool(Layer):
    """Mean of each feature map."""
    vector = True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, shapes[0][2])

    def through(self, spans: Spans, shape: Shape) -> Spans:
        return whole(shape)


@dataclass(frozen=True)
class Flatten(Layer):
    """Rows, then columns, then channels in one vector."""
    vector = True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, prod(shapes[0]))

    def through(self, spans: Spans, shape: Shape) -> Spans:
        return whole(shape)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of the training."""
    epsilon: float

    def parameters(self, shape: Shape) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(("gamma", "beta", "mean", "variance"), (shape[2],))


@dataclass(frozen=True)
class LRN(Layer):
    """x / (k + alpha * sum of squares over `depth` channels around) ** beta (Krizhevsky et al. 2012, section 3.3)."""
    depth: int
    k: float
    alpha: float
    beta: float


@dataclass(frozen=True)
class Add(Layer):
    """Sum of its inputs."""
