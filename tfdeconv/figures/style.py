"""In which colours and on which scale signals are drawn, and how numbers are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# and what a legend says of them
COLOURS = {
    "soft": "Colours are drawn at a third of their strength",
    "rgb": "",
    "grey": "The brightness alone is drawn, without colours",
}
SCALES = {
    "own": "Each projection has its own scale: grey is zero; its ends, +v and -v, stand below it",
    "common": "All projections have one scale; grey is zero",
}


@dataclass(frozen=True)
class Style:
    """How projections are drawn."""

    colours: str = "soft"  # of COLOURS
    scale: str = "own"  # of SCALES
    bands: Sequence[int] | None = None  # three channels of the images to draw as colours


PLAIN = Style()


def number(value: float) -> str:
    """A value as a person writes it: four digits, or all that stand before the point.

    >>> [number(value) for value in (10860.2, 34.5678, 0.5, -0.012345, 2.5e-7, 3e9)]
    ['10860', '34.57', '0.5', '-0.01235', '2.5e-07', '3e+09']
    """
    if 1000 <= abs(value) < 1e8:
        return f"{value:.0f}"
    return f"{value:.4g}"
