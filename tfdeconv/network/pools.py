"""Pools: of windows, and of the whole map."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Layer, Pad, Shape, Windowed
from .spans import Pair


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

    @property
    def whole_map(self) -> bool:
        return True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, shapes[0][2])


class GlobalAvgPool(GlobalPool):
    """Mean of each feature map."""


class GlobalMaxPool(GlobalPool):
    """Maximum of each feature map."""
