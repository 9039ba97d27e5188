"""Checkers of the engine: each gives a gap, which is that of rounding where nothing is wrong.

They take the name of an example and random numbers. test_planted.py sees to it that each of them
finds what it is there for.
"""

from __future__ import annotations

import numpy as np
import reference
import tensorflow as tf
from gradcheck import adjoint_gap, difference_gap, gap, unpadded
from helpers import example, random_weights
from uncompiled import uncompiled
from whole_maps import corners_and_borders, send_back

from tfdeconv.engine.ops import convolution, dense, global_pooling, normalization, pooling
from tfdeconv.engine.rules import RULES
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import LRN, RELU, BatchNorm, Conv
from tfdeconv.network.spans import Window


def adjoint(name: str, rng) -> float:
    """Single operations and their transposes."""
    if name == "dense":
        kernel = tf.constant(rng.standard_normal((7, 5)))
        return adjoint_gap(
            lambda x: dense.dense(x, kernel),
            lambda s: dense.dense_transpose(s, kernel),
            rng.standard_normal((3, 1, 1, 7)),
            rng.standard_normal((3, 1, 1, 5)),
        )
    if name == "average":
        return adjoint_gap(
            global_pooling.global_average_pool,
            lambda s: global_pooling.global_average_pool_transpose(s, 4, 5),
            rng.standard_normal((3, 4, 5, 7)),
            rng.standard_normal((3, 1, 1, 7)),
        )
    window = Window((5, 5), (2, 2), ((1, 0), (2, 1)))
    kernel = tf.constant(rng.standard_normal((5, 5, 4, 6)))
    flipped = convolution.flip_kernel(kernel, window)
    return adjoint_gap(
        lambda x: convolution.conv2d(x, kernel, window),
        lambda s: unpadded(convolution.conv2d_transpose(s, flipped, window), window, 11, 13),
        rng.standard_normal((2, 11, 13, 4)),
        rng.standard_normal((2, *window.extents(11, 13), 6)),
    )


def difference(name: str, rng) -> float:
    """Derivatives by central differences."""
    if name == "lrn":
        x, signal = rng.standard_normal((2, 3, 4, 9)), rng.standard_normal((2, 3, 4, 9))
        back = np.asarray(
            normalization.lrn_transpose(signal, tf.constant(x), LRN(5, 1.0, 0.3, 0.75))
        )
        return difference_gap(
            lambda x: normalization.lrn(tf.constant(x), LRN(5, 1.0, 0.3, 0.75)),
            back,
            x,
            signal,
            1e-5,
            rng,
        )
    window = Window.of(3, 2, 1)
    x = rng.permutation(2 * 11 * 13 * 3).reshape(2, 11, 13, 3).astype(float)
    y, switches = pooling.max_pool(x, window)
    signal = rng.standard_normal(y.shape)
    back = unpadded(pooling.unpool(signal, switches, window), window, 11, 13)
    return difference_gap(lambda x: pooling.max_pool(x, window)[0], back, x, signal, 1e-2, rng)


def network_of(name: str) -> Network:
    """An example, or a convolution with its batch norm."""
    if name != "folded":
        return example(name)
    net = Builder("folded", (13, 11, 4))
    net.add("conv", Conv(4, 3, pad=1))
    net.add("norm", BatchNorm(1e-3))
    net.add("relu", RELU)
    net.add("behind", Conv(3, 3))
    return net.network()


def replica(name: str, rng) -> float:
    """A network under all rules against the paper in slow numpy."""
    network = network_of(name)
    target = network.nodes[-1].name
    weights, x = random_weights(network, rng), rng.standard_normal((1, 13, 11, 4))
    gaps = [0.0]
    for rule in RULES:
        net = uncompiled(network, weights, target, rule)
        pixels = net.project(x, [0, 1, 2], "all").pixels[0]
        for channel in range(3):
            expected, _ = reference.project(network, weights, x[0], target, channel, "all", rule)
            gaps.append(gap(pixels[channel], expected))
    return max(gaps)


def smooth(name: str, rng) -> float:
    """replica, whose derivatives of smooth functions are central differences."""
    return replica(name, rng)


def windows(name: str, rng) -> float:
    """Units on their windows against whole maps."""
    network = example(name, 29, 31)
    target = network.nodes[-1].name
    net = uncompiled(network, random_weights(network, rng), target)
    x, units = rng.standard_normal((2, 29, 31, 4)), corners_and_borders(*network.shapes()[target])
    return gap(send_back(net, x, units, windowed=True), send_back(net, x, units, windowed=False))


# a checker's gap when nothing is planted: rounding, and for the curved lrn the second order of the
# difference
SOUND = {adjoint: 1e-14, difference: 1e-7, replica: 1e-12, smooth: 1e-8, windows: 1e-12}
