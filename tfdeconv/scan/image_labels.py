"""What a run's images are labelled as, and which labels a layer's channels fire at."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma
from typing import TYPE_CHECKING

from ..data.folders import ARCHIVE_SUFFIXES, has_suffix
from .consistency import counted_images

if TYPE_CHECKING:
    import numpy as np

    from .run import Run


@dataclass(frozen=True)
class LabelledImages:
    """The labels of a run's images."""

    labels: Sequence[str]  # of all images of the list; "" of one without
    counts: Counter[str]  # how many of the images that count have each

    @property
    def total(self) -> int:
        """Images that count and have a label."""
        return self.counts.total()


@dataclass(frozen=True)
class LabelShare:
    """How often a label occurs among a channel's strongest images, and among all.

    Only images that have a label are counted, and of the strongest only those that fire it.
    """

    label: str
    count: int  # of the strongest
    strongest: int
    images: int  # of all that count
    total: int

    @property
    def share(self) -> float:
        """Of the strongest, 0 to 1."""
        return self.count / self.strongest

    @property
    def share_of_all(self) -> float:
        """Of all images that count, 0 to 1."""
        return self.images / self.total

    @property
    def lift(self) -> float:
        """How many times as frequent it is among the strongest: 1 is chance."""
        return self.share / self.share_of_all

    @property
    def chance(self) -> float:
        """The p-value: how likely so many or more are among as many images drawn at random.

        Of this one label of one channel: of 1,000 labels some come to 0.001.
        """
        return chance_of(self.count, self.strongest, self.images, self.total)


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
    # shards of images are no classes
    in_no_class = "" in distinct or any(has_suffix(folder, ARCHIVE_SUFFIXES) for folder in distinct)
    return [] if in_no_class or len(distinct) < 2 else folders


def labelled_images(run: Run) -> LabelledImages | None:
    """The labels of a run's images; None where none that counts has one."""
    labels = labels_of(run)
    if not labels:
        return None
    numbers = run.settings.range.start + counted_images(run).nonzero()[0]
    counts = Counter(labels_at(labels, numbers))
    return LabelledImages(labels, counts) if counts else None


def labels_at(labels: Sequence[str], numbers: np.ndarray) -> list[str]:
    """The labels of images by their numbers, of those that have one."""
    return [labels[number] for number in numbers.tolist() if labels[number]]


def strongest_labels(
    run: Run, layer: str, channel: int, labelled: LabelledImages | None = None
) -> list[LabelShare]:
    """The labels of a channel's strongest images, the most frequent first.

    Of labels that are equally frequent that of the strongest image comes first. None for a channel
    without, as one that never fired. labelled: labelled_images(run), which takes a second of a
    million images.
    """
    labelled = labelled or labelled_images(run)
    if not labelled:
        return []
    arrays = run.state[layer]
    numbers = arrays["images"][channel]
    fired = (numbers >= 0) & (arrays["values"][channel] != 0)
    strongest = Counter(labels_at(labelled.labels, numbers[fired]))
    shares: list[LabelShare] = []
    for label, count in strongest.most_common():
        images = labelled.counts[label]
        shares.append(LabelShare(label, count, strongest.total(), images, labelled.total))
    return shares


def channel_labels(
    run: Run, layer: str, labelled: LabelledImages | None = None
) -> list[LabelShare | None]:
    """The most frequent label of each of a layer's channels; None of one without."""
    count = len(run.state[layer]["values"])
    found: list[LabelShare | None] = [None] * count
    labelled = labelled or labelled_images(run)
    if not labelled:
        return found
    for channel in range(count):
        shares = strongest_labels(run, layer, channel, labelled)
        if shares:
            found[channel] = shares[0]
    return found


def chance_of(least: int, drawn: int, labelled: int, total: int) -> float:
    """How likely at least so many of some images drawn at random have a label: hypergeometric.

    drawn: images that are drawn; labelled: of the total those that have the label.

    >>> round(chance_of(1, 1, 3, 12), 9), round(chance_of(2, 2, 3, 12), 9), chance_of(0, 2, 3, 12)
    (0.25, 0.045454545, 1.0)
    """
    others = total - labelled
    fewest = max(0, drawn - others)
    if least <= fewest:
        return 1.0
    if least > min(drawn, labelled):
        return 0.0
    ways = log_ways(labelled, least) + log_ways(others, drawn - least) - log_ways(total, drawn)
    term = exp(ways)
    tail = 0.0
    for count in range(least, min(drawn, labelled) + 1):
        tail += term
        term *= (labelled - count) * (drawn - count)
        term /= (count + 1) * (others - drawn + count + 1)
    return min(tail, 1.0)


def log_ways(total: int, some: int) -> float:
    """The logarithm of how many ways there are to choose some of a total."""
    return lgamma(total + 1) - lgamma(some + 1) - lgamma(total - some + 1)
