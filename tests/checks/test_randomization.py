"""Projections of networks whose weights become random."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import random_weights

from tfdeconv.checks.edges import edges
from tfdeconv.checks.random_weights import random_layers, random_parameters
from tfdeconv.checks.randomization import (
    CASCADING,
    INDEPENDENT,
    MEASURES,
    Plan,
    as_drawn,
    ignored,
    randomize,
    similarities,
)
from tfdeconv.checks.similarity import rank_correlation, structural_similarity
from tfdeconv.checks.unit_pictures import EdgePictures, UnitPictures
from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.engine.parameters import computed_network, parameters_of
from tfdeconv.engine.rules import RULES
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, BatchNorm, Conv, MaxPool
from tfdeconv.network.rectified import before_rectifier
from tfdeconv.network.weight_blocks import weight_blocks

SIZE = 20
CHANNELS = np.array([1, 3])


def small_network() -> Network:
    """Of two blocks with a batch norm, and a third; a unit sees 15 x 15 pixels."""
    net = Builder("small", (SIZE, SIZE, 3))
    net.add("conv1", Conv(6, 5))
    net.add("norm1", BatchNorm(1e-3))
    net.add("relu1", RELU)
    net.add("pool1", MaxPool(2, 2))
    net.add("conv2", Conv(5, 3, activation=RELU))
    net.add("conv3", Conv(4, 3, activation=RELU))
    return net.network()


def unit_pictures(network, weights, x, rules=tuple(RULES)):
    """The pictures' makers by rule, and the parameters that they take."""
    part = before_rectifier(network, network.nodes[-1].name)
    positions = np.array([[1, 2], [0, 1]])
    makers = {}
    for rule in rules:
        deconvnet = Deconvnet(part, weights, part.nodes[-1].name, rule)
        makers[rule] = UnitPictures(deconvnet, x, CHANNELS, positions)
    return makers, parameters_of(deconvnet), weight_blocks(computed_network(deconvnet), "conv3")


def bars(random, count: int):
    """Images [n, 20, 20, 3] of bright bars, upright in the second half, and which half."""
    x = random.standard_normal((count, SIZE, SIZE, 3)).astype(np.float32) * 0.3
    for i in range(count):
        place = random.integers(2, SIZE - 4)
        x[i, place : place + 2] += 2
    x[count // 2 :] = x[count // 2 :].transpose(0, 2, 1, 3)
    return x, np.arange(count) // (count // 2)


@pytest.fixture(scope="module")
def trained():
    """A network that has learned to tell upright bars from others, its weights, and an image."""
    random = np.random.default_rng(3)
    net = Builder("trained", (SIZE, SIZE, 3))
    net.add("conv1", Conv(6, 5, activation=RELU))
    net.add("pool1", MaxPool(2, 2))
    net.add("conv2", Conv(5, 3, activation=RELU))
    net.add("conv3", Conv(4, 3, activation=RELU))
    network = net.network()
    start = random_weights(network, random, dtype=np.float32)
    variables = {}
    for layer, p in start.items():
        variables[layer] = {name: tf.Variable(value) for name, value in p.items()}
    everything = tf.nest.flatten(variables)
    x, labels = bars(random, 40)

    def losses():
        y = x
        for layer in ("conv1", "conv2", "conv3"):
            y = tf.nn.conv2d(y, variables[layer]["kernel"], 1, "VALID")
            y = tf.nn.relu(y + variables[layer]["bias"])
            if layer == "conv1":
                y = tf.nn.max_pool2d(y, 2, 2, "VALID")
        # the first two channels are the classes
        logits = tf.reduce_max(y, (1, 2))[:, :2]
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)

    for _ in range(60):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(losses())
        for variable, gradient in zip(everything, tape.gradient(loss, everything)):
            variable.assign_sub(0.05 * gradient)
    assert loss < 0.2
    weights = {}
    for layer, p in variables.items():
        weights[layer] = {name: tf.constant(value) for name, value in p.items()}
    return network, weights, x[30:31]


def test_gradient_of_a_trained_network_depends_on_it(trained):
    network, weights, x = trained
    channel = np.array([1])
    projection = Deconvnet(network, weights, "conv3").project(x, [1])
    part = before_rectifier(network, "conv3")
    deconvnet = Deconvnet(part, weights, "conv3", "gradient")
    blocks = weight_blocks(computed_network(deconvnet), "conv3")[::-1]
    methods = {
        "gradient": UnitPictures(deconvnet, x, channel, projection.positions[0]),
        "edges": EdgePictures(x, projection.boxes[0]),
    }
    results = randomize(methods, parameters_of(deconvnet), Plan(blocks, "normal", 3, 0, (2,)))

    (gradient,), (planted,) = results["gradient"], results["edges"]
    assert ignored(gradient) == []
    # of a network that is random from top to bottom next to nothing is left
    assert np.abs(gradient.similarities[CASCADING, -1].mean(0)).max() < 0.5
    # what does not look at the weights is found out
    assert ignored(planted) == [0, 1, 2]
    # float64: variances as differences of means lose a few digits of 16
    np.testing.assert_allclose(planted.similarities, 1, atol=1e-9)
    np.testing.assert_array_equal(planted.pictures[2], planted.original)


def test_similarities_are_those_of_fresh_deconvnets(rng):
    """Against whole networks built anew with the same random weights, one for each step."""
    network = small_network()
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.standard_normal((1, SIZE, SIZE, 3)).astype(np.float32)
    makers, parameters, blocks = unit_pictures(network, weights, x, ("guided",))
    plan = Plan(blocks[::-1], "normal", 2, 5, (0, 1, 2))
    results = randomize(makers, parameters, plan)["guided"]

    computed = computed_network(makers["guided"].deconvnet)
    assert [block.layers for block in plan.blocks] == [("conv3",), ("conv2",), ("norm1",)]

    def pictures_with(*layers):
        changed = dict(parameters) | random_layers(parameters, layers, "normal", (5, 1))
        fresh = Deconvnet(computed, changed, "conv3", "guided")
        units = fresh.units(x, np.zeros(2, int), CHANNELS, [[1, 2], [0, 1]], np.ones(2, np.float32))
        return units.patches

    originals = pictures_with()
    for order, layers, number in (
        (CASCADING, ("conv3",), 0),
        (CASCADING, ("conv3", "conv2"), 1),
        (CASCADING, ("conv3", "conv2", "norm1"), 2),
        (INDEPENDENT, ("conv2",), 1),
        (INDEPENDENT, ("norm1",), 2),
    ):
        for result, original, picture in zip(results, originals, pictures_with(*layers)):
            expected = similarities(original, picture)
            # float32: the same operations in other graphs
            np.testing.assert_allclose(
                result.similarities[order, number, 1], expected, atol=1e-4, equal_nan=True
            )
    np.testing.assert_array_equal(
        results[0].similarities[CASCADING, 0], results[0].similarities[INDEPENDENT, 0]
    )


def test_a_firing_unit_has_its_usual_projection(rng):
    """Sent back before the rectifier, but for its strength."""
    network = small_network()
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.standard_normal((1, SIZE, SIZE, 3)).astype(np.float32)
    makers, parameters, _ = unit_pictures(network, weights, x)
    for rule, maker in makers.items():
        usual = Deconvnet(network, weights, "conv3", rule)
        for i, picture in enumerate(maker(parameters)):
            units = usual.units(x, 0, CHANNELS[i : i + 1], maker.positions[i : i + 1])
            if units.activations[0] > 0:
                # float32: sums of a few hundred products
                expected = units.patches[0] / units.activations[0]
                np.testing.assert_allclose(picture, expected, atol=1e-4 * np.abs(expected).max())
    assert (usual.activations(x)[0, [1, 0], [2, 1], CHANNELS] > 0).any()


def test_same_seed_same_numbers(rng):
    network = small_network()
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.standard_normal((1, SIZE, SIZE, 3)).astype(np.float32)
    makers, parameters, blocks = unit_pictures(network, weights, x, ("deconvnet",))

    def result(seed):
        plan = Plan(blocks[::-1], "shuffle", 1, seed, ())
        return randomize(makers, parameters, plan)["deconvnet"][0].similarities

    np.testing.assert_array_equal(result(1), result(1))
    assert (result(1) != result(2)).any()


def test_dead_ends_are_not_defined():
    """Nothing comes back from a rectifier that is shut: no number, and not 0."""
    net = Builder("shut", (SIZE, SIZE, 3))
    net.add("conv1", Conv(3, 5, activation=RELU))
    net.add("conv2", Conv(4, 9))
    weights = {
        "conv1": {
            "kernel": np.ones((5, 5, 3, 3), np.float32),
            "bias": np.full(3, -1e4, np.float32),
        },
        "conv2": {"kernel": np.ones((9, 9, 3, 4), np.float32), "bias": np.zeros(4, np.float32)},
    }
    x = np.ones((1, SIZE, SIZE, 3), np.float32)
    network = net.network()
    deconvnet = Deconvnet(network, weights, "conv2", "gradient")
    maker = UnitPictures(deconvnet, x, np.array([0]), np.array([[0, 0]]))
    blocks = weight_blocks(network, "conv2")[::-1]
    (result,) = randomize({"gradient": maker}, weights, Plan(blocks, "normal", 1, 0, (0,)))[
        "gradient"
    ]

    assert result.original is None and result.pictures == {0: None}
    assert np.isnan(result.similarities).all() and np.isnan(result.turned).all()
    assert ignored(result) == []


def test_pictures_are_compared_as_drawn(rng):
    a = rng.standard_normal((12, 13, 3))
    b = 7 * a + rng.standard_normal((12, 13, 3))
    drawn_a, drawn_b = as_drawn(a), as_drawn(b)

    assert np.abs(drawn_a).max() == 1 and (np.abs(drawn_a) == 1).mean() < 0.02
    expected = [
        structural_similarity(0.5 + drawn_a / 2, 0.5 + drawn_b / 2, 1.0),
        structural_similarity(abs(drawn_a), abs(drawn_b), 1.0),
        rank_correlation(a, b),
        rank_correlation(a, b, absolute=True),
    ]
    np.testing.assert_array_equal(similarities(a, b), expected)
    assert len(MEASURES) == 4
    # strength does not count: float64
    np.testing.assert_allclose(similarities(a, 1e-6 * a), 1, atol=1e-9)


def test_random_kernels_have_the_scale_of_their_own(rng):
    kernel = (rng.standard_normal((5, 5, 20, 30)) + 1).astype(np.float32)
    drawn = random_parameters({"kernel": kernel}, "normal", rng)["kernel"]

    # 15,000 numbers: their mean and root mean square vary by 1 %
    assert abs(drawn.mean()) < 0.05
    assert np.sqrt(np.mean(drawn**2)) == pytest.approx(np.sqrt(np.mean(kernel**2)), rel=0.05)
    assert drawn.dtype == np.float32
    shuffled = random_parameters({"kernel": kernel}, "shuffle", rng)["kernel"]
    assert (shuffled != kernel).mean() > 0.9
    np.testing.assert_array_equal(np.sort(shuffled.ravel()), np.sort(kernel.ravel()))


def test_channels_keep_their_parameters_together(rng):
    p = {"gamma": np.arange(9.0), "variance": 10 + np.arange(9.0), "slope": np.array([0.3])}
    drawn = random_parameters(p, "normal", rng)

    np.testing.assert_array_equal(drawn["variance"], 10 + drawn["gamma"])
    np.testing.assert_array_equal(np.sort(drawn["gamma"]), p["gamma"])
    assert (drawn["gamma"] != p["gamma"]).any()
    assert drawn["slope"] == p["slope"]


def test_edges_are_sobels_masks(rng):
    x = rng.standard_normal((6, 7, 2))
    mask = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)), mode="edge")
    for i, j, c in np.ndindex(x.shape):
        around = padded[i : i + 3, j : j + 3, c]
        expected = np.hypot((mask * around).sum(), (mask.T * around).sum())
        # float64: sums of nine products
        assert edges(x)[i, j, c] == pytest.approx(expected, abs=1e-12)
