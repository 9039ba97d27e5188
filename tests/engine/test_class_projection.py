"""Classes are projected by what raises them, whatever the sign of their logits."""

from __future__ import annotations

import numpy as np
from helpers import random_weights

from tfdeconv.engine.class_projection import has_one_unit, project_classes
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, GlobalAvgPool

RNG = np.random.default_rng(3)


def deconvnet_of(target: str, rule: str = "gradient") -> Deconvnet:
    builder = Builder("net", (6, 5, 3))
    builder.add("conv", Conv(4, 3, activation=RELU))
    builder.add("pool", GlobalAvgPool())
    builder.add("classes", Dense(7))
    network = builder.network()
    return Deconvnet(network, random_weights(network, np.random.default_rng(0)), target, rule)


def test_negative_logits_show_what_raises_them():
    deconvnet = deconvnet_of("classes")
    x = RNG.standard_normal((1, 6, 5, 3))
    plain = deconvnet.project(x)
    found = project_classes(deconvnet, x)
    signs = np.sign(plain.activations[0])
    assert {-1.0, 1.0} <= set(signs)
    np.testing.assert_array_equal(found.activations, plain.activations)
    np.testing.assert_array_equal(found.logits, deconvnet.activations(x))
    # the gradient is linear in what is sent, and a change of sign is exact
    np.testing.assert_array_equal(found.patches[0], plain.patches[0] * signs[:, None, None, None])


def test_classes_are_chosen_as_features_are():
    deconvnet = deconvnet_of("classes", "deconvnet")
    x = RNG.standard_normal((1, 6, 5, 3))
    strongest = project_classes(deconvnet, x, top=3)
    np.testing.assert_array_equal(strongest.channels, deconvnet.project(x, top=3).channels)
    np.testing.assert_array_equal(project_classes(deconvnet, x, [5, 2]).channels, [[5, 2]])
    whole = project_classes(deconvnet, x, [1], mode="all")
    assert (whole.positions == -1).all() and whole.patches.shape[2:4] == (6, 5)
    assert has_one_unit(deconvnet, x) and not has_one_unit(deconvnet_of("conv"), x)
