"""Layers that move values and compute none."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from .base import Layer, Shape
from .spans import Pads, Window


@dataclass(frozen=True)
class Flatten(Layer):
    """Rows, then columns, then channels in one vector."""

    @property
    def vector(self) -> bool:
        return True

    @property
    def whole_map(self) -> bool:
        return True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, prod(shapes[0]))


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
