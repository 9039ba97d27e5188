"""The interface others program against: picking units, dead maps, boxes, mistakes."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import example, random_weights

from tfdeconv import NETWORKS, UserError, memory
from tfdeconv.engine import chunks, folding, maxima
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.maxima import strongest
from tfdeconv.engine.rules import RULES
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, ZeroPad
from tfdeconv.scan.reductions import summary


def test_shapes_and_types(small):
    network, weights, x = small
    projection = Deconvnet(network, weights, "behind").project(x)
    assert projection.patches.shape == (3, 3, 9, 9, 4) and projection.patches.dtype == np.float32
    assert projection.pixels.shape == (3, 3, 13, 11, 4)
    for array, shape, dtype in (
        (projection.activations, (3, 3), np.float32),
        (projection.dead, (3, 3), bool),
        (projection.saturated, (3, 3), bool),
        (projection.positions, (3, 3, 2), np.int32),
        (projection.boxes, (3, 3, 4), np.int32),
        (projection.receptive_fields, (3, 3, 4), np.int32),
        (projection.channels, (3, 3), np.int32),
    ):
        assert array.shape == shape and array.dtype == dtype
    everything = Deconvnet(network, weights, "behind").project(x, mode="all")
    assert everything.patches.shape == (3, 3, 13, 11, 4) and (everything.positions == -1).all()
    assert (everything.boxes == (0, 0, 13, 11)).all()
    np.testing.assert_array_equal(everything.pixels, everything.patches)


def test_activations_and_positions_are_the_maps(small):
    network, weights, x = small
    deconvnet = Deconvnet(network, weights, "behind")
    maps, projection = deconvnet.activations(x), deconvnet.project(x, [2, 0])
    # float32, another graph
    np.testing.assert_allclose(projection.activations, maps.max((1, 2))[:, [2, 0]], rtol=1e-6)
    for image, column in np.ndindex(3, 2):
        row, col = projection.positions[image, column]
        assert maps[image, row, col, projection.channels[image, column]] == pytest.approx(
            projection.activations[image, column]
        )


def test_the_first_of_equal_units_is_kept():
    net = Builder("same", (6, 7, 1))
    net.add("a", Conv(1, 1, activation=RELU))
    weights = {"a": {"kernel": np.ones((1, 1, 1, 1), np.float32), "bias": np.zeros(1, np.float32)}}
    projection = Deconvnet(net.network(), weights, "a").project(np.ones((1, 6, 7, 1), np.float32))
    np.testing.assert_array_equal(projection.positions, [[[0, 0]]])


def test_a_map_with_nan_has_no_strongest():
    y = tf.constant([[[[np.nan, 1.0], [3.0, 2.0]]]], tf.float32)
    positions, activations = strongest(y, np.array([0, 0]), np.array([0, 1]))
    assert np.isnan(activations[0]) and activations[1] == 2
    assert positions[1].tolist() == [0, 1]


def test_maps_are_looked_through_in_parts(rng, monkeypatch):
    y = tf.constant(rng.standard_normal((2, 3, 4, 5)))
    image, channel = np.repeat([0, 1], 5), np.tile(range(5), 2)
    whole = strongest(y, image, channel)
    monkeypatch.setattr(maxima, "CELLS", 30)
    for part, expected in zip(strongest(y, image, channel), whole):
        np.testing.assert_array_equal(part, expected)
    parts = maxima.maps_of(y, image, channel)
    np.testing.assert_array_equal(parts, y.numpy().transpose(0, 3, 1, 2).reshape(10, 3, 4))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_units_equal_within_rounding_are_equal(dtype, sign):
    """As on an image of one colour, where the last bits differ by processor."""
    step = 4 * np.finfo(dtype).eps
    steps = np.array([[[-30, 0], [-2, 3]], [[0, 1], [-30, 2]]])
    y = (sign + step * steps)[None].astype(dtype)
    positions, activations = strongest(tf.constant(y), np.array([0, 0]), np.array([0, 1]))
    assert positions.tolist() == [[0, 1], [0, 0]]
    # what is sent back is the value of the unit that is meant
    assert activations.tolist() == [y[0, 0, 1, 0], y[0, 0, 0, 1]]
    if dtype == np.float32:
        found = summary(tf.constant(y))
        assert (found.rows[0, 0], found.columns[0, 0]) == (0, 1)
        assert (found.rows[0, 1], found.columns[0, 1]) == (0, 0)


def test_a_group_a_channel_equals_groups(rng, monkeypatch):
    builder = Builder("net", (9, 8, 4))
    builder.add("grouped", Conv(8, (3, 2), stride=2, pad=1, groups=4, activation=RELU))
    builder.add("behind", Conv(2, 3, pad=1))
    network = builder.network()
    weights = random_weights(network, rng)
    x = rng.standard_normal((2, 9, 8, 4))
    by_channel = Deconvnet(network, weights, "behind", "gradient").project(x)
    monkeypatch.setattr(folding, "by_channel", lambda layer, p: (layer, p))
    by_group = Deconvnet(network, weights, "behind", "gradient").project(x)
    np.testing.assert_allclose(by_channel.activations, by_group.activations)
    # sums in another order
    np.testing.assert_allclose(by_channel.patches, by_group.patches, atol=1e-12)


@pytest.mark.parametrize("mode", ["max", "all"])
def test_nothing_comes_back_through_pads_alone(rng, mode):
    """A crop leaves nothing of a map of one row, and zeros take its place."""
    builder = Builder("net", (4, 6, 2))
    builder.add("row", Conv(3, 4))
    builder.add("crop", ZeroPad(((-1, 1), (0, 0))))
    builder.add("behind", Conv(2, 3, pad=1))
    network = builder.network()
    weights = random_weights(network, rng)
    x = rng.standard_normal((1, 4, 6, 2))
    projection = Deconvnet(network, weights, "behind", "gradient").project(x, mode=mode)
    assert projection.activations.any() and not projection.patches.any()


def test_dead_maps_give_zeros_and_say_so():
    network, weights, x = dead()
    for rule in RULES:
        for mode in ("max", "all"):
            projection = Deconvnet(network, weights, "rectified", rule).project(x, mode=mode)
            np.testing.assert_array_equal(projection.dead, [[True, False]])
            assert not projection.patches[0, 0].any() and projection.patches[0, 1].any()
            assert projection.activations[0, 0] == 0


def test_maps_that_are_not_rectified_keep_their_sign():
    network, weights, x = dead()
    plain = Deconvnet(network, weights, "plain").project(x)
    assert plain.activations[0, 0] == pytest.approx(-3 - x.min()) and not plain.dead.any()
    assert plain.patches[0, 0, 0, 0, 0] == pytest.approx(3 + x.min())  # -activation * kernel


def dead():
    """A network whose first channel is below 0 for every image above 0; its weights; an image."""
    net = Builder("dead", (5, 5, 1))
    net.add("plain", Conv(2, 1))
    net.add("rectified", Conv(2, 1, activation=RELU))
    eye = np.eye(2, dtype=np.float32)[None, None]
    weights = {
        "plain": {
            "kernel": np.array([[[[-1.0, 1.0]]]], np.float32),
            "bias": np.array([-3, 0], np.float32),
        },
        "rectified": {"kernel": eye, "bias": np.zeros(2, np.float32)},
    }
    x = np.abs(np.random.default_rng(0).standard_normal((1, 5, 5, 1))).astype(np.float32)
    return net.network(), weights, x


def test_plain_and_compiled_agree(small):
    network, weights, x = small
    for rule in RULES:
        plain = Deconvnet(network, weights, "behind", rule).project(x).patches
        compiled = Deconvnet(network, weights, "behind", rule, jit=True).project(x).patches
        # float32, sums in another order
        np.testing.assert_allclose(compiled, plain, atol=1e-5 * np.abs(plain).max())


@pytest.mark.parametrize("most", [64, 2])
@pytest.mark.parametrize(
    "name, layer", [("pool 3x3 stride 2, padded", "behind"), ("add", "layer"), ("dense", "layer")]
)
def test_given_units_equal_picked_ones(rng, monkeypatch, name, layer, most):
    monkeypatch.setattr(chunks, "MAX_ITEMS", most)
    network = example(name)
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.standard_normal((5, 13, 11, 4)).astype(np.float32)
    net = Deconvnet(network, weights, layer, "guided")
    picked = net.project(x)
    shuffled = rng.permutation(picked.channels.size)
    image, column = np.indices(picked.channels.shape).reshape(2, -1)[:, shuffled]
    channel, positions = picked.channels[image, column], picked.positions[image, column]
    near = 1e-5 * np.abs(picked.patches).max()  # float32 in other chunks
    for given in (positions, None):
        units = net.units(x, image, channel, given)
        np.testing.assert_array_equal(units.positions, positions)
        np.testing.assert_array_equal(units.boxes, picked.boxes[image, column])
        np.testing.assert_allclose(units.activations, picked.activations[image, column], rtol=1e-5)
        np.testing.assert_allclose(units.patches, picked.patches[image, column], rtol=0, atol=near)
    seeds = np.abs(units.activations) if net.of_classes else units.activations
    seeded = net.units(x, image, channel, positions, 3 * seeds)
    np.testing.assert_allclose(seeded.patches, 3 * units.patches, rtol=0, atol=3 * near)
    # any other unit: the map's value at its position
    y = net.activations(x).reshape(5, *net.forward(x).maps[layer].shape[1:])
    other = np.minimum(positions + 1, np.array(y.shape[1:3]) - 1)
    np.testing.assert_allclose(
        net.units(x, image, channel, other).activations,
        y[image, other[:, 0], other[:, 1], channel],
        rtol=1e-4,
        atol=1e-5,
    )


def test_images_and_projections_beyond_memory_are_refused(small, monkeypatch):
    network, weights, x = small
    # bytes of a map of 4 channels, the same with its pads, and the pool's
    monkeypatch.setattr(memory, "memory", lambda: (13 * 11 + 15 * 13 + 7 * 6) * 4 * 4)
    small = Deconvnet(network, weights, "behind")
    small.project(x, [0])
    with pytest.raises(
        UserError, match="9 projections would need .*: ask for fewer channels or images at a time"
    ):
        small.project(x)
    with pytest.raises(
        UserError,
        match="forward pass of an image of 13 x 12 to behind .*would need .*: scale it down",
    ):
        Deconvnet(network, weights, "behind").project(np.zeros((1, 13, 12, 4), np.float32))


def test_weights_that_are_missing_are_named(small):
    network, weights, x = small
    with pytest.raises(UserError, match="there is no rule 'gradients'. Did you mean 'gradient'?"):
        Deconvnet(network, weights, "behind", "gradients")
    with pytest.raises(
        UserError, match=r"before/kernel \[3, 3, 4, 4\] is missing; before/bias \[4\] is missing"
    ):
        Deconvnet(network, {name: p for name, p in weights.items() if name != "before"}, "behind")
    vgg = NETWORKS["vgg16"]()
    with pytest.raises(
        UserError, match=r"vgg16's fc1 needs.*fc1/kernel \[25088, 4096\] is missing"
    ):
        Deconvnet(
            vgg, random_weights(vgg, np.random.default_rng(0), "block5_pool", np.float32), "fc1"
        )
