"""Functions of each value, along an axis, or of several tensors; pieces of tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ....network.base import Layer
from ....network.layers import Activation
from .base import Kind


@dataclass(frozen=True)
class Function(Kind):
    """x: a layer of this program's that works on each value by itself.

    function: the same of constants, of FUNCTIONS in constant_arithmetic.py; "" where there is none.
    """

    layer: Activation
    function: str = ""


@dataclass(frozen=True)
class LearnedSlope(Kind):
    """x, slope: x where it is above 0, otherwise slope * x. axis: of x, where the slope has one.

    shared: where only the file will tell the slope's shape, the axes along which it is the same; it
    has all axes but the batch's.
    """

    axis: int | None = None
    shared: tuple[int, ...] = ()


@dataclass(frozen=True)
class AlongChannels(Kind):
    """x: a layer of this program's that works along the channels: softmax, a GLU."""

    layer: Layer
    axis: int


@dataclass(frozen=True)
class Idle(Kind):
    """x as it is: dropout after training, a cast between floats. The outputs beyond are unused.

    kept: it is a layer of its own, as in Keras; otherwise its name is another one of x's layer.
    """

    kept: bool = False


Arithmetic = Literal["add", "subtract", "multiply", "divide", "maximum", "minimum", "average"]


@dataclass(frozen=True)
class Elementwise(Kind):
    """Two or more tensors, value by value; those of length 1 on an axis are repeated along it."""

    operation: Arithmetic


@dataclass(frozen=True)
class Power(Kind):
    """x, exponent: x ** exponent, a constant."""


@dataclass(frozen=True)
class Joined(Kind):
    """Tensors side by side along an axis; new_axis: along one that they do not have yet."""

    axis: int
    new_axis: bool = False


@dataclass(frozen=True)
class Split(Kind):
    """x, [sizes]: in pieces along an axis, an output each.

    sizes: of the pieces, -1 for one that has what is left; None: as the input says, or in equal
    ones, of which the last has what is left: `count` of them, or each of `piece` cells.
    """

    axis: int
    sizes: tuple[int, ...] | None = None
    count: int | None = None
    piece: int | None = None
