"""What becomes of a network's layers and classes when a photo is moved, scaled and turned.

Zeiler & Fergus 2014, figure 5: the Euclidean distance between the feature vectors of the
transformed and the untransformed photo, and the probability of a class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, NamedTuple

import numpy as np

from ..data.transformation import Scene, Transformation
from ..engine.layer_maps import LayerMaps
from ..figures.class_values import probabilities
from ..network.classes import ClassLayer
from ..network.graph import Network
from .pair_distances import PairDistances
from .scenes import Scenery


@dataclass(frozen=True)
class Response:
    """What came of a photo at the t steps of a sweep."""

    fill: np.ndarray  # [t] which share of the input no pixel of the photo covers, 0 to 1
    distances: Mapping[str, np.ndarray]  # [t] of each layer, from the untransformed photo
    probability: np.ndarray  # [t] of the class; NaN where the network has none
    most_likely: np.ndarray  # int [t] the class of the greatest logit; -1 likewise


@dataclass(frozen=True)
class PhotoResponse:
    """What came of one photo."""

    norms: Mapping[str, float]  # of each layer's feature vector, of the untransformed photo
    chosen: int  # the class whose probability is watched; -1 where the network has none
    probability: float  # the untransformed photo's
    responses: tuple[Response, ...]  # one a sweep


class Invariance:
    """Transforms photos, and compares what layers and classes make of them.

    head: the layer of classes; None where there is none.
    worked: told of images that have gone through the network.
    """

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Mapping[str, Any]],
        layers: Sequence[str],
        head: ClassLayer | None,
        scenery: Scenery,
        worked: Callable[[int], None] = lambda images: None,
    ):
        self.layers = tuple(dict.fromkeys(network.node(layer).name for layer in layers))
        self.head = head
        self.scenery = scenery
        self.sweeps = tuple(scenery.sweeps)
        self.worked = worked
        self.between = {layer: PairDistances() for layer in self.layers}
        heads = [head.name] if head else []
        self._maps = LayerMaps(network, weights, [*self.layers, *heads])
        self._transformations = [each for sweep in self.sweeps for each in sweep.transformations]

    @property
    def images(self) -> int:
        """How many go through the network for a photo."""
        return 1 + sum(not each.is_identity for each in self._transformations)

    def measure(self, photo: np.ndarray, chosen: int | None = None) -> PhotoResponse:
        """What comes of a photo [h, w, c], 0 to 255.

        chosen: the class whose probability is watched; None: the most likely one of the
        untransformed photo. Raises UserError where a layer's values are not finite.
        """
        scene = self.scenery.scene(photo)
        reference = self._reference(scene, chosen)
        steps = iter(self._steps(scene, reference))
        responses = []
        for sweep in self.sweeps:
            found: list[Step] = []
            for each in sweep.transformations:
                found.append(reference.step if each.is_identity else next(steps))
            responses.append(response_of(self.layers, found))
        # a photo that fails on its way is not among those that are compared
        for layer, vector in reference.vectors.items():
            self.between[layer].add(vector)
        norms = {layer: norm(vector) for layer, vector in reference.vectors.items()}
        probability = reference.step.probability
        return PhotoResponse(norms, reference.chosen, probability, tuple(responses))

    def _reference(self, scene: Scene, chosen: int | None) -> Reference:
        """What comes of the untransformed photo."""
        x, _fill = scene.input(Transformation())
        maps = self._maps.of(x[None])
        self.worked(1)
        vectors = {layer: maps[layer][0] for layer in self.layers}
        if self.head is None:
            chosen = -1
        elif chosen is None:
            chosen = int(maps[self.head.name].argmax())
        distances = dict.fromkeys(self.layers, 0.0)
        probability, most_likely = self._class(maps, 0, chosen)
        return Reference(vectors, chosen, Step(0.0, distances, probability, most_likely))

    def _steps(self, scene: Scene, reference: Reference) -> Iterator[Step]:
        """What comes of all transformations but the identity, in order."""
        transformations = [each for each in self._transformations if not each.is_identity]
        batch = self._maps.batch(self.scenery.preprocessing.size)
        for start in range(0, len(transformations), batch):
            inputs = [scene.input(each) for each in transformations[start : start + batch]]
            maps = self._maps.of(np.stack([x for x, _fill in inputs]))
            self.worked(len(inputs))
            for number, (_x, fill) in enumerate(inputs):
                distances = {}
                for layer, vector in reference.vectors.items():
                    distances[layer] = norm(maps[layer][number] - vector)
                yield Step(fill, distances, *self._class(maps, number, reference.chosen))

    def _class(self, maps: Mapping[str, np.ndarray], number: int, chosen: int) -> tuple[float, int]:
        """A class's probability for an image, and the most likely class."""
        if self.head is None:
            return nan, -1
        logits = maps[self.head.name][number, 0, 0]
        return (float(probabilities(logits, self.head.probability)[chosen]), int(logits.argmax()))


class Step(NamedTuple):
    """What came of a photo under one transformation."""

    fill: float
    distances: Mapping[str, float]  # by layer
    probability: float
    most_likely: int


class Reference(NamedTuple):
    """What came of an untransformed photo."""

    vectors: Mapping[str, np.ndarray]  # [h', w', c'] by layer
    chosen: int
    step: Step


def response_of(layers: Sequence[str], steps: Sequence[Step]) -> Response:
    """A sweep's steps as arrays."""
    distances = {}
    for layer in layers:
        distances[layer] = np.array([step.distances[layer] for step in steps])
    return Response(
        np.array([step.fill for step in steps]),
        distances,
        np.array([step.probability for step in steps]),
        np.array([step.most_likely for step in steps]),
    )


def norm(vector: np.ndarray) -> float:
    """The Euclidean norm of values of any shape, summed up in float64."""
    return float(np.sqrt(np.square(vector, dtype=np.float64).sum()))
