"""How features evolve from one file of a network to the next (Zeiler & Fergus 2014, figure 4).

Files are epochs of a training, or a network before and after fine-tuning, each with a scan's run
over the same images. A feature *jumps* where its strongest image, or its place in that image, is
not what it was in the file before; and it has *moved* as far as its maxima over all images have
another order. Needs no TensorFlow.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..scan.maxima import MaximaFile
from ..scan.residual import correlation, ranks
from ..scan.run import Run

RANKED = 1 << 22  # maxima whose ranks are taken at a time
# what may become of a feature's strongest unit from one file to the next
SAME, OTHER_PLACE, OTHER_IMAGE = "none", "place", "image"


class Epoch(NamedTuple):
    """A file of the network, and the run that was scanned with it."""

    name: str
    run: Run
    maxima: MaximaFile


@dataclass(frozen=True)
class Shift:
    """What became of a layer's c features from one file to another.

    A feature can be compared where it fires in both files: where the activation of its strongest
    unit is not 0. Of others nothing is said: numbers are NaN.
    """

    layer: str
    before: str  # the names of the files
    after: str
    images: int  # that count in both runs
    comparable: np.ndarray  # bool [c]
    died: np.ndarray  # bool [c] fires in the first file alone
    woke: np.ndarray  # bool [c] fires in the second alone
    # float [c], Spearman's, of its maxima over the images; NaN for maxima that are all equal, too
    correlations: np.ndarray
    shared: np.ndarray  # float [c] so many of its strongest images are the same ...
    strongest: np.ndarray  # float [c] ... of so many: `top` of the runs, or fewer that fire it
    other_image: np.ndarray  # bool [c] the strongest image is another one
    other_place: np.ndarray  # bool [c] it is the same image, and another unit of its map
    distance: np.ndarray  # float [c] between these units, in cells of the map; of one image alone

    @property
    def shared_part(self) -> np.ndarray:
        """Which part of its strongest images a feature has kept: float [c], from 0 to 1."""
        return self.shared / self.strongest

    def jump(self, channel: int) -> str | None:
        """SAME, OTHER_PLACE or OTHER_IMAGE of a feature; None where it cannot be compared."""
        if not self.comparable[channel]:
            return None
        if self.other_image[channel]:
            return OTHER_IMAGE
        return OTHER_PLACE if self.other_place[channel] else SAME


def shift_of(before: Epoch, after: Epoch, layer: str) -> Shift:
    """What became of a layer's features from one file to another, both scanned to the end."""
    first = before.run.state[layer]
    second = after.run.state[layer]
    fired = fires(first["values"], first["images"])
    fires_now = fires(second["values"], second["images"])
    comparable = fired[:, 0] & fires_now[:, 0]
    same_image = first["images"][:, 0] == second["images"][:, 0]
    steps = second["positions"][:, 0].astype(float) - first["positions"][:, 0]
    distance = np.hypot(steps[:, 0], steps[:, 1])
    common = (first["images"][:, :, None] == second["images"][:, None]) & fired[:, :, None]
    shared = (common & fires_now[:, None]).any(2).sum(1)
    strongest = np.maximum(fired.sum(1), fires_now.sum(1))
    counted = before.maxima.counted & after.maxima.counted
    return Shift(
        layer=layer,
        before=before.name,
        after=after.name,
        images=int(counted.sum()),
        comparable=comparable,
        died=fired[:, 0] & ~fires_now[:, 0],
        woke=fires_now[:, 0] & ~fired[:, 0],
        correlations=where(comparable, rank_correlations(before, after, layer, counted)),
        shared=where(comparable, shared),
        strongest=where(comparable, strongest),
        other_image=comparable & ~same_image,
        other_place=comparable & same_image & (distance > 0),
        distance=where(comparable & same_image, distance),
    )


def fires(values: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Which of the kept units [c, top] fire, as pictures have it: not 0, which is dead."""
    return (images >= 0) & (values != 0)


def where(defined: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values as float, NaN where they are not defined."""
    return np.where(defined, values, np.nan)


def rank_correlations(before: Epoch, after: Epoch, layer: str, counted: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each channel's maxima in two runs: float [c].

    counted: the images to compare, bool [images]. NaN where maxima are all equal, or there are
    fewer than two images.
    """
    channels = before.maxima.channels(layer)
    step = max(1, RANKED // max(len(counted), 1))
    parts = []
    for start in range(0, channels, step):
        some = slice(start, start + step)
        first = before.maxima.columns(layer, some)[:, counted]
        second = after.maxima.columns(layer, some)[:, counted]
        parts.append(correlation(ranks(first), ranks(second)))
    return np.concatenate(parts)


def steps_of(epochs: Sequence[Epoch], layer: str) -> list[Shift]:
    """From each file to the next one."""
    return [shift_of(before, after, layer) for before, after in zip(epochs, epochs[1:])]


def random_features(epochs: Sequence[Epoch], layer: str, count: int, seed: int) -> np.ndarray:
    """So many of a layer's channels by chance, ascending: int32 [at most count].

    Those that fire in one of the files at least, and dead ones only where these do not suffice.
    The same seed gives the same ones for any files, as long as the same channels fire.
    """
    alive = np.zeros(0, bool)
    for epoch in epochs:
        state = epoch.run.state[layer]
        fired = fires(state["values"], state["images"])[:, 0]
        alive = fired | alive if alive.size else fired
    # layers of the same size have features of their own
    rng = np.random.default_rng([seed, zlib.crc32(layer.encode())])
    order = rng.permutation(len(alive))
    chosen = order[np.argsort(~alive[order], kind="stable")][:count]
    return np.sort(chosen).astype(np.int32)
