"""What is worked out from constants and shapes."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Kind


@dataclass(frozen=True)
class ShapeOf(Kind):
    """x: its shape as integers, from `start` to `stop`; axis: the length of that one alone."""

    start: int = 0
    stop: int | None = None
    axis: int | None = None


@dataclass(frozen=True)
class Cast(Kind):
    """x as another type: numpy's name. Between floats it is idle."""

    dtype: str


@dataclass(frozen=True)
class Choice(Kind):
    """condition, x, y: x where the condition, a constant, holds; otherwise y."""


@dataclass(frozen=True)
class Computation(Kind):
    """Constants alone, or nothing: a function of FUNCTIONS in constant_arithmetic.py, by its name.

    arguments: what follows the inputs.
    """

    function: str
    arguments: tuple = ()
