"""Distances between feature vectors of moved, scaled and turned photos, and probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tfdeconv.data.preprocessing import Preprocessing, over255
from tfdeconv.data.transformation import Scene, Transformation
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.errors import UserError
from tfdeconv.experiments.invariance import Invariance, PhotoResponse, Response
from tfdeconv.experiments.measured_invariance import NORM, OTHERS, MeasuredInvariance
from tfdeconv.experiments.scenes import Scenery
from tfdeconv.experiments.sweeps import KINDS, ROTATION, SCALE, VERTICAL, Sweep
from tfdeconv.figures.invariance_figure import InvarianceFigure
from tfdeconv.network.classes import class_layer
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten, GlobalMaxPool, MaxPool, Softmax

SIDE = 12
PREPROCESSING = Preprocessing("as is", (SIDE, SIDE), SIDE, mean=(7.0,), scale=(50.0,))
SWEEPS = [
    Sweep(VERTICAL, (-4, 0, 3)),
    Sweep("horizontal translation", (1,)),
    Sweep(SCALE, (1.0, 1.5)),
    Sweep(ROTATION, (0, 40, 360)),
]


def network():
    """A vector that knows no place behind a convolution, and one that does."""
    net = Builder("places", (SIDE, SIDE, 1))
    conv = net.add("conv", Conv(3, 3, pad=1, activation=RELU))
    net.add("anywhere", GlobalMaxPool())
    net.add("pool", MaxPool(2, 2), conv)
    net.add("flatten", Flatten())
    net.add("classes", Dense(4))
    net.add("softmax", Softmax())
    return net.network()


@pytest.fixture
def weights(rng) -> dict[str, dict[str, np.ndarray]]:
    weights: dict[str, dict[str, np.ndarray]] = {}
    for layer, shapes in network().parameters().items():
        weights[layer] = {}
        for name, shape in shapes.items():
            weights[layer][name] = rng.normal(0, 0.1, shape).astype(np.float32)
    return weights


def experiment(weights, layers, sweeps=SWEEPS, head="classes", **options) -> Invariance:
    classes = class_layer(network(), head) if head else None
    return Invariance(
        network(), weights, layers, classes, Scenery(PREPROCESSING, sweeps), **options
    )


def slow_distance(one: np.ndarray, other: np.ndarray) -> float:
    total = 0.0
    for a, b in zip(one.ravel().tolist(), other.ravel().tolist()):
        total += (a - b) ** 2
    return math.sqrt(total)


def test_distances_and_probabilities_one_by_one(rng, weights):
    photo = rng.integers(0, 256, (20, 17, 1)).astype(np.float32)
    told = []
    invariance = experiment(weights, ["conv", "anywhere", "classes"], worked=told.append)
    found = invariance.measure(photo, chosen=2)
    assert found.chosen == 2 and sum(told) == invariance.images == 6
    scene = Scene(photo, PREPROCESSING, reach=20)
    x0 = scene.input(Transformation())[0][None]
    for sweep, response in zip(SWEEPS, found.responses, strict=True):
        for step, amount in enumerate(sweep.amounts):
            x, fill = scene.input(KINDS[sweep.kind].transformation(amount))
            assert response.fill[step] == fill
            for layer in ("conv", "anywhere", "classes"):
                deconvnet = Deconvnet(network(), weights, layer)
                before, after = deconvnet.activations(x0), deconvnet.activations(x[None])
                # float32 in batches of one and of several
                np.testing.assert_allclose(
                    response.distances[layer][step], slow_distance(before, after), rtol=1e-4
                )
                np.testing.assert_allclose(
                    found.norms[layer], slow_distance(before, 0 * before), rtol=1e-5
                )
            powers = [math.exp(logit) for logit in after[0].tolist()]
            probability = powers[2] / sum(powers)
            np.testing.assert_allclose(response.probability[step], probability, rtol=1e-4)
            assert response.most_likely[step] == after.argmax()


def test_what_knows_no_place_does_not_change():
    """Planted: a maximum over all places, on a photo whose content stays within the input."""
    rng = np.random.default_rng(3)
    photo = np.full((SIDE, SIDE, 1), 7.0, np.float32)
    photo[5:7, 4:8] = rng.integers(50, 200, (2, 4, 1))
    # whole numbers: sums in any order are equal
    kernel = rng.integers(-3, 4, (3, 3, 1, 3)).astype(np.float32)
    weights = {"conv": {"kernel": kernel, "bias": np.ones(3, np.float32)}}
    sweeps = [Sweep(VERTICAL, (-3, -1, 2, 4)), Sweep("horizontal translation", (-3, 1, 3))]
    invariance = experiment(weights, ["anywhere", "conv", "pool"], sweeps, head=None)
    found = invariance.measure(photo)
    assert found.norms["anywhere"] > 2
    for response in found.responses:
        assert not response.distances["anywhere"].any()
        assert (response.distances["conv"] > 2).all()
        assert (response.distances["pool"] > 2).all()
    # and it does change where the content leaves the input
    gone = experiment(weights, ["anywhere"], [Sweep(VERTICAL, (8,))], head=None).measure(photo)
    assert gone.responses[0].distances["anywhere"][0] > 2


def test_without_classes_nothing_is_said_of_them(rng, weights):
    photo = rng.integers(0, 256, (SIDE, SIDE, 1)).astype(np.float32)
    found = experiment(weights, ["pool"], head=None).measure(photo)
    assert found.chosen == -1 and math.isnan(found.probability)
    assert all(np.isnan(response.probability).all() for response in found.responses)


def test_the_most_likely_class_is_watched(rng, weights):
    photo = rng.integers(0, 256, (SIDE, SIDE, 1)).astype(np.float32)
    found = experiment(weights, ["pool"]).measure(photo)
    assert found.chosen == found.responses[0].most_likely[1]
    assert found.probability == found.responses[0].probability[1] > 0.25


def test_distances_between_photos_are_pairwise(rng, weights):
    photos = rng.integers(0, 256, (4, SIDE, SIDE, 1)).astype(np.float32)
    invariance = experiment(weights, ["conv", "classes"], [])
    for photo in photos:
        invariance.measure(photo)
    for layer in ("conv", "classes"):
        vectors = Deconvnet(network(), weights, layer).activations(PREPROCESSING.apply(photos))
        squares = []
        for i in range(4):
            for j in range(i):
                squares.append(slow_distance(vectors[i], vectors[j]) ** 2)
        mean = invariance.between[layer].root_mean_square
        np.testing.assert_allclose(mean, math.sqrt(sum(squares) / 6), rtol=1e-5)


@pytest.mark.parametrize("count", [0, 1])
def test_one_photo_has_no_other(rng, weights, count):
    invariance = experiment(weights, ["conv"], [])
    for _ in range(count):
        invariance.measure(np.zeros((SIDE, SIDE, 1), np.float32))
    assert math.isnan(invariance.between["conv"].root_mean_square)


def test_layers_that_overflow_are_named(weights):
    weights["conv"]["kernel"][:] = 1e38
    photo = np.arange(SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE, 1)
    with pytest.raises(UserError, match="places's .* gives NaN or infinity"):
        experiment(weights, ["classes"]).measure(photo)


def measured(norms: list[float], between: float) -> MeasuredInvariance:
    """Photos of that norm in one layer, all of them 3 away from themselves after one step."""
    responses = []
    for norm in norms:
        nothing = np.array([np.nan])
        response = Response(np.array([0.25]), {"conv": np.array([3.0])}, nothing, np.array([-1]))
        responses.append(PhotoResponse({"conv": norm}, -1, math.nan, (response,)))
    names = tuple(f"{number}.png" for number in range(len(norms)))
    sweeps = (Sweep(VERTICAL, (2,)),)
    return MeasuredInvariance(names, ("conv",), sweeps, tuple(responses), {"conv": between})


@pytest.mark.parametrize(
    "norms, between, measure, expected",
    [
        ([4, 6], 2.0, OTHERS, [1.5, 1.5]),
        ([4, 6], 0.0, NORM, [0.75, 0.5]),  # twice the same photo
        ([4], math.nan, NORM, [0.75]),
        ([0], math.nan, NORM, [math.nan]),  # a dead layer
    ],
    ids=["two", "the same", "one", "dead"],
)
def test_distances_have_a_scale_in_common(norms, between, measure, expected):
    found = measured(norms, between)
    assert found.measure == measure
    np.testing.assert_array_equal(found.distances(0, "conv")[:, 0], expected)
    rows = list(found.rows(str))
    assert [len(row) for row in rows] == [len(found.header())] * len(norms)
    for row in rows:
        cells = dict(zip(found.header(), row))
        assert (cells["transformation"], cells["amount"], cells["filled"]) == (VERTICAL, 2, 0.25)
        assert cells["conv distance"] == 3 and cells["class"] is cells["probability"] is None
        # what is divided by 0 is not defined
        assert math.isnan(cells["conv over other photos"]) == (not between > 0)
        assert math.isnan(cells["conv over norm"]) == (norms == [0])


def test_without_a_mean_the_photo_has_its_own(rng):
    photo = rng.integers(0, 256, (16, 12, 3), np.uint8)
    preprocessing = over255((16, 12))
    scenery = Scenery(preprocessing, [Sweep(VERTICAL, (4,))], "squash")
    x, fill = scenery.scene(photo).input(Transformation(down=4))
    assert fill == 0.25 and scenery.grey(photo).name.startswith("the photo's own mean")
    np.testing.assert_allclose(x[:4], np.broadcast_to(photo.mean((0, 1)) / 255, (4, 12, 3)), 1e-6)
    # black would be an edge that no photo has
    np.testing.assert_array_equal(x[4:], preprocessing.apply(photo[:-4]))


def test_means_say_of_how_many_photos():
    response = Response(np.zeros(2), {"a": np.arange(2.0)}, np.full(2, np.nan), np.full(2, -1))
    photos = [PhotoResponse({"a": float(i)}, -1, math.nan, (response,)) for i in range(9)]
    names = tuple(map(str, range(9)))
    sweeps = (Sweep(VERTICAL, (0, 1)),)
    for between, words in ((math.nan, "8 to 9 photos, without"), (2.0, "9 photos")):
        measured = MeasuredInvariance(names, ("a",), sweeps, tuple(photos), {"a": between})
        figure = InvarianceFigure(measured, lambda each: np.zeros(0), None, False, "", "")
        assert figure.averaged.startswith(words)
