"""What a deconvnet is asked for: channels, inner layers, numbers of a type; and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import example, random_weights

from tfdeconv import UserError
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.rules import RULES
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv


def test_top_takes_each_images_strongest(small):
    network, weights, x = small
    projection = Deconvnet(network, weights, "layer").project(x, top=3)
    peaks = Deconvnet(network, weights, "layer").activations(x).max((1, 2))
    np.testing.assert_array_equal(projection.channels, np.argsort(-peaks, 1)[:, :3])
    assert Deconvnet(network, weights, "layer").project(x, top=99).channels.shape == (3, 4)


def test_channels_by_image(small):
    network, weights, x = small
    deconvnet = Deconvnet(network, weights, "behind")
    mixed = deconvnet.project(x, [[0], [1], [2]])
    for image in range(3):
        single = deconvnet.project(x[image : image + 1], [image])
        # float32 in another batch
        near = 1e-6 * np.abs(mixed.patches).max()
        np.testing.assert_allclose(mixed.patches[image], single.patches[0], rtol=1e-5, atol=near)


def test_boxes_hold_exactly_what_is_not_zero():
    """Kernels of ones: a unit's projection is its receptive field, cut at the image's border."""
    net = Builder("ones", (9, 9, 1))
    net.add("a", Conv(1, 3, pad=1, activation=RELU))
    net.add("b", Conv(1, 3, stride=2, pad=1, activation=RELU))
    weights = {
        name: {"kernel": np.ones((3, 3, 1, 1), np.float32), "bias": np.zeros(1, np.float32)}
        for name in "ab"
    }
    x = np.zeros((2, 9, 9, 1), np.float32)
    x[0, 0, 0] = x[1, 4, 4] = 1
    projection = Deconvnet(net.network(), weights, "b").project(x, [0])
    np.testing.assert_array_equal(projection.positions[:, 0], [(0, 0), (2, 2)])
    np.testing.assert_array_equal(projection.boxes[:, 0], [(-2, -2, 3, 3), (2, 2, 7, 7)])
    np.testing.assert_array_equal(projection.receptive_fields, projection.boxes)
    for image, (top, left, bottom, right) in enumerate(projection.boxes[:, 0]):
        inside = np.zeros((9, 9), bool)
        inside[max(top, 0) : bottom, max(left, 0) : right] = True
        np.testing.assert_array_equal(projection.pixels[image, 0, ..., 0] > 0, inside)


@pytest.mark.parametrize("rule", RULES)
def test_inner_layers_equal_deconvnets_of_their_own(rng, rule):
    network = example("add")
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.standard_normal((2, 13, 11, 4)).astype(np.float32)
    net = Deconvnet(network, weights, "behind", rule, inner=["before", "layer", "before2"])
    image, channel = np.arange(6) % 2, np.arange(6) % 3
    forward_pass = net.forward(x)
    for layer in ("before", "layer", "before2", "behind"):
        own = Deconvnet(network, weights, layer, rule).units(x, image, channel)
        (inner,) = net.backward(forward_pass, image, channel, layer=layer)
        np.testing.assert_array_equal(inner.boxes, own.boxes)
        np.testing.assert_allclose(inner.activations, own.activations, rtol=1e-5)
        near = 1e-5 * np.abs(own.patches).max()
        np.testing.assert_allclose(inner.patches, own.patches, rtol=0, atol=near)
    alone = Deconvnet(network, weights, "behind", rule).project(x).patches
    np.testing.assert_allclose(net.project(x).patches, alone, atol=1e-5)
    with pytest.raises(UserError, match="does not depend on behind"):
        Deconvnet(network, weights, "layer", inner=["behind"])
    with pytest.raises(UserError, match="units of before2 are not available"):
        Deconvnet(network, weights, "layer").units(x, [0], [0], layer="before2")


def test_float64_in_float64_out(small, rng):
    network, _, x = small
    projection = Deconvnet(network, random_weights(network, rng), "behind").project(x)
    assert projection.patches.dtype == np.float64


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda d, x: d.project(x, [3]), "has 3 channels, 0 to 2: there is no channel 3"),
        (lambda d, x: d.project(x, [-1]), "there is no channel -1"),
        (lambda d, x: d.project(x, [0.5]), "channels: expected integers"),
        (lambda d, x: d.project(x, [[0], [1]]), "or [3, m] for these images; found int64 [2, 1]"),
        (lambda d, x: d.project(x, mode="some"), "there is no mode 'some'"),
        (lambda d, x: d.project(x, top=0), "top: expected an integer of at least 1"),
        (lambda d, x: d.project(x, [1], top=1), "in place of channels"),
        (lambda d, x: d.project(x, []), "at least one"),
        (lambda d, x: d.project(x, top=2.5), "top: expected an integer"),
        (lambda d, x: d.project([["x"]]), "expected images as an array of numbers [n, h, w, 4]"),
        (
            lambda d, x: d.project(x[0]),
            "expected images [n, h, w, 4], at least one; found [13, 11, 4]",
        ),
        (lambda d, x: d.project(x[..., :3]), "found [3, 13, 11, 3]"),
        (lambda d, x: d.activations(x[:0]), "found [0, 13, 11, 4]"),
        (
            lambda d, x: d.units(x, [3], [0]),
            "images of units: expected integers [k], 0 to 2; found int64 [1], 3 to 3",
        ),
        (
            lambda d, x: d.units(x, [0], [3]),
            "channels of behind of units: expected integers [k], 0 to 2",
        ),
        (lambda d, x: d.units(x, [0], [0], [[0, 99]]), "positions of units: expected integers [k]"),
        (
            lambda d, x: d.units(x, [0, 1], [0]),
            "as many images as channels, positions and seeds; found [2, 1]",
        ),
        (
            lambda d, x: d.units(x, [], []),
            "images of units: expected integers [k], 0 to 2; found float64 [0]",
        ),
    ],
)
def test_mistakes_say_what_to_do(small, call, words):
    network, weights, x = small
    with pytest.raises(UserError) as error:
        call(Deconvnet(network, weights, "behind"), x)
    assert words in str(error.value)
