"""Axes: a range with round ticks, or names in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import numpy as np

from ...words import number

STEPS = (1, 2, 5, 10)
ROUNDING = 1e-9  # of a step: a tick that float arithmetic puts beside an end is at it


@dataclass(frozen=True)
class Axis:
    """A range of values, and the ticks in it."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]  # of the ticks
    title: str = ""
    named: bool = False  # labels are names of things, and not numbers of a range

    def part(self, values: np.ndarray | float) -> np.ndarray:
        """Where values are: 0 at the low end, 1 at the high one."""
        return (np.asarray(values, np.float64) - self.low) / (self.high - self.low)


def round_step(low: float, high: float, most: int) -> float:
    """The smallest of 1, 2 and 5 times a power of ten of which at most so many fit into a range.

    >>> round_step(0, 1, 5), round_step(0, 224, 6), round_step(-3e-5, 2e-5, 5)
    (0.2, 50, 1e-05)
    """
    power = floor(log10((high - low) / most))
    for step in STEPS:
        # a negative power of ten is not exact, and a number over a positive one is
        value = step * 10**power if power >= 0 else step / 10**-power
        if (high - low) / value <= most * (1 + ROUNDING):
            return value
    raise AssertionError((low, high, most))


def round_axis(
    low: float, high: float, title: str = "", most: int = 6, to_ticks: bool = True
) -> Axis:
    """An axis of a range with at most so many steps; to_ticks: the range grows to its next ticks.

    >>> round_axis(0.03, 0.97).labels
    ('0', '0.2', '0.4', '0.6', '0.8', '1')
    >>> axis = round_axis(-30, 30, most=6, to_ticks=False)
    >>> axis.low, axis.labels
    (-30, ('-30', '-20', '-10', '0', '10', '20', '30'))
    """
    if not (isfinite(low) and isfinite(high)):
        low, high = 0.0, 1.0
    if high <= low:
        room = abs(low) / 2 or 0.5
        low, high = low - room, low + room
    step = round_step(low, high, most)
    if to_ticks:
        first, last = floor(low / step + ROUNDING), ceil(high / step - ROUNDING)
        low, high = first * step, last * step
    else:
        first, last = ceil(low / step - ROUNDING), floor(high / step + ROUNDING)
    ticks = tuple(float(f"{count * step:.12g}") for count in range(first, last + 1))
    return Axis(low, high, ticks, tuple(map(number, ticks)), title)


def range_axis(values: Sequence[np.ndarray], title: str = "", most: int = 6) -> Axis:
    """An axis for all finite values of some arrays."""
    finite = [array[np.isfinite(array)] for array in values]
    joined = np.concatenate([*finite, np.zeros(0)])
    if not joined.size:
        return round_axis(0, 1, title, most)
    return round_axis(float(joined.min()), float(joined.max()), title, most)


def named_axis(names: Sequence[str], title: str = "") -> Axis:
    """An axis with a place for each of some things: the first at 0, the next at 1."""
    places = tuple(float(place) for place in range(len(names)))
    return Axis(-0.5, max(len(names), 1) - 0.5, places, tuple(names), title, named=True)
