"""Which parts of a photo a feature needs: a grey square slides over it (Zeiler & Fergus 2014,
section 4.3 and figure 7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks.similarity import rank_correlation
from ..engine.deconvnet import Deconvnet
from ..engine.maxima import strongest_channels
from ..engine.occluded_pass import OccludedPass
from ..engine.projection import Projection
from ..figures.class_values import probabilities
from ..network.classes import ClassLayer
from ..network.graph import Network
from .grey import Grey
from .squares import Squares

# told how many squares are done
Told = Callable[[int], None]


@dataclass(frozen=True)
class ClassMaps:
    """What becomes of a network's classes while a square hides a part of the photo."""

    number: int  # of the class whose probability is followed
    probability: float  # of the photo as it is
    probabilities: np.ndarray  # float64 [rows, columns] of the squares
    best: int  # the most likely class of the photo as it is
    best_numbers: np.ndarray  # int [rows, columns]


@dataclass(frozen=True)
class Occlusion:
    """What becomes of a feature map while a square hides a part of the photo.

    drops [rows, columns]: how much the map's total activation loses, negative where it gains.
    energy [rows, columns]: of the feature's projection within each square, the sum of the values'
    squares.
    agreement: Spearman's rank correlation of the two over the squares that lie within the photo,
    since the others hide less; NaN where one of them is the same everywhere.
    """

    squares: Squares
    grey: Grey
    channel: int
    total: float  # of the photo as it is
    totals: np.ndarray  # float64 [rows, columns]
    energy: np.ndarray
    agreement: float
    projection: Projection
    classes: ClassMaps | None  # None where the network's weights have no classes

    @property
    def drops(self) -> np.ndarray:
        return self.total - self.totals


def occlude(
    network: Network,
    weights: Mapping[str, Mapping[str, Any]],
    x: np.ndarray,
    layer: str,
    channel: int | None,
    squares: Squares,
    grey: Grey,
    rule: str = "deconvnet",
    mode: str = "all",
    head: ClassLayer | None = None,
    followed: int | None = None,
    told: Told = lambda done: None,
) -> Occlusion:
    """Slides the square over an image x [1, h, w, c] as the network sees it.

    channel: of the layer; None: the one that fires strongest. mode: what is projected, "all" of the
    map or its strongest unit, "max". head: the layer of the classes, if they are to be watched;
    followed: the class whose probability is; None: the most likely one.
    Raises UserError for what the network lacks, or does not give a number for.
    """
    layers = [layer]
    if head and head.name != layer:
        layers.append(head.name)
    occluded = OccludedPass(network, weights, layers)
    clean = occluded.whole(x)
    y = clean.map_of(layer)
    if channel is None:
        channel = int(strongest_channels(y[None], 1)[0, 0])
    network.channel(layer, channel)
    rectangles = squares.rectangles()
    totals = np.empty(len(rectangles))
    watch = None
    if head:
        watch = ClassWatch(head, clean.map_of(head.name)[0, 0], followed, len(rectangles))
    for start, stop, changed in occluded.occluded(clean, rectangles, grey.value):
        totals[start:stop] = changed[layer].channel(channel).sum((1, 2), dtype=np.float64)
        if watch:
            watch.note(start, stop, changed[watch.head.name].whole()[:, 0, 0])
        told(stop)
    shape = squares.rows, squares.columns
    deconvnet = Deconvnet(network, weights, layer, rule)
    projection = deconvnet.project(x, [channel], mode)
    energy = squares.sums(np.square(projection.pixels[0, 0], dtype=np.float64).sum(2))
    total = float(y[..., channel].sum(dtype=np.float64))
    totals = totals.reshape(shape)
    return Occlusion(
        squares=squares,
        grey=grey,
        channel=channel,
        total=total,
        totals=totals,
        energy=energy,
        agreement=agreement(total - totals, energy, squares.inside),
        projection=projection,
        classes=watch.maps(shape) if watch else None,
    )


def agreement(drops: np.ndarray, energy: np.ndarray, inside: np.ndarray) -> float:
    """The rank correlation over the squares that lie within the photo; NaN of fewer than two."""
    if inside.sum() < 2:
        return float("nan")
    return rank_correlation(drops[inside], energy[inside])


class ClassWatch:
    """Collects what becomes of the classes; clean: the logits [classes] of the photo as it is."""

    def __init__(self, head: ClassLayer, clean: np.ndarray, followed: int | None, count: int):
        self.head = head
        self.best = int(clean.argmax())
        self.number = self.best if followed is None else followed
        self.probability = float(probabilities(clean, head.probability)[self.number])
        self.probabilities = np.empty(count)
        self.best_numbers = np.empty(count, np.int32)

    def note(self, start: int, stop: int, logits: np.ndarray) -> None:
        """The logits [stop - start, classes] of some squares."""
        likely = probabilities(logits, self.head.probability)
        self.probabilities[start:stop] = likely[:, self.number]
        # the first of classes that are equally likely
        self.best_numbers[start:stop] = logits.argmax(1)

    def maps(self, shape: tuple[int, int]) -> ClassMaps:
        return ClassMaps(
            self.number,
            self.probability,
            self.probabilities.reshape(shape),
            self.best,
            self.best_numbers.reshape(shape),
        )
