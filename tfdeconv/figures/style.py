"""How signals become colours, on which scale, and how numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

# Rec. 601: how bright red, green and blue look
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
SOFT_CHROMA = 1 / 3  # the part of a signal's colour that `soft` leaves


def in_full(signal: np.ndarray) -> np.ndarray:
    """The colours as they are."""
    return signal


def in_grey(signal: np.ndarray) -> np.ndarray:
    """The luminance alone."""
    return np.repeat((signal @ LUMINANCE)[..., None], 3, -1)


def in_soft_colours(signal: np.ndarray) -> np.ndarray:
    """The whole luminance, and a part of the colour.

    Neighbouring pixels of a projection differ more in colour than an eye can sort; what it sees as
    edges is in the luminance.
    """
    luminance = in_grey(signal)
    return luminance + (signal - luminance) * np.float32(SOFT_CHROMA)


# each is linear: [h, w, 3] of red, green and blue -> the same
COLOURS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "rgb": in_full,
    "grey": in_grey,
    "soft": in_soft_colours,
}
# what a legend says of them
COLOUR_NOTES = {
    "rgb": "",
    "grey": "Of its colours the brightness alone is drawn",
    "soft": "Its colours are drawn at a third of their strength",
}
SCALES = {
    "own": "each projection has its own contrast",
    "common": "all projections have the same contrast",
}


@dataclass(frozen=True)
class Style:
    """How projections are drawn."""

    colours: str = "soft"  # of COLOURS
    scale: str = "own"  # of SCALES
    bands: Sequence[int] | None = None  # three channels of the images to draw as colours


def number(value: float) -> str:
    """A value as a person writes it: four digits, or all that stand before the point.

    >>> [number(value) for value in (10860.2, 34.5678, 0.5, -0.012345, 2.5e-7, 3e9)]
    ['10860', '34.57', '0.5', '-0.01235', '2.5e-07', '3e+09']
    """
    if 1000 <= abs(value) < 1e8:
        return f"{value:.0f}"
    return f"{value:.4g}"
