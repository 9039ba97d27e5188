"""A unit computed on its own window is what a whole pass of the whole image gives there."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import EXAMPLES, example, random_weights
from whole_maps import corners_and_borders

from tfdeconv.engine import passes
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.unit_forward import UnitForward
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import (
    RELU,
    Activation,
    Add,
    AvgPool,
    BatchNorm,
    Conv,
    Dense,
    GlobalAvgPool,
    MaxPool,
    Multiply,
    ZeroPad,
)
from tfdeconv.network.unit_window import goes_by_window

# of which a window alone cannot be computed: they make new cells, or have numbers for each cell
BY_WHOLE_MAPS = {
    *(name for name in EXAMPLES if "up " in name or "transposed" in name or "by cell" in name),
    *("resize", "scaled rows", "shifted cells", "space to depth"),
    *("depth to space, read at stride 6", "reflected", "mirrored with its edge", "edges repeated"),
    *("average 3x3 stride 1, same", "average 3x4 stride 2x3, padded"),
    "average 3x5 stride 2x4, ceil",
} - {"group norm", "group norm by cell"}


def gap_to_whole_passes(network: Network, rng) -> float:
    """The largest difference between units on their windows and in whole images, over all."""
    weights = random_weights(network, rng)
    target = network.nodes[-1].name
    deconvnet = Deconvnet(network, weights, target)
    # a graph for each example would take longer than all that is computed
    deconvnet._passes.graphs.eager = True
    x = rng.standard_normal((2, *network.input_shape))
    whole, _traces = passes.forward(
        network.at(*x.shape[1:3]).nodes, with_empty(network, weights), tf.constant(x), None
    )
    whole = whole.numpy().reshape(2, *network.shapes()[target])
    units = UnitForward(deconvnet, x.shape[1:3])
    gap = 0.0
    every = corners_and_borders(*whole.shape[1:])
    # the first and the last corner, one border, and the middle
    for image, channel, *position in (every[0], every[1], every[4], every[-1]):
        top, left, bottom, right = units.box(position)
        patch = rng.standard_normal((1, bottom - top, right - left, x.shape[3]))
        inside = np.zeros(patch.shape[1:3], bool)
        for row, column in np.ndindex(inside.shape):
            there = (row + top, column + left)
            if 0 <= min(there) and there[0] < x.shape[1] and there[1] < x.shape[2]:
                patch[0, row, column] = x[image, *there]
        value = units.activations(patch, position, channel)[0]
        gap = max(gap, abs(value - whole[image, *position, channel]))
    return gap / np.abs(whole).max()


def with_empty(network: Network, weights):
    return {node.name: weights.get(node.name, {}) for node in network.nodes}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_layer_on_windows_and_whole_maps(name, rng):
    network = example(name, 29, 31)
    sized = network.at(29, 31)
    layer = sized.node("layer").layer
    assert goes_by_window(layer) == (name not in BY_WHOLE_MAPS)
    # float64, sums in another order; a pad or a border that is wrong comes to 1e-2
    assert gap_to_whole_passes(network, rng) < 1e-13


def residual_network(gated: bool) -> Network:
    """Pads of all kinds, a fork, a norm that is folded; with a gate all of the image is seen."""
    net = Builder("residual", (41, 37, 3))
    net.add("padded", ZeroPad(((3, 3), (3, 3))))
    net.add("conv1", Conv(4, 7, 2))
    net.add("norm1", BatchNorm(1e-3))
    net.add("relu1", Activation())
    pool = net.add("pool1", MaxPool(3, 2, pad=1))
    net.add("conv2", Conv(4, 3, pad="same", activation=RELU))
    net.add("mean2", AvgPool(3, 1, pad=1, count_pads=True))
    if gated:
        net.add("squeezed", GlobalAvgPool(keep=True))
        net.add("excited", Dense(4, activation=Activation("sigmoid")))
        net.add("gated", Multiply(), "mean2", "excited")
    net.add("sum", Add(), net.last, pool)
    net.add("conv3", Conv(3, 3, pad=1, activation=RELU))
    return net.network()


@pytest.mark.parametrize("gated", [False, True])
def test_a_residual_network_on_windows(gated, rng):
    network = residual_network(gated)
    assert gap_to_whole_passes(network, rng) < 1e-13


def test_a_window_is_what_the_unit_sees(rng):
    network = residual_network(gated=False)
    weights = random_weights(network, rng)
    units = UnitForward(Deconvnet(network, weights, "conv3"), (41, 37))
    # conv3 sees 3 cells, conv2 5, the means 7 of the pool's map, which are 15 of conv1's, 35 pixels
    box = units.box((0, 0))
    assert units.windowed and (box[2:] - box[:2]).tolist() == [35, 35]
    np.testing.assert_array_equal(box, units.field((0, 0)))
    # compiled, and many at a time: the same numbers as one by one
    patches = rng.standard_normal((70, 35, 35, 3))
    together = units.activations(patches, (2, 3), 1)
    one_by_one = [units.activations(patches[[k]], (2, 3), 1)[0] for k in (0, 63, 64, 69)]
    np.testing.assert_allclose(together[[0, 63, 64, 69]], one_by_one, rtol=1e-12)
    gated = residual_network(gated=True)
    whole = UnitForward(Deconvnet(gated, random_weights(gated, rng), "conv3"), (41, 37))
    assert not whole.windowed and whole.box((2, 3)).tolist() == [0, 0, 41, 37]
