"""Whether a network knows that parts of different photos correspond (Zeiler & Fergus 2014, section
4.4 and table 1).

The same part of n photos is hidden, such as the left eye. With x_i a layer's features of photo i
and x~_i those with the part hidden, the change is epsilon_i = x_i - x~_i. Where hiding the part
does the same to all photos its signs agree. The paper measures how far they do not, by

    Delta = sum over all i and j, i != j, of H(sign(epsilon_i), sign(epsilon_j)),

H the Hamming distance: the number of features whose signs differ, of -1, 0 and 1. Low is
consistent. What is compared is that of a part with that of places drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ..engine.layer_maps import LayerMaps
from ..memory import refuse_beyond_memory
from ..network.graph import Network
from ..network.reach import Rectangle

# what would not fit, and what to do
TOO_MANY = ("the signs of all changes", "give fewer photos, or deeper layers")
# of the largest value of a map, by which its values may be off: as they are after some 20 layers
ROUNDING_STEPS = 64
# told how many photos are done
Told = Callable[[int], None]


@dataclass(frozen=True)
class Consistency:
    """How far the signs of n photos' changes disagree.

    delta: the paper's sum over pairs of photos. mean: of a pair, as a share of the features, 0 to
    1. error: the standard error of that mean over the photos; NaN of two.
    """

    delta: int
    mean: float
    error: float


@dataclass(frozen=True)
class Correspondence:
    """parts: of each part, by name; draws: of random places, one of each photo a draw; by layer."""

    photos: int
    features: dict[str, int]  # of each layer
    parts: dict[str, dict[str, Consistency]]
    draws: dict[str, list[Consistency]]

    def mean_of_parts(self, layer: str) -> tuple[float, float]:
        """The mean over the parts, and its standard error over them; NaN of one."""
        return mean_and_error([each.mean for each in self.parts[layer].values()])

    def mean_of_draws(self, layer: str) -> tuple[float, float]:
        """The mean over the draws, and its standard error over them; NaN of one."""
        return mean_and_error([each.mean for each in self.draws[layer]])


def correspond(
    network: Network,
    weights: Mapping[str, Mapping[str, Any]],
    layers: Sequence[str],
    images: Sequence[np.ndarray],
    greys: Sequence[np.ndarray],
    parts: Sequence[Mapping[str, Rectangle]],
    draws: Sequence[Sequence[Rectangle]],
    told: Told = lambda done: None,
) -> Correspondence:
    """What hiding the parts of photos, and places drawn at random, does to layers' features.

    images: each [1, h, w, c] as the network sees it; greys: the value [c] that hides a part of
    each; parts, draws: where they are on it, as many on each. Raises UserError for what the network
    lacks, or does not give a number for.
    """
    layer_maps = LayerMaps(network, weights, layers)
    names = [*parts[0]]
    signs: dict[str, np.ndarray] = {}
    for i, (x, grey) in enumerate(zip(images, greys)):
        places = [*(parts[i][name] for name in names), *draws[i]]
        changed = signs_by_place(layer_maps, x, places, grey)
        for layer, change in changed.items():
            if layer not in signs:
                shape = (len(places), len(images), change.shape[1])
                refuse_beyond_memory(prod(shape), *TOO_MANY)
                signs[layer] = np.empty(shape, np.int8)
            signs[layer][:, i] = change
        told(i + 1)
    by_part: dict[str, dict[str, Consistency]] = {}
    by_draw: dict[str, list[Consistency]] = {}
    for layer, of_places in signs.items():
        each = [consistency(of_photos) for of_photos in of_places]
        by_part[layer] = dict(zip(names, each))
        by_draw[layer] = each[len(names) :]
    features = {layer: of_places.shape[2] for layer, of_places in signs.items()}
    return Correspondence(len(images), features, by_part, by_draw)


def signs_by_place(
    layer_maps: LayerMaps, x: np.ndarray, places: Sequence[Rectangle], grey: np.ndarray
) -> dict[str, np.ndarray]:
    """The signs of what an image's features lose where a place is hidden.

    {layer: int8 [places, features]}
    """
    clean = layer_maps.of(x)
    batch = layer_maps.batch((x.shape[1], x.shape[2]))
    parts: dict[str, list[np.ndarray]] = {layer: [] for layer in layer_maps.layers}
    for start in range(0, len(places), batch):
        chunk = places[start : start + batch]
        hidden = np.repeat(x, len(chunk), 0)
        for image, place in zip(hidden, chunk):
            image[place.top : place.bottom, place.left : place.right] = grey
        for layer, maps in layer_maps.of(hidden).items():
            parts[layer].append(signs_of(clean[layer], maps).reshape(len(chunk), -1))
    return {layer: np.concatenate(each) for layer, each in parts.items()}


def signs_of(clean: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """The signs of a layer's changes, int8; 0 of those that are within rounding.

    Of units that a hidden place does not reach the sums may still be made in another order, and
    rounding has signs, too: they would be most of those of an early layer.

    >>> signs_of(np.float32([8, 8, 8]), np.float32([[7, 8.000001, 9]])).tolist()
    [[1, 0, -1]]
    """
    change = clean - hidden
    rounding = ROUNDING_STEPS * np.finfo(change.dtype).eps * np.abs(clean).max()
    return (np.sign(change) * (np.abs(change) > rounding)).astype(np.int8)


def consistency(signs: np.ndarray) -> Consistency:
    """Of the signs int8 [photos, features] of the changes of at least two photos.

    >>> consistency(np.array([[1, 0, -1], [1, 1, -1], [1, 0, 0]], np.int8)).delta
    8
    """
    photos, features = signs.shape
    # of each photo, the features whose signs differ from another's, over all others
    distances = np.zeros(photos, np.int64)
    for i in range(photos):
        for other in range(photos):
            distances[i] += np.count_nonzero(signs[i] != signs[other])
    delta = int(distances.sum())
    mean = delta / (photos * (photos - 1) * features)
    if photos < 3:
        return Consistency(delta, mean, float("nan"))
    # The pairs are not independent. The jackknife leaves out one photo after the other.
    pairs_left = (photos - 1) * (photos - 2) * features
    without = (delta - 2 * distances) / pairs_left
    variance = (photos - 1) / photos * np.square(without - without.mean()).sum()
    return Consistency(delta, mean, float(np.sqrt(variance)))


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean of independent values and its standard error, which is NaN of one."""
    if len(values) < 2:
        return values[0], float("nan")
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))
