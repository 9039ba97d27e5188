"""Layers of several inputs."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Layer, Merge, Shape


@dataclass(frozen=True)
class Add(Merge):
    """Sum of its inputs."""


@dataclass(frozen=True)
class Average(Merge):
    """Mean of its inputs."""


@dataclass(frozen=True)
class Subtract(Merge):
    """The first of two inputs less the second."""


@dataclass(frozen=True)
class Maximum(Merge):
    """The largest of its inputs, in each cell; the first of those that are equal.

    The whole signal goes to the one that it was.
    """


@dataclass(frozen=True)
class Minimum(Merge):
    """The smallest of its inputs, as Maximum."""


@dataclass(frozen=True)
class Multiply(Merge):
    """Product of its inputs; every rule takes its true derivative."""


@dataclass(frozen=True)
class Concatenate(Layer):
    """The channels of its inputs, one after the other."""

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:2], sum(shape[2] for shape in shapes))
