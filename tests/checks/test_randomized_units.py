"""Which part of a photo the pictures are of, when weights become random."""

from __future__ import annotations

import numpy as np
from helpers import random_weights

from tfdeconv.checks.randomization import EDGES
from tfdeconv.checks.randomized_units import randomized_units, square
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.rules import RULES
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, MaxPool


def test_pictures_hold_nearly_all_that_comes_back(rng):
    net = Builder("small", (40, 40, 3))
    net.add("conv1", Conv(6, 5, pad=2, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("conv2", Conv(4, 9, pad=4, activation=RELU))
    network = net.network()
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.standard_normal((1, 40, 40, 3)).astype(np.float32)
    units = randomized_units(network, weights, "conv2", x, None, 2, "block")

    assert list(units.methods) == [*RULES, EDGES] and len(units.views) == len(units.firing) == 2
    channels = units.projection.channels[0, units.firing]
    for rule in RULES:
        usual = Deconvnet(network, weights, "conv2", rule).project(x, channels.tolist())
        pictures = units.methods[rule](units.parameters)
        for i, (top, left, bottom, right) in enumerate(units.views):
            whole, part = usual.pixels[0, i], usual.pixels[0, i, top:bottom, left:right]
            strength = usual.activations[0, i]
            # float32: sums of a few hundred products
            np.testing.assert_allclose(pictures[i] * strength, part, atol=1e-4 * np.abs(part).max())
            assert (part**2).sum() >= 0.98 * (whole**2).sum()
            assert part.shape == units.methods[EDGES](units.parameters)[i].shape


def test_parts_are_squares_where_there_is_room():
    view = np.array([0, 10, 14, 60])

    assert square(np.array([3, 54, 5, 60]), view).tolist() == [1, 54, 7, 60]
    assert square(np.array([0, 20, 14, 50]), view).tolist() == [0, 20, 14, 50]
