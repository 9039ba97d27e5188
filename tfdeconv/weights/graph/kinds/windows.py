"""Windows that move over a map, and means of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ....network.base import Pad
from ....network.spans import Pair
from .base import Kind


@dataclass(frozen=True)
class Pooling(Kind):
    """x, in windows. ceil: one window more where cells are left; count_pads: means count pads."""

    kind: Literal["max", "mean"]
    channel_axis: int
    size: Pair
    stride: Pair
    pad: Pad = 0
    dilation: Pair = (1, 1)
    ceil: bool = False
    count_pads: bool = False


@dataclass(frozen=True)
class AdaptiveMean(Kind):
    """x, to a size: each output the mean of the cells that it overlaps (torch)."""

    channel_axis: int
    size: Pair


@dataclass(frozen=True)
class ChannelMean(Kind):
    """x: the means of windows of `size` neighbours along an axis, where they fit."""

    axis: int
    size: int


@dataclass(frozen=True)
class Reduction(Kind):
    """x, [axes]: mean, maximum, minimum or sum over axes; None: all, or as the input says."""

    kind: Literal["mean", "max", "min", "sum"]
    axes: tuple[int, ...] | None
    keep: bool
