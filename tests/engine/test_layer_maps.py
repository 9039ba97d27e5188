"""The maps of several layers in one pass: the same as each layer's own."""

from __future__ import annotations

import numpy as np
import pytest

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.layer_maps import LayerMaps
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, BatchNorm, Conv, Dense, Flatten, MaxPool

LAYERS = ["norm", "left", "classes"]


def forked() -> Network:
    """Two ends that do not depend on each other, and a norm that would be folded."""
    net = Builder("forked", (9, 7, 2))
    net.add("conv", Conv(3, 3, stride=2, pad="same"))
    norm = net.add("norm", BatchNorm(1e-3))
    net.add("left", Conv(2, 3, activation=RELU), norm)
    net.add("pool", MaxPool(2, 2), norm)
    net.add("flatten", Flatten())
    net.add("classes", Dense(4))
    return net.network()


@pytest.fixture
def weights(rng) -> dict[str, dict[str, np.ndarray]]:
    weights: dict[str, dict[str, np.ndarray]] = {}
    for layer, shapes in forked().parameters().items():
        weights[layer] = {}
        for name, shape in shapes.items():
            weights[layer][name] = rng.random(shape, np.float32)
    return weights


def test_maps_are_those_of_each_layer_alone(rng, weights):
    maps = LayerMaps(forked(), weights, [*LAYERS, "left"])
    assert maps.layers == ("norm", "left", "classes")
    # sizes one after the other, as far as the dense layer allows
    for size in ((3, 9, 7), (1, 9, 7)):
        x = rng.random((*size, 2), np.float32)
        found = maps.of(x)
        assert list(found) == LAYERS
        for layer in LAYERS:
            alone = Deconvnet(forked(), weights, layer).activations(x)
            # a norm is folded here, and not there: float32's rounding
            np.testing.assert_allclose(
                found[layer].reshape(alone.shape), alone, rtol=1e-5, atol=1e-5
            )


def test_other_sizes_have_graphs_of_their_own(rng, weights):
    maps = LayerMaps(forked(), weights, ["left"])
    for size in ((9, 7), (13, 20), (9, 7)):
        x = rng.random((2, *size, 2), np.float32)
        alone = Deconvnet(forked(), weights, "left").activations(x)
        np.testing.assert_allclose(maps.of(x)["left"], alone, rtol=1e-5, atol=1e-5)


def test_batches_are_bounded_by_the_largest_map(weights):
    maps = LayerMaps(forked(), weights, ["left"])
    assert maps.batch((9, 7)) == 64
    # 256 MB of 32-bit maps of 2000 x 2000 x 2, the images themselves: the largest
    assert maps.batch((2000, 2000)) == (256 << 20) // (2000 * 2000 * 2 * 4)


def test_what_does_not_fit_is_refused(rng, weights):
    with pytest.raises(UserError, match="forked has no layer 'right'"):
        LayerMaps(forked(), weights, ["right"])
    maps = LayerMaps(forked(), weights, LAYERS)
    with pytest.raises(UserError, match="classes"):
        maps.of(rng.random((1, 30, 30, 2), np.float32))
    with pytest.raises(UserError, match="expected images"):
        maps.of(rng.random((1, 9, 7, 3), np.float32))
    del weights["classes"]
    with pytest.raises(UserError, match="classes"):
        LayerMaps(forked(), weights, LAYERS)
    assert LayerMaps(forked(), weights, ["left"]).layers == ("left",)


@pytest.mark.parametrize("huge", [1e38, np.nan])
def test_layers_that_are_not_finite_are_named(rng, weights, huge):
    """Behind a fused rectifier a NaN would be 0: the layers are computed one by one then."""
    weights["conv"]["kernel"][:] = huge
    maps = LayerMaps(forked(), weights, ["left"])
    with pytest.raises(UserError, match="forked's norm gives NaN or infinity"):
        maps.of(100 * rng.random((1, 9, 7, 2), np.float32))
