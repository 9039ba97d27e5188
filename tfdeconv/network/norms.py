"""Layers that scale and shift: by constants, or by statistics of the map itself."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Layer, ParameterShapes, Shape, misfit_of_groups


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


class Affine(Layer):
    """x * scale + shift in each channel, as networks that normalise their images have it."""

    def parameters(self, shape: Shape) -> ParameterShapes:
        return {"scale": (shape[2],), "shift": (shape[2],)}


@dataclass(frozen=True)
class LRN(Layer):
    """x / (k + alpha * sum of squares over the `depth` channels around) ** beta.

    Local response normalisation: Krizhevsky et al. 2012, section 3.3.
    """

    depth: int
    k: float
    alpha: float
    beta: float


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
