"""Norms."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Kind


@dataclass(frozen=True)
class BatchNormalization(Kind):
    """x, [scale], [shift], mean, variance: with the statistics of the training."""

    channel_axis: int
    epsilon: float


@dataclass(frozen=True)
class Scaling(Kind):
    """x, [scale], [shift]: x * scale + shift, each a number or one for each place on an axis."""

    axis: int


@dataclass(frozen=True)
class Standardization(Kind):
    """x, mean, variance: (x - mean) / deviation, which is not below `least`; inverse: its inverse.

    For each place on an axis.
    """

    axis: int
    least: float = 0.0
    inverse: bool = False


@dataclass(frozen=True)
class GroupNormalization(Kind):
    """x, [scale], [shift]: with the statistics of each group of channels over the whole map.

    groups: 0 stands for as many as the axis is long (instance normalisation).
    """

    channel_axis: int
    epsilon: float
    groups: int = 0


@dataclass(frozen=True)
class LayerNormalization(Kind):
    """x, [scale], [shift]: over these axes, negative ones from the end."""

    axes: tuple[int, ...]
    epsilon: float


@dataclass(frozen=True)
class RmsNormalization(Kind):
    """x, [scale]: x / sqrt(mean of squares + epsilon) along an axis."""

    axis: int
    epsilon: float


@dataclass(frozen=True)
class UnitNormalization(Kind):
    """x over its length along an axis, whose square is epsilon at least."""

    axis: int
    epsilon: float = 1e-12


@dataclass(frozen=True)
class LocalResponse(Kind):
    """x / (k + alpha * sum of squares over `depth` channels around) ** beta.

    before: how many of them are before the channel itself; None: half of them.
    """

    channel_axis: int
    depth: int
    k: float
    alpha: float
    beta: float
    before: int | None = None
