"""The consistency of changes, by its formula in loops."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from helpers import random_weights

from tfdeconv import Deconvnet
from tfdeconv.experiments.correspondence import consistency, correspond, mean_and_error
from tfdeconv.experiments.photo_parts import on_input, parts_of
from tfdeconv.experiments.random_places import overlap, random_place
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten
from tfdeconv.network.reach import Rectangle


def delta_by_formula(epsilon) -> int:
    """Zeiler & Fergus 2014, section 4.4, feature by feature."""
    total = 0
    for i, j in product(range(len(epsilon)), repeat=2):
        if i != j:
            for one, other in zip(epsilon[i], epsilon[j]):
                total += int(np.sign(one) != np.sign(other))
    return total


def test_consistency_by_its_formula(rng):
    epsilon = rng.integers(-1, 2, (5, 40)) * rng.random((5, 40))

    found = consistency(np.sign(epsilon).astype(np.int8))

    assert found.delta == delta_by_formula(epsilon)
    assert found.mean == pytest.approx(found.delta / (20 * 40))
    # the jackknife, from its definition
    means = []
    for left_out in range(5):
        others = np.delete(epsilon, left_out, 0)
        means.append(delta_by_formula(others) / (12 * 40))
    variance = 4 / 5 * sum((mean - np.mean(means)) ** 2 for mean in means)
    assert found.error == pytest.approx(variance**0.5)


def test_equal_changes_are_consistent():
    same = np.tile(np.array([1, -1, 0], np.int8), (3, 1))
    assert consistency(same).delta == 0 and consistency(same).error == 0
    assert np.isnan(consistency(same[:2]).error)
    opposite = consistency(np.array([[1, 1], [-1, -1]], np.int8))
    assert opposite.delta == 4 and opposite.mean == 1


def test_correspondence_of_a_network_in_loops(rng):
    net = Builder("small", (12, 10, 3))
    net.add("conv", Conv(4, 3, pad=1, activation=RELU))
    net.add("flat", Flatten())
    net.add("scores", Dense(6))
    network = net.network()
    weights = random_weights(network, rng)
    images = [rng.standard_normal((1, 12, 10, 3)) for _ in range(3)]
    greys = [rng.standard_normal(3) for _ in range(3)]
    parts = []
    for i in range(3):
        parts.append({"eye": Rectangle(i, 1, i + 3, 4), "nose": Rectangle(6, 5, 9, 9 - i)})
    draws = [[Rectangle(9, i, 12, i + 3)] for i in range(3)]

    found = correspond(network, weights, ["conv", "scores"], images, greys, parts, draws)

    assert found.photos == 3 and found.features == {"conv": 480, "scores": 6}
    for layer in ("conv", "scores"):
        deconvnet = Deconvnet(network, weights, layer)
        for name in ("eye", "nose", "draw"):
            epsilon = []
            for x, grey, boxes, others in zip(images, greys, parts, draws):
                top, left, bottom, right = boxes[name] if name in boxes else others[0]
                hidden = x.copy()
                for row in range(top, bottom):
                    hidden[0, row, left:right] = grey
                change = deconvnet.activations(x) - deconvnet.activations(hidden)
                epsilon.append(change.reshape(-1))
            each = found.draws[layer][0] if name == "draw" else found.parts[layer][name]
            assert each.delta == delta_by_formula(epsilon)


def test_mean_and_error_of_parts():
    assert mean_and_error([1.0, 2.0, 3.0]) == (2.0, pytest.approx(1 / 3**0.5))
    assert np.isnan(mean_and_error([1.0])[1])


def test_random_places_are_off_the_parts(rng):
    parts = [Rectangle(0, 0, 5, 10), Rectangle(5, 0, 10, 4)]

    places = [random_place(rng, (4, 3), (10, 10), parts) for _ in range(200)]

    different = set(places)
    # rows 5 and 6, columns 4 to 7: all of them are found
    assert different == {(top, left, top + 4, left + 3) for top in (5, 6) for left in range(4, 8)}
    assert random_place(rng, (6, 6), (10, 10), parts) is None
    assert random_place(rng, (11, 1), (10, 10), parts) is None
    assert overlap(Rectangle(0, 0, 2, 2), Rectangle(1, 1, 3, 3))
    assert not overlap(Rectangle(0, 0, 2, 2), Rectangle(2, 0, 3, 2))


def test_parts_on_the_input_by_hand():
    # the photo's columns 20 to 60 and rows 0 to 40, at twice their size
    box = (20.0, 0.0, 60.0, 40.0)
    assert on_input(Rectangle(10, 30, 20, 40), box, (80, 80)) == (20, 20, 40, 40)
    assert on_input(Rectangle(30, 10, 50, 30), box, (80, 80)) == (60, 0, 80, 20)
    assert on_input(Rectangle(0, 0, 9, 19), box, (80, 80)) is None
    # less than half a pixel of an input that is smaller
    assert on_input(Rectangle(31, 45, 32, 46), box, (10, 10)) == (7, 6, 8, 7)


@pytest.mark.parametrize(
    "value, message",
    [
        ([], "expected an object of 2 to 1,000 photos by name"),
        ({"a": {"eye": [0, 0, 1, 1]}}, "expected an object of 2 to 1,000 photos"),
        ({"a": {}, "b": {}}, "a: found {}, expected an object of 1 to 32 parts"),
        ({"a": {"eye": [0, 0, 1]}, "b": {}}, r"a: eye: found \[0, 0, 1\], expected pixels"),
        ({"a": {"eye": [0, 0, 1.5, 2]}, "b": {}}, "a: eye: found .* expected pixels"),
        ({"a": {"eye": [0, -1, 1, 2]}, "b": {}}, "a: eye: found .* expected pixels"),
        ({"a": {"eye": [5, 0, 5, 2]}, "b": {}}, "bottom > top"),
        ({"a": {"": [0, 0, 1, 1]}, "b": {}}, "a: : expected a name"),
        (
            {"a": {"eye": [0, 0, 1, 1]}, "b": {"nose": [0, 0, 1, 1]}},
            "b has nose, a has eye: expected the same parts of each",
        ),
    ],
)
def test_wrong_parts_are_refused(value, message):
    with pytest.raises(ValueError, match=message):
        parts_of(value)
