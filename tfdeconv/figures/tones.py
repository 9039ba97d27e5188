"""The colours that projections are drawn in. Each is linear: [h, w, 3] of rgb -> the same."""

from __future__ import annotations

from collections.abc import Callable

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


# of style.COLOURS
TONES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "rgb": in_full,
    "grey": in_grey,
    "soft": in_soft_colours,
}
