"""Channels of a layer that fire at the same images: near duplicates, by the maxima that were kept.

Two channels are near duplicates where the ranks of their maxima over the images have a correlation
(Spearman's) of at least 0.95: they put nine of ten pairs of images in the same order. Needs no
TensorFlow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .maxima import MaximaFile
from .residual import ranks

ALIKE = 0.95
# of fewer images so high a correlation says little
FEWEST = 30
# maxima of a layer that are compared: of more images evenly spaced ones
MOST = 1 << 24
RANKED = 1 << 21  # maxima whose ranks are taken at a time
COMPARED = 256  # channels that are compared with all others at a time


class Likeness(NamedTuple):
    """Of each channel the one most like it."""

    # int [c]; of a channel whose maxima are all equal 0
    partner: np.ndarray
    # float [c] the correlation with it; of such a channel 0
    correlation: np.ndarray

    @property
    def alike(self) -> np.ndarray:
        """Which channels have a near duplicate: bool [c]."""
        return self.correlation >= ALIKE


def likeness(maxima: MaximaFile | None, layer: str) -> Likeness | None:
    """How like each other a layer's channels are; None where too few maxima were kept."""
    if maxima is None or layer not in maxima.layers:
        return None
    columns = maxima.layers[layer]
    channels = columns.stop - columns.start
    every = -(-channels * maxima.done // MOST)
    values = maxima.columns(layer, every=max(every, 1))
    values = values[:, ~np.isnan(values[0])]
    if values.shape[1] < FEWEST or channels < 2:
        return None
    standardized = np.empty(values.shape, np.float32)
    step = max(RANKED // values.shape[1], 1)
    for start in range(0, channels, step):
        part = ranks(values[start : start + step])
        part -= part.mean(1, keepdims=True)
        length = np.sqrt((part * part).sum(1, keepdims=True))
        standardized[start : start + step] = part / np.where(length > 0, length, 1)
    partner = np.zeros(channels, int)
    correlation = np.zeros(channels)
    for start in range(0, channels, COMPARED):
        some = np.arange(start, min(start + COMPARED, channels))
        found = standardized[some] @ standardized.T
        # not with itself
        found[some - start, some] = -np.inf
        partner[some] = found.argmax(1)
        correlation[some] = found.max(1)
    return Likeness(partner, correlation)
