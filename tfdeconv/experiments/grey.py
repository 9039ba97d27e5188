"""The grey that hides a part of a photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.preprocessing import Preprocessing


@dataclass(frozen=True)
class Grey:
    """value [c]: in the network's input space; name: what it is, in a few words."""

    value: np.ndarray
    name: str


def grey_for(preprocessing: Preprocessing, x: np.ndarray) -> Grey:
    """What hides parts of an image x [1, h, w, c] as the network sees it.

    The mean that the preprocessing subtracts: zero. Where it subtracts none, zero would be black,
    and it is the image's own mean of each channel.
    """
    if any(preprocessing.mean):
        return Grey(np.zeros(x.shape[3], x.dtype), "the mean that the preprocessing subtracts")
    mean = x.mean((0, 1, 2), dtype=np.float64).astype(x.dtype)
    return Grey(mean, "the photo's own mean, as the preprocessing subtracts none")
