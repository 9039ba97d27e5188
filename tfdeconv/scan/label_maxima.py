"""What a layer's channels do at the images of each label: from the maxima of every image.

Selectivity is that of Morcos et al. (2018, "On the importance of single directions for
generalization"), of maxima in place of means over a map: (largest - others) / (largest + others),
of a channel's mean maximum over the images of each label the largest, and the mean of those of the
other labels. 0: all labels fire it alike; 1: one alone does. Needs no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..memory import refuse_beyond_memory
from .image_labels import LabelledImages, labelled_images
from .maxima import ROWS, MaximaFile
from .run import Run

BYTES = 16  # of a label and a channel: two sums of float64


@dataclass(frozen=True)
class LabelMaxima:
    """A layer's k labels, in alphabetical order, and c channels."""

    labels: Sequence[str]
    # int [k] of those that count
    images: np.ndarray
    # float [k, c] mean of the images' maxima, which are float16
    means: np.ndarray
    # float [k, c] share of the images that fire the channel: whose maximum is above 0
    firing: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """The label with the largest mean, by its place: int [c]."""
        return self.means.argmax(0)

    @property
    def largest(self) -> np.ndarray:
        """Its mean: float [c]."""
        return self.means.max(0)

    @property
    def others(self) -> np.ndarray:
        """The mean of the other labels' means: float [c]; NaN where there is one label alone."""
        count = len(self.labels)
        if count < 2:
            return np.full(self.means.shape[1], np.nan)
        return (self.means.sum(0) - self.largest) / (count - 1)

    @property
    def selectivity(self) -> np.ndarray:
        """Of each channel: float [c], 0 to 1.

        NaN where it means nothing: for a dead channel, one whose mean is negative for some label,
        and where there is one label alone.
        """
        largest, others = self.largest, self.others
        usable = (self.means >= 0).all(0) & (largest > 0)
        nan = np.full(len(largest), np.nan)
        return np.divide(largest - others, largest + others, out=nan, where=usable)


def label_maxima(
    run: Run, maxima: MaximaFile | None, layer: str, labelled: LabelledImages | None = None
) -> LabelMaxima | None:
    """What a layer's channels do at each label; None without its maxima, or without labels.

    labelled: labelled_images(run). Raises UserError where the labels are so many that this does
    not fit into memory.
    """
    labelled = labelled or labelled_images(run)
    if maxima is None or layer not in maxima.layers or not labelled:
        return None
    columns = maxima.layers[layer]
    channels = columns.stop - columns.start
    labels = sorted(labelled.counts)
    refuse_beyond_memory(
        BYTES * len(labels) * channels,
        f"the means of {len(labels):,} labels and the {channels:,} channels of {layer}",
        "label the images with fewer classes",
    )
    place = label_places(run, maxima, labelled.labels, labels)
    sums = np.zeros((len(labels), channels))
    fired = np.zeros((len(labels), channels))
    for start in range(0, maxima.done, ROWS):
        places = place[start : start + ROWS]
        rows = np.flatnonzero(places >= 0)
        if not rows.size:
            continue
        rows = rows[np.argsort(places[rows], kind="stable")]
        part = np.array(maxima.array[start : start + ROWS, columns])[rows].astype(float)
        # where each label's images begin
        some, begins = np.unique(places[rows], return_index=True)
        sums[some] += np.add.reduceat(part, begins)
        fired[some] += np.add.reduceat((part > 0).astype(float), begins)
    images = np.array([labelled.counts[label] for label in labels])
    return LabelMaxima(labels, images, sums / images[:, None], fired / images[:, None])


def label_places(
    run: Run, maxima: MaximaFile, of_images: Sequence[str], labels: Sequence[str]
) -> np.ndarray:
    """The place among the labels of each image seen: int [images]; -1 where none counts."""
    place_of = {label: place for place, label in enumerate(labels)}
    start = run.settings.range.start
    places = np.full(maxima.done, -1)
    for row in np.flatnonzero(maxima.counted).tolist():
        places[row] = place_of.get(of_images[start + row], -1)
    return places
