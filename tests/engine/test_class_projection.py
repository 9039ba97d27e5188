"""Classes are projected by what raises them, whatever the sign of their logits."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import random_weights

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, GlobalAvgPool


@pytest.fixture(scope="module")
def deconvnet() -> Deconvnet:
    builder = Builder("net", (6, 5, 3))
    builder.add("conv", Conv(4, 3, activation=RELU))
    builder.add("pool", GlobalAvgPool())
    builder.add("classes", Dense(7))
    network = builder.network()
    weights = random_weights(network, np.random.default_rng(0))
    return Deconvnet(network, weights, "classes", "gradient", inner=["pool"])


@pytest.mark.parametrize("mode", ["max", "all"])
def test_negative_logits_show_what_raises_them(deconvnet, mode):
    x = np.random.default_rng(3).standard_normal((2, 6, 5, 3))
    found = deconvnet.project(x, mode=mode)
    image, channel = np.divmod(np.arange(14), 7)
    logits = deconvnet.activations(x)
    plain = deconvnet.units(x, image, channel, seeds=logits.ravel())
    assert {-1.0, 1.0} == set(np.sign(plain.activations))
    np.testing.assert_array_equal(found.activations.ravel(), plain.activations)
    np.testing.assert_array_equal(found.vectors, logits)
    # the gradient is linear in what is sent, and a change of sign is exact
    upwards = plain.patches * np.sign(plain.activations)[:, None, None, None]
    np.testing.assert_array_equal(found.patches.reshape(upwards.shape), upwards)


def test_features_are_sent_as_they_are(deconvnet):
    """A dense layer within the network is none of classes, and its signs stay."""
    builder = Builder("net", (1, 1, 2))
    builder.add("hidden", Dense(2))
    builder.add("classes", Dense(3))
    network = builder.network()
    weights = random_weights(network, np.random.default_rng(0))
    weights["hidden"]["kernel"] = np.array([[1.0, -1.0], [0.0, 0.0]])
    weights["hidden"]["bias"] = np.zeros(2)
    found = Deconvnet(network, weights, "hidden").project(np.ones((1, 1, 1, 2)))
    assert found.activations.tolist() == [[1.0, -1.0]]
    assert found.patches[0, :, 0, 0].tolist() == [[1.0, 0.0], [1.0, 0.0]]
