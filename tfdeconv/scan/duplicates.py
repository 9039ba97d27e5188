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


class Correlated(NamedTuple):
    """Of each channel of a layer the channels most correlated with it, the most first."""

    channels: np.ndarray  # int [c, n] of the same layer, or of another one
    correlations: np.ndarray  # float [c, n]; 0 where the maxima of one are all equal


def likeness(maxima: MaximaFile | None, layer: str) -> Likeness | None:
    """How like each other a layer's channels are; None where too few maxima were kept."""
    found = most_correlated(maxima, layer, layer, 1)
    if found is None:
        return None
    return Likeness(found.channels[:, 0], found.correlations[:, 0])


def most_correlated(
    maxima: MaximaFile | None, layer: str, other: str, count: int
) -> Correlated | None:
    """So many channels of the other layer for each of a layer, or as many as it has.

    The other may be the layer itself: its channels are not compared with themselves. None where too
    few maxima were kept.
    """
    if maxima is None or not {layer, other} <= maxima.layers.keys():
        return None
    channels, others = (maxima.channels(name) for name in (layer, other))
    # of both layers the same images
    every = max(-(-max(channels, others) * maxima.done // MOST), 1)
    values = counted_maxima(maxima, layer, every)
    if values.shape[1] < FEWEST or (layer == other and channels < 2):
        return None
    standardized = standardized_ranks(values)
    compared = standardized
    if layer != other:
        compared = standardized_ranks(counted_maxima(maxima, other, every))
    count = min(count, others - (layer == other))
    partners = np.zeros((channels, count), int)
    correlations = np.zeros((channels, count))
    for start in range(0, channels, COMPARED):
        some = np.arange(start, min(start + COMPARED, channels))
        found = standardized[some] @ compared.T
        if layer == other:
            # not with itself
            found[some - start, some] = -np.inf
        partners[some] = np.argsort(-found, 1, kind="stable")[:, :count]
        correlations[some] = np.take_along_axis(found, partners[some], 1)
    return Correlated(partners, correlations)


def counted_maxima(maxima: MaximaFile, layer: str, every: int) -> np.ndarray:
    """A layer's maxima of the images that count, of each so many-th: float32 [c, images]."""
    values = maxima.columns(layer, every=every)
    return values[:, ~np.isnan(values[0])]


def standardized_ranks(values: np.ndarray) -> np.ndarray:
    """The ranks of maxima [c, images] in their rows, so that products add up to correlations.

    float32; zeros where all maxima of a channel are equal.
    """
    standardized = np.empty(values.shape, np.float32)
    step = max(RANKED // values.shape[1], 1)
    for start in range(0, len(values), step):
        part = ranks(values[start : start + step])
        part -= part.mean(1, keepdims=True)
        length = np.sqrt((part * part).sum(1, keepdims=True))
        standardized[start : start + step] = part / np.where(length > 0, length, 1)
    return standardized
