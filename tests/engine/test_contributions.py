"""What units are made of adds up to what they fire, and is what TensorFlow's tape gives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from helpers import random_weights
from whole_maps import corners_and_borders

from tfdeconv.engine import contributions, passes, windows
from tfdeconv.engine.contributions import Composition
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.network.cuts import part_behind
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import (
    RELU,
    Activation,
    Add,
    AvgPool,
    BatchNorm,
    Concatenate,
    Conv,
    Dense,
    Flatten,
    MaxPool,
)

SHAPE = (13, 11, 4)


def chain(net: Builder) -> None:
    """Convolutions, norms, a max and an average pool."""
    net.add("inner", Conv(6, 3, pad=1, bias=False))
    net.add("norm", BatchNorm(1e-3))
    net.add("relu", RELU)
    net.add("pool", MaxPool(3, 2, pad=1))
    net.add("second", Conv(5, 3, stride=2, pad=((0, 1), (1, 0)), activation=RELU))
    net.add("average", AvgPool(2, 1))
    net.add("target", Conv(7, 3, pad=1, activation=RELU))


def residual(net: Builder) -> None:
    """A block whose sum has the map itself and a branch, and one with a projection."""
    net.add("branch", Conv(4, 3, pad=1, bias=False))
    net.add("norm", BatchNorm(1e-3))
    net.add("sum", Add(), "before", "norm")
    block = net.add("relu", RELU)
    net.add("shortcut", Conv(7, 1, stride=2))
    net.add("branch2", Conv(7, 3, stride=2, pad=1), block)
    net.add("sum2", Add(), "shortcut", "branch2")
    net.add("target", RELU)


def mixed(net: Builder) -> None:
    """Branches of an Inception module, one of them a pool, read by a dense block's layer."""
    net.add("one", Conv(3, 1, activation=RELU))
    net.add("three", Conv(2, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(3, 1, pad=1), "before")
    net.add("mixed", Concatenate(), "one", "three", "pool")
    net.add("grown", Conv(3, 3, pad=1, activation=RELU))
    net.add("dense", Concatenate(), "mixed", "grown")
    net.add("target", Conv(7, 3, pad=1))


def head(net: Builder) -> None:
    """A dense layer's values, which see the whole map."""
    net.add("pool", MaxPool(2, 2))
    net.add("flatten", Flatten())
    net.add("fc", Dense(9, activation=RELU))
    net.add("target", Dense(7))


def linear(net: Builder) -> None:
    """What is one convolution but for its ReLU: the map of one image is enough."""
    net.add("norm", BatchNorm(1e-3))
    net.add("target", Conv(7, 3, stride=2, pad=1, activation=RELU))


NETS = {function.__name__: function for function in (chain, residual, mixed, head, linear)}


class Case(NamedTuple):
    """Units of a random network, the map that they are made of, and what they are made of."""

    composition: Composition
    part: Network
    weights: dict
    maps: np.ndarray
    units: np.ndarray  # [k, 4] image, channel, row, column
    parts: np.ndarray
    activations: np.ndarray


def case(name: str, rng, dtype=np.float64) -> Case:
    """The network behind a first layer, and units in its corners, on borders and inside."""
    net = Builder(name, SHAPE)
    net.add("before", Conv(4, 3, pad=1, activation=RELU))
    NETS[name](net)
    network = net.network()
    weights = random_weights(network, rng, dtype=dtype)
    x = rng.standard_normal((2, *SHAPE)).astype(dtype)
    forward_pass = Deconvnet(network, weights, "target", inner=["before"]).forward(x)
    maps = {layer: forward_pass.map_of(layer) for layer in ("before", "target")}
    units = np.array(corners_and_borders(*maps["target"].shape[1:]))
    composition = Composition(network, weights, "target", "before")
    found = composition.contributions(maps["before"], units[:, 0], units[:, 1], units[:, 2:])
    expected = maps["target"][units[:, 0], units[:, 2], units[:, 3], units[:, 1]]
    # the same values, once from the image on and once from the map on
    np.testing.assert_allclose(found.activations, expected, atol=10 * np.finfo(dtype).eps)
    assert (expected > 0).any()
    part = part_behind(network, "before", "target")
    return Case(composition, part, weights, maps["before"], units, *found)


def parts_by_tape(case: Case, unit: np.ndarray) -> tuple[np.ndarray, float]:
    """A unit's parts by TensorFlow's tape [c], and what is due to the constants in between."""
    nodes = case.part.nodes
    parameters = {node.name: case.weights.get(node.name, {}) for node in nodes}
    constants = []
    for p in parameters.values():
        constants += [p[name] for name in ("bias", "beta", "mean") if name in p]
    image, channel, row, column = unit
    maps = tf.constant(case.maps)
    with tf.GradientTape() as tape:
        tape.watch([maps, constants])
        y, _ = passes.forward(nodes, parameters, maps, None)
        activation = y[image, row, column, channel]
    by_map, by_constants = tape.gradient(activation, [maps, constants])
    parts = tf.reduce_sum(by_map * maps, (0, 1, 2)).numpy()
    return parts, sum(float(tf.reduce_sum(d * b)) for d, b in zip(by_constants, constants))


def assert_adds_up(case: Case) -> None:
    """Parts and biases add up, and the parts are the tape's."""
    # float64, sums of at most a thousand products of about 1: 1e-13 when right, 1e-3 when a cell or
    # a rule is wrong
    for unit, parts, activation in zip(case.units, case.parts, case.activations):
        expected, biases = parts_by_tape(case, unit)
        np.testing.assert_allclose(parts, expected, atol=1e-12)
        np.testing.assert_allclose(parts.sum() + biases, activation, atol=1e-12)


@pytest.mark.parametrize("name", NETS)
def test_parts_and_biases_add_up(rng, name):
    found = case(name, rng)
    assert found.composition.adds_up
    assert_adds_up(found)


def test_single_precision_adds_up(rng):
    found = case("chain", rng, np.float32)
    for unit, parts, activation in zip(found.units, found.parts, found.activations):
        _, biases = parts_by_tape(found, unit)
        # a sum of n products is off by at most n roundings of their magnitudes: here n is 36 + 54 +
        # 20 + 45 on the way forward, and as many back
        rounding = 310 * np.finfo(np.float32).eps * (np.abs(parts).sum() + abs(biases))
        np.testing.assert_allclose(parts.sum() + biases, activation, rtol=0, atol=rounding)


def other_rule(monkeypatch) -> None:
    """The deconvnet's rule in place of the gradient's."""

    def with_other_rule(network, weights, target, rule, jit):
        return Deconvnet(network, weights, target, "deconvnet", jit)

    monkeypatch.setattr(contributions, "Deconvnet", with_other_rule)


def other_cells(monkeypatch) -> None:
    """Windows that are cut out one row below."""
    right = contributions.cut_out
    monkeypatch.setattr(
        contributions,
        "cut_out",
        lambda maps, image, boxes: right(maps, image, boxes + np.array([1, 0, 1, 0])),
    )


def cells_outside(monkeypatch) -> None:
    """Signals that leave the map and come back in."""
    monkeypatch.setattr(windows, "erase_outside", lambda signal, *_: signal)
    monkeypatch.setattr(passes, "erase_outside", lambda signal, *_: signal)


@pytest.mark.parametrize(
    ("plant", "name"),
    [(other_rule, "mixed"), (other_cells, "mixed"), (cells_outside, "mixed")]
    + [(other_cells, "linear")],
)
def test_planted_errors_are_found(rng, monkeypatch, plant, name):
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        assert_adds_up(case(name, rng))


def test_ceiling_lets_nothing_down(rng):
    net = Builder("six", SHAPE)
    net.add("before", Conv(4, 3, pad=1, activation=RELU))
    net.add("target", Conv(2, 3, pad=1, activation=Activation(ceiling=0.1)))
    network = net.network()
    composition = Composition(network, random_weights(network, rng), "target", "before")
    maps = rng.random((1, *SHAPE))
    y = composition._deconvnet.activations(maps)
    _, row, column, channel = np.argwhere(y == 0.1)[0]
    found = composition.contributions(maps, [0], [channel], [[row, column]])
    assert found.activations[0] == 0.1
    assert not found.parts.any()


def test_smooth_functions_do_not_add_up(rng):
    net = Builder("smooth", SHAPE)
    net.add("before", Conv(4, 3, pad=1, activation=RELU))
    net.add("target", Conv(2, 3, pad=1, bias=False, activation=Activation("silu")))
    network = net.network()
    composition = Composition(network, random_weights(network, rng), "target", "before")
    assert not composition.adds_up
    found = composition.contributions(rng.random((1, *SHAPE)), [0], [0], [[5, 5]])
    assert abs(found.parts.sum() - found.activations[0]) > 1e-2


def test_part_begins_behind_the_map(rng):
    net = Builder("chain", SHAPE)
    net.add("before", Conv(4, 3, pad=1, activation=RELU))
    chain(net)
    composition = Composition(net.network(), random_weights(net.network(), rng), "target", "second")
    names = [node.name for node in part_behind(net.network(), "second", "target").nodes]
    assert names == ["average", "target"]
    assert repr(composition) == "Composition(chain target of second)"
