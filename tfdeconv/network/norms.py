"""Layers that scale and shift: by constants, or by statistics of the map itself."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Layer, ParameterShapes, Shape, misfit_of_groups
from .spans import Pair


@dataclass(frozen=True)
class BatchNorm(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of the training.

    scale, center: whether there is a gamma, a beta.
    """

    epsilon: float
    scale: bool = True
    center: bool = True

    def parameters(self, shape: Shape) -> ParameterShapes:
        channels = shape[2:]
        own = gamma_and_beta(channels, self.scale, self.center)
        return own | {"mean": channels, "variance": channels}


@dataclass(frozen=True)
class Affine(Layer):
    """x * scale + shift by constants, as networks that normalise their images have it.

    The constants are one for each channel; or, as by_row and so on say, for each row, column and
    channel, as positions are. scale, shift: whether there is one.
    """

    by_row: bool = False
    by_column: bool = False
    by_channel: bool = True
    scale: bool = True
    shift: bool = True

    @property
    def by_cell(self) -> bool:
        """Whether cells have constants of their own."""
        return self.by_row or self.by_column

    def parameters(self, shape: Shape) -> ParameterShapes:
        varies = (self.by_row, self.by_column, self.by_channel)
        extents = tuple(extent if each else 1 for extent, each in zip(shape, varies))
        if not self.by_cell:
            extents = extents[2:]
        has = {"scale": self.scale, "shift": self.shift}
        return {name: extents for name in has if has[name]}


@dataclass(frozen=True)
class LRN(Layer):
    """x / (k + alpha * sum of squares over the `depth` channels around) ** beta.

    Local response normalisation: Krizhevsky et al. 2012, section 3.3. Where an alpha is one of the
    squares' mean it is `depth` times this one. before: the channels around that are before the own
    one; None: half of the depth, which is one more than behind it where the depth is even.
    """

    depth: int
    k: float
    alpha: float
    beta: float
    before: int | None = None

    @property
    def around(self) -> Pair:
        """Channels of the window before and behind the own one."""
        before = self.depth // 2 if self.before is None else self.before
        return before, self.depth - 1 - before


@dataclass(frozen=True)
class LayerNorm(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, over the channels of each cell.

    Ba et al. 2016. scale, center: as in BatchNorm.
    """

    epsilon: float
    scale: bool = True
    center: bool = True

    def parameters(self, shape: Shape) -> ParameterShapes:
        return gamma_and_beta(shape[2:], self.scale, self.center)


@dataclass(frozen=True)
class GroupNorm(Layer):
    """LayerNorm over the whole map, by groups of channels (Wu & He 2018).

    As many groups as channels make instance normalisation. by_cell: gamma and beta have a value for
    each cell of the map and each channel, not for each channel.
    """

    groups: int
    epsilon: float
    scale: bool = True
    center: bool = True
    by_cell: bool = False

    @property
    def whole_map(self) -> bool:
        return True

    def misfit(self, *shapes: Shape) -> str:
        return super().misfit(*shapes) or misfit_of_groups(self.groups, shapes[0][2])

    def parameters(self, shape: Shape) -> ParameterShapes:
        return gamma_and_beta(shape if self.by_cell else shape[2:], self.scale, self.center)


@dataclass(frozen=True)
class RMSNorm(Layer):
    """gamma * x / sqrt(mean of x^2 + epsilon), over the channels of each cell.

    Zhang & Sennrich 2019
    """

    epsilon: float
    scale: bool = True

    def parameters(self, shape: Shape) -> ParameterShapes:
        return gamma_and_beta(shape[2:], self.scale, False)


@dataclass(frozen=True)
class UnitNorm(Layer):
    """x over the length of its cell's vector of channels, whose square is epsilon at least."""

    epsilon: float = 1e-12


def gamma_and_beta(shape: tuple[int, ...], scale: bool, center: bool) -> ParameterShapes:
    """A norm's own parameters, as far as it has them."""
    parameters = {}
    if scale:
        parameters["gamma"] = shape
    if center:
        parameters["beta"] = shape
    return parameters
