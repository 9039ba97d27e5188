"""What a run's images are labelled as, and which labels a layer's channels fire at."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .consistency import counted_images

if TYPE_CHECKING:
    import numpy as np

    from .run import Run


@dataclass(frozen=True)
class ChannelLabel:
    """The label that most of a channel's strongest images have."""

    label: str
    share: float  # of the strongest images, 0 to 1
    share_of_all: float  # of all images that count, 0 to 1

    @property
    def selectivity(self) -> float:
        """How many times as frequent it is among the strongest: 1 is chance."""
        return self.share / self.share_of_all


def labels_of(run: Run) -> Sequence[str]:
    """A label of each image: of its list, or its directory's name; none where it has neither.

    "" where a line of the list has none.
    """
    return run.labels or folder_labels(run.names)


def folder_labels(names: Sequence[str]) -> Sequence[str]:
    """The names of the images' directories if these are classes.

    Every image is in one, and there are at least two.

    >>> folder_labels(["val/cat/1.png", "val/dog/1.png"]), folder_labels(["cat/1.png", "2.png"])
    (['cat', 'dog'], [])
    """
    folders = [os.path.basename(os.path.dirname(name)) for name in names]
    distinct = set(folders)
    return [] if "" in distinct or len(distinct) < 2 else folders


def channel_labels(run: Run, layer: str) -> list[ChannelLabel | None]:
    """The label of each of a layer's channels; None of one without, as one that never fired.

    Of labels that are equally frequent that of the strongest image.
    """
    labels = labels_of(run)
    arrays = run.state[layer]
    found: list[ChannelLabel | None] = [None] * len(arrays["values"])
    if not labels:
        return found
    totals = label_counts(run, labels)
    images = sum(totals.values())
    for channel, (values, numbers) in enumerate(zip(arrays["values"], arrays["images"])):
        strongest = Counter(labels_at(labels, numbers[(numbers >= 0) & (values != 0)]))
        if strongest:
            label, count = strongest.most_common(1)[0]
            share = count / sum(strongest.values())
            found[channel] = ChannelLabel(label, share, totals[label] / images)
    return found


def label_counts(run: Run, labels: Sequence[str]) -> Counter[str]:
    """How many of the images that count have each label."""
    numbers = run.settings.range.start + counted_images(run).nonzero()[0]
    return Counter(labels_at(labels, numbers))


def labels_at(labels: Sequence[str], numbers: np.ndarray) -> list[str]:
    """The labels of images by their numbers, of those that have one."""
    return [labels[number] for number in numbers.tolist() if labels[number]]
