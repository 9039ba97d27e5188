"""Functions of each value, with and without parameters, and those across the channels of a cell."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Layer, ParameterShapes, Shape

# Functions of which every rule takes the true derivative.
#
# Those that stand in a ReLU's place are bounded below and near x above: at these a rule that
# rectifies does so, as at a ReLU. All others leave the signal's sign alone.
SMOOTH_RECTIFIERS = (
    "silu",
    "hard_silu",
    "gelu",
    "gelu_tanh",
    "elu",
    "selu",
    "celu",
    "mish",
    "softplus",
    "squareplus",
    "sparse_plus",
)
OTHER_FUNCTIONS = (
    "sigmoid",
    "tanh",
    "hard_sigmoid",
    "log_sigmoid",
    "softsign",
    "exponential",
    "tanh_shrink",
    "hard_shrink",
    "soft_shrink",
    "clip",
    "abs",
    "square",
)
# of arithmetic rather than of networks; the last four are not defined everywhere
ARITHMETIC = ("negative", "erf", "log", "sqrt", "reciprocal", "power")
# {function: whether it stands in a ReLU's place}
SMOOTH = dict.fromkeys(OTHER_FUNCTIONS + ARITHMETIC, False) | dict.fromkeys(SMOOTH_RECTIFIERS, True)
ACTIVATIONS = ("relu", *SMOOTH)
# the functions with a constant, and what it is where a layer does not say
CONSTANTS = {
    "elu": 1.0,
    "celu": 1.0,
    "squareplus": 4.0,
    # how sharply it bends: softplus(constant * x) / constant
    "softplus": 1.0,
    # the exponent
    "power": 2.0,
    # the slope at 0: 0.2 in Keras 2, a half in Keras's sparse_sigmoid
    "hard_sigmoid": 1 / 6,
    # half the width of what becomes 0
    "hard_shrink": 0.5,
    "soft_shrink": 0.5,
}


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each value, one of ACTIVATIONS.

    slope        of relu, below its threshold (leaky ReLU): slope * (x - threshold)
    threshold    of relu, at least 0: what is not above it counts as below 0 does
    ceiling      of relu (ReLU6) and clip
    floor        of clip, which is min(max(x, floor), ceiling); -1 and 1 make hard_tanh
    constant     of those in CONSTANTS; None: as it is there
    offset       of hard_sigmoid, its value at 0; None: a half
    """

    kind: str = "relu"
    slope: float = 0.0
    ceiling: float | None = None
    threshold: float = 0.0
    floor: float | None = None
    constant: float | None = None
    offset: float | None = None

    @property
    def stands_for_relu(self) -> bool:
        """Whether a rule that rectifies the signal at a ReLU does so here."""
        return SMOOTH.get(self.kind, True)

    @property
    def never_negative(self) -> bool:
        """Whether nothing below 0 leaves it, whatever goes in."""
        if self.kind == "relu":
            return not self.slope
        if self.kind == "clip":
            return self.floor is not None and self.floor >= 0
        return self.kind in NEVER_NEGATIVE


RELU = Activation()
NEVER_NEGATIVE = (
    "sigmoid",
    "hard_sigmoid",
    "softplus",
    "squareplus",
    "sparse_plus",
    "exponential",
    "abs",
    "square",
    "sqrt",
)


@dataclass(frozen=True)
class PReLU(Layer):
    """A leaky ReLU whose slopes were learned: one for all, or one for each row, column, channel.

    He et al. 2015, section 2.1
    """

    by_row: bool = False
    by_column: bool = False
    by_channel: bool = True

    def parameters(self, shape: Shape) -> ParameterShapes:
        varies = (self.by_row, self.by_column, self.by_channel)
        extents = [extent if each else 1 for extent, each in zip(shape, varies)]
        return {"slope": tuple(extents)}


class GLU(Layer):
    """The first half of the channels times the sigmoid of the second (Dauphin et al. 2017)."""

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = shapes[0]
        return height, width, channels // 2

    def misfit(self, *shapes: Shape) -> str:
        if shapes[0][2] % 2:
            return "it takes an even number of channels"
        return super().misfit(*shapes)


class Softmax(Layer):
    """exp(x) over its sum across channels; every rule takes its true derivative."""


class LogSoftmax(Layer):
    """The logarithm of Softmax."""
