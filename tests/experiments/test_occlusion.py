"""The sliding square against whole passes of hidden photos, one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import random_weights

from tfdeconv import Deconvnet
from tfdeconv.data.preprocessing import caffe, over255
from tfdeconv.engine.occluded_pass import OccludedPass
from tfdeconv.errors import UserError
from tfdeconv.experiments.grey import Grey, grey_for
from tfdeconv.experiments.occlusion import occlude
from tfdeconv.experiments.squares import Squares, squares_on
from tfdeconv.network.classes import class_layer
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten, MaxPool

GREY = Grey(np.array([0.5, -1.0, 0.0]), "a grey")


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    """Nothing is compiled, which would take most of the time."""
    monkeypatch.setattr(OccludedPass, "_compile", lambda self, function, *specs: function)


def network() -> Network:
    net = Builder("small", (19, 16, 3))
    net.add("conv", Conv(4, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("deep", Conv(5, 3, pad=1, activation=RELU))
    net.add("flat", Flatten())
    net.add("scores", Dense(4))
    return net.network()


def test_maps_equal_whole_passes_in_loops(rng):
    weights = random_weights(network(), rng)
    x = rng.standard_normal((1, 19, 16, 3))
    head = class_layer(network(), "scores")
    squares = squares_on((19, 16), size=5, stride=4)
    done = []

    found = occlude(
        network(), weights, x, "deep", None, squares, GREY, head=head, followed=2, told=done.append
    )

    deep = Deconvnet(network(), weights, "deep", "deconvnet")
    scores = Deconvnet(network(), weights, "scores")
    strongest = deep.activations(x)[0].max((0, 1)).argmax()
    assert found.channel == strongest
    signal = deep.project(x, [strongest], "all").pixels[0, 0]
    assert found.totals.shape == (5, 4) and done[-1] == 20
    drops, energies = [], []
    for i in range(5):
        for j in range(4):
            hidden = x.copy()
            top, left = 4 * i + 2 - 2, 4 * j + 2 - 2
            for row in range(top, min(top + 5, 19)):
                for column in range(left, min(left + 5, 16)):
                    hidden[0, row, column] = GREY.value
            total = deep.activations(hidden)[0, :, :, strongest].sum()
            assert abs(found.totals[i, j] - total) < 1e-12  # float64
            logits = scores.activations(hidden)[0]
            shares = np.exp(logits) / np.exp(logits).sum()
            assert abs(found.classes.probabilities[i, j] - shares[2]) < 1e-12
            assert found.classes.best_numbers[i, j] == logits.argmax()
            energy = (signal[top : top + 5, left : left + 5] ** 2).sum()
            assert abs(found.energy[i, j] - energy) < 1e-10  # sums of up to 1e3
            if i < 4 and j < 3:  # the others reach beyond the photo
                drops.append(found.total - total)
                energies.append(energy)
    ranked = np.argsort(np.argsort(drops)), np.argsort(np.argsort(energies))
    assert abs(found.agreement - np.corrcoef(*ranked)[0, 1]) < 1e-9
    assert found.classes.best == scores.activations(x)[0].argmax()


def test_a_feature_that_needs_one_place_agrees(rng):
    """A bright spot that a feature sees: hiding it costs all, hiding anything else nothing."""
    net = Builder("spot", (16, 16, 3))
    net.add("conv", Conv(1, 1, bias=False, activation=RELU))
    x = np.zeros((1, 16, 16, 3))
    x[0, 9, 5] = 3
    weights = {"conv": {"kernel": np.ones((1, 1, 3, 1))}}
    squares = squares_on((16, 16), size=4, stride=4)

    found = occlude(net.network(), weights, x, "conv", 0, squares, Grey(np.zeros(3), "0"))

    assert np.argwhere(found.drops).tolist() == [[2, 1]] and found.drops[2, 1] == 9
    assert found.agreement == 1 and found.classes is None
    dead = occlude(net.network(), weights, x * 0, "conv", 0, squares, Grey(np.zeros(3), "0"))
    assert np.isnan(dead.agreement)


def test_squares_by_hand():
    squares = Squares(height=10, width=9, size=5, stride=4)

    assert (squares.rows, squares.columns) == (2, 2)  # of middles 2 and 6; 10 is outside
    first, _, _, last = squares.rectangles()
    assert first == (0, 0, 5, 5) and last == (4, 4, 9, 9)
    numbers = squares.over_pixels(np.arange(4).reshape(2, 2))
    assert numbers.shape == (10, 9)
    assert numbers[3, 3] == 0 and numbers[4, 3] == 2 and numbers[9, 8] == 3
    assert squares.sums(np.ones((10, 9))).tolist() == [[25, 25], [25, 25]]
    assert squares.inside.all()
    assert Squares(8, 8, 20, 8).rectangles() == [(0, 0, 8, 8)]
    line = Squares(1, 9, 4, 3)
    assert [square[1::2] for square in line.rectangles()] == [(0, 3), (2, 6), (5, 9)]
    assert line.inside.tolist() == [[False, True, True]]
    assert Squares(8, 12, 3, 4).inside.tolist() == [[True, True, True], [True, True, True]]
    assert Squares(8, 12, 5, 4).inside.tolist() == [[True, True, False], [False, False, False]]


def test_grey_is_the_mean_or_the_photos_own(rng):
    x = rng.random((1, 4, 4, 3)).astype(np.float32)

    assert grey_for(caffe((4, 4)), x).value.tolist() == [0, 0, 0]
    own = grey_for(over255((4, 4)), x)
    np.testing.assert_allclose(own.value, x[0].reshape(-1, 3).mean(0), rtol=1e-6)
    assert "own mean" in own.name


@pytest.mark.parametrize(
    "size, stride, message",
    [
        (30, 8, "would hide all of the image, which is 20 x 30"),
        (5, 31, "--stride 31: the image is 20 x 30"),
    ],
)
def test_squares_of_no_use_are_refused(size, stride, message):
    with pytest.raises(UserError, match=message):
        squares_on((20, 30), size, stride)


def test_too_many_squares_are_refused():
    with pytest.raises(UserError, match="--stride 1 makes 90,000 squares on 300 x 300"):
        squares_on((300, 300), 50, 1)


def test_a_square_of_nothing_has_no_energy(rng):
    values = 1e9 * rng.random((20, 17))
    values[8:13, 8:13] = 0
    sums = Squares(20, 17, size=5, stride=4).sums(values)
    assert sums[2, 2] == 0 and (sums > 0).sum() == sums.size - 1
