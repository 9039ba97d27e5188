"""Layers of several inputs."""

from __future__ import annotations

from .base import Layer, Merge, Shape


class Add(Merge):
    """Sum of its inputs."""


class Average(Merge):
    """Mean of its inputs."""


class Subtract(Merge):
    """The first of two inputs less the second."""

    def misfit(self, *shapes: Shape) -> str:
        return super().misfit(*shapes) if len(shapes) == 2 else "it takes two inputs"


class Maximum(Merge):
    """The largest of its inputs, in each cell; the first of those that are equal.

    The whole signal goes to the one that it was.
    """


class Minimum(Merge):
    """The smallest of its inputs, as Maximum."""


class Multiply(Merge):
    """Product of its inputs; every rule takes its true derivative."""


class Divide(Merge):
    """The first of two inputs over the second; every rule takes its true derivative."""

    def misfit(self, *shapes: Shape) -> str:
        return super().misfit(*shapes) if len(shapes) == 2 else "it takes two inputs"


class Concatenate(Layer):
    """The channels of its inputs, one after the other."""

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:2], sum(shape[2] for shape in shapes))

    def misfit(self, *shapes: Shape) -> str:
        sizes = {shape[:2] for shape in shapes}
        return "" if len(sizes) == 1 else "their sizes differ"
