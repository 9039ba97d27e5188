"""Ranges in steps on the command line: `-60:60:5`, `1:1.8:0.05`."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from fractions import Fraction

from ..experiment_limits import MAX_STEPS

NUMBER = r"-?\d{1,6}(?:\.\d{1,6})?"
RANGE = re.compile(rf"({NUMBER}):({NUMBER}):({NUMBER})")
# at the least a photo of 224 x 224 is 22 pixels wide, at the most 22 of its pixels are seen
SCALES = (Fraction(1, 10), Fraction(10))


@dataclass(frozen=True)
class Steps:
    """From the first in steps up to the last, which is one of them if the steps meet it.

    >>> str(Steps(Fraction(1), Fraction("1.2"), Fraction("0.1"))), steps("1:1.2:0.1").amounts
    ('1:1.2:0.1', (1.0, 1.1, 1.2))
    """

    first: Fraction
    last: Fraction
    step: Fraction

    @property
    def amounts(self) -> tuple[float, ...]:
        count = int((self.last - self.first) / self.step) + 1
        return tuple(float(self.first + number * self.step) for number in range(count))

    def __str__(self) -> str:
        return ":".join(f"{float(each):g}" for each in (self.first, self.last, self.step))


def steps(text: str) -> Steps:
    """`-60:60:5` -> from -60 to 60 in steps of 5; exits where it is none."""
    match = RANGE.fullmatch(text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not FIRST:LAST:STEP such as 1:1.8:0.05")
    first, last, step = map(Fraction, match.groups())
    if step <= 0 or last < first:
        raise argparse.ArgumentTypeError(
            f"{text!r} does not go up from its first to its last: write FIRST:LAST:STEP such as "
            f"-60:60:5"
        )
    if (last - first) / step >= MAX_STEPS:
        raise argparse.ArgumentTypeError(
            f"{text!r} has more than {MAX_STEPS:,} steps: give a larger STEP"
        )
    return Steps(first, last, step)


def whole_steps(text: str) -> Steps:
    """steps() of whole numbers."""
    found = steps(text)
    if found.first.denominator != 1 or found.step.denominator != 1:
        raise argparse.ArgumentTypeError(
            f"{text!r}: photos are moved by whole pixels: write such as -60:60:5"
        )
    return found


def positive_steps(text: str) -> Steps:
    """steps() of scales, within what a photo can be scaled by."""
    found = steps(text)
    low, high = SCALES
    if found.first < low or found.last > high:
        raise argparse.ArgumentTypeError(
            f"{text!r}: photos are scaled by {float(low):g} to {float(high):g}"
        )
    return found
