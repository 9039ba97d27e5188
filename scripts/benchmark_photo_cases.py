"""The experiments on whole photos, each with the passes alone that it needs."""

from __future__ import annotations

import numpy as np
from benchmark_case import SQUARE, Case, Model, Sizes, pass_images

from tfdeconv.engine.layer_maps import LayerMaps
from tfdeconv.engine.occluded_pass import OccludedPass
from tfdeconv.experiments.correspondence import correspond
from tfdeconv.experiments.grey import grey_for
from tfdeconv.experiments.invariance import Invariance
from tfdeconv.experiments.scenes import Scenery
from tfdeconv.experiments.squares import squares_on
from tfdeconv.experiments.sweeps import ROTATION, SCALE, VERTICAL, Sweep
from tfdeconv.network.reach import Rectangle


def occlusion(model: Model, sizes: Sizes) -> Case:
    """Squares over a photo, by windows and by whole passes."""
    layer = "block3_conv3"
    network, weights = model.weights.network, model.weights
    height, width = model.photo.shape[1:3]
    rectangles = squares_on((height, width), SQUARE, sizes.stride).rectangles()
    grey = grey_for(weights.preprocessing, model.photo).value
    occluded = OccludedPass(network, weights, [layer])
    maps = LayerMaps(network, weights, [layer])

    def hide(x: np.ndarray) -> None:
        for _ in occluded.occluded(occluded.whole(x), rectangles, grey):
            pass

    def pass_hidden(x: np.ndarray) -> None:
        batch = maps.batch((height, width))
        for start in range(0, len(rectangles), batch):
            chunk = rectangles[start : start + batch]
            hidden = np.repeat(x, len(chunk), 0)
            for image, place in zip(hidden, chunk):
                image[place.top : place.bottom, place.left : place.right] = grey
            maps.of(hidden)

    against = f"{len(rectangles)} whole passes"
    return Case("hidden squares", layer, against, hide, pass_hidden, "x")


def correspondence(model: Model, sizes: Sizes) -> Case:
    """Parts of photos hidden one by one, in two layers."""
    layers = ["block4_conv1", "block5_conv3"]
    network, weights = model.weights.network, model.weights
    grey = grey_for(weights.preprocessing, model.photo).value
    places = []
    for number in range(sizes.places):
        top = 3 * number
        places.append(Rectangle(top, top, top + SQUARE, top + SQUARE))
    parts = [{"part": places[0]}] * sizes.photos
    draws = [places[1:]] * sizes.photos

    def compare(x: np.ndarray) -> None:
        correspond(
            network, weights, layers, [x] * sizes.photos, [grey] * sizes.photos, parts, draws
        )

    def pass_all(x: np.ndarray) -> None:
        # correspond() compiles its graph as well
        maps = LayerMaps(network, weights, layers)
        for _ in range(sizes.photos):
            pass_images(maps, x, 1)
            pass_images(maps, x, sizes.places)

    count = sizes.photos * (1 + sizes.places)
    return Case("correspondence", layers[-1], f"{count} passes", compare, pass_all)


def invariance(model: Model, sizes: Sizes) -> Case:
    """A photo moved, scaled and turned."""
    layers = ["block1_conv1", "block5_pool"]
    weights = model.weights
    amounts = np.linspace(0, 1, sizes.sweep + 1)[1:]
    sweeps = [
        Sweep(VERTICAL, tuple(np.rint(60 * amounts).tolist())),
        Sweep(SCALE, tuple((1 + amounts).tolist())),
        Sweep(ROTATION, tuple((350 * amounts).tolist())),
    ]
    scenery = Scenery(weights.preprocessing, sweeps)
    experiment = Invariance(weights.network, weights, layers, None, scenery)
    maps = LayerMaps(weights.network, weights, layers)

    def transform(x: np.ndarray) -> None:
        experiment.measure(weights.preprocessing.undo(x[0]))

    def pass_all(x: np.ndarray) -> None:
        pass_images(maps, x, experiment.images)

    return Case("invariance", layers[-1], f"{experiment.images} passes", transform, pass_all)
