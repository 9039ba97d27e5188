"""Activations and norms that exporters write in several operations: each is one equal layer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from graphs import Sketch, check_equal, layer_kinds

from tfdeconv.network.layers import LayerNorm, UnitNorm
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.translation import translate

ROOT, TWO_OVER_PI = math.sqrt(0.5), math.sqrt(2 / math.pi)
AXIS = {1: (1, 4, 3, 2), -1: (1, 3, 2, 4)}


def sketch_of(write, channel_axis: int = 1) -> Sketch:
    sketch = Sketch(*AXIS[channel_axis], channel_axis=channel_axis)
    write(sketch)
    return sketch


def single(value: float) -> np.ndarray:
    """A constant as files have it."""
    return np.array(value, np.float32)


def gelu(s):
    """x * 0.5 * (1 + erf(x / sqrt(2)))"""
    erf = s.apply("erf", s.over("x", single(1 / ROOT)))
    return s.times(s.times("x", s.plus(erf, single(1.0))), single(0.5))


def gelu_regrouped(s):
    """(1 + erf(0.707 x)) * (0.5 x)"""
    erf = s.apply("erf", s.times(single(ROOT), "x"))
    return s.times(s.plus(single(1.0), erf), s.times(single(0.5), "x"))


def gelu_of_tensorflow(s):
    """0.5 * x * erfc written as 0.5 * (x + x * erf(x * 0.707))"""
    erf = s.apply("erf", s.times("x", single(ROOT)))
    return s.times(single(0.5), s.plus("x", s.times("x", erf)))


def gelu_tanh(s, half=0.5, cube=0.044715):
    cubed = s.times(single(cube), s.times(s.apply("square", "x"), "x"))
    inner = s.times(s.plus("x", cubed), single(TWO_OVER_PI))
    return s.times(s.times("x", single(half)), s.plus(s.apply("tanh", inner), single(1.0)))


def gelu_tanh_factored(s):
    """0.5 x (1 + tanh(0.79 x (1 + 0.0447 x x)))"""
    square = s.plus(s.times(single(0.044715), s.apply("square", "x")), single(1.0))
    inner = s.times(s.times("x", single(TWO_OVER_PI)), square)
    return s.times(single(0.5), s.times("x", s.plus(single(1.0), s.apply("tanh", inner))))


def silu(s):
    return s.times(s.apply("sigmoid", "x"), "x")


def silu_of_exponential(s):
    """x / (1 + exp(-x))"""
    return s.over("x", s.plus(s.apply("exponential", s.apply("negative", "x")), single(1.0)))


def swish(s):
    return s.times("x", s.apply("sigmoid", s.times("x", single(1.5))))


def hard_swish(s, three=3.0):
    return s.over(s.times("x", s.relu6(s.plus("x", single(three)))), single(6.0))


def hard_swish_divided_first(s):
    return s.times("x", s.over(s.relu6(s.plus("x", single(3.0))), single(6.0)))


def hard_swish_of_gate(s):
    return s.times(s.apply("hard_sigmoid", "x"), "x")


def hard_sigmoid(s):
    limited = s.smallest(s.largest(s.plus("x", single(3.0)), single(0.0)), single(6.0))
    return s.times(limited, single(1 / 6))


def mish(s):
    return s.times("x", s.apply("tanh", s.apply("softplus", "x")))


def mish_written_out(s):
    softplus = s.apply("log", s.plus(s.apply("exponential", "x"), single(1.0)))
    return s.times("x", s.apply("tanh", softplus))


def softplus(s):
    return s.apply("log", s.plus(single(1.0), s.apply("exponential", "x")))


def leaky_relu(s):
    return s.largest(s.times("x", single(0.2)), "x")


def leaky_relu_of_two(s):
    """relu(x) - 0.2 * relu(-x)"""
    negative = s.apply("relu", s.apply("negative", "x"))
    return s.minus(s.apply("relu", "x"), s.times(negative, single(0.2)))


def relu6(s):
    return s.smallest(s.apply("relu", "x"), single(6.0))


def compare(s, function: str, limit: float) -> str:
    return s.add(kinds.Computation(function), "x", single(limit))


def where(s, condition: str, above: object, below: object) -> str:
    return s.add(kinds.Computation("where"), condition, above, below)


def elu(s, scale=1.0, alpha=0.7, factor=1.0):
    """x, or alpha * (exp(factor * x) - 1) below 0, all of it times a scale"""
    power = s.apply("exponential", s.times("x", single(factor)))
    below = s.times(s.minus(power, single(1.0)), single(alpha))
    return s.times(where(s, compare(s, "greater", 0.0), "x", below), single(scale))


def selu(s):
    return elu(s, 1.0507009873554805, 1.6732632423543772)


def celu(s):
    return elu(s, alpha=0.5, factor=2.0)


def leaky_relu_of_choice(s):
    return where(s, compare(s, "greater", 0.0), "x", s.times("x", single(0.2)))


def softplus_of_torch(s):
    return where(s, compare(s, "greater", 20.0), "x", s.apply("softplus", "x"))


def threshold(s):
    return where(s, compare(s, "greater", 0.5), "x", single(0.0))


def soft_shrink(s):
    above = where(s, compare(s, "greater", 0.5), s.minus("x", single(0.5)), single(0.0))
    below = where(s, compare(s, "less", -0.5), s.plus("x", single(0.5)), single(0.0))
    return s.plus(above, below)


def hard_shrink(s):
    above, below = (
        s.add(kinds.Cast("bool"), compare(s, name, limit))
        for name, limit in (("greater", 0.5), ("less", -0.5))
    )
    return where(s, s.add(kinds.Computation("logical_or"), above, below), "x", single(0.0))


def log_sigmoid(s):
    return s.apply("log", s.apply("sigmoid", "x"))


def softsign(s):
    return s.over("x", s.plus(s.apply("abs", "x"), single(1.0)))


def tanh_shrink(s):
    return s.minus("x", s.apply("tanh", "x"))


# {what is written: the layers that come out}
ACTIVATIONS = {
    gelu: ["gelu"],
    gelu_regrouped: ["gelu"],
    gelu_of_tensorflow: ["gelu"],
    gelu_tanh: ["gelu_tanh"],
    gelu_tanh_factored: ["gelu_tanh"],
    silu: ["silu"],
    silu_of_exponential: ["silu"],
    swish: ["Affine", "silu", "Affine"],
    hard_swish: ["hard_silu"],
    hard_swish_divided_first: ["hard_silu"],
    hard_swish_of_gate: ["hard_silu"],
    hard_sigmoid: ["hard_sigmoid"],
    mish: ["mish"],
    mish_written_out: ["mish"],
    softplus: ["softplus"],
    leaky_relu: ["relu"],
    leaky_relu_of_two: ["relu"],
    relu6: ["relu"],
    elu: ["elu"],
    selu: ["selu"],
    celu: ["celu"],
    leaky_relu_of_choice: ["relu"],
    softplus_of_torch: ["softplus"],
    threshold: ["relu"],
    soft_shrink: ["soft_shrink"],
    hard_shrink: ["hard_shrink"],
    log_sigmoid: ["log_sigmoid"],
    softsign: ["softsign"],
    tanh_shrink: ["tanh_shrink"],
}


@pytest.mark.parametrize("write", ACTIVATIONS, ids=lambda write: write.__name__)
def test_activations_are_one_layer(rng, write):
    translated = check_equal(sketch_of(write), 3 * rng.standard_normal(AXIS[1]))

    assert layer_kinds(translated) == ACTIVATIONS[write]


def prelu(s, sign):
    """Keras's, as TensorFlow has it: relu(x) + (-alpha) * relu(-x)"""
    alpha = np.array([0.1, 0.2, 0.3, 0.4], np.float32).reshape(4, 1, 1)
    negative = s.apply("relu", s.apply("negative", "x"))
    slope = s.apply("negative", s.plus(alpha, single(0.0))) if sign < 0 else alpha
    merge = s.plus if sign < 0 else s.minus
    return merge(s.apply("relu", "x"), s.times(slope, negative))


@pytest.mark.parametrize("sign", [1, -1])
def test_prelu_has_the_slopes(rng, sign):
    sketch = sketch_of(lambda s: prelu(s, sign))
    translated = check_equal(sketch, rng.standard_normal(AXIS[1]))

    assert layer_kinds(translated) == ["PReLU"]


def layer_norm(s, axis, gamma, beta, epsilon=1e-3, root="sqrt"):
    """As ConvNeXt has it: (x - mean) / sqrt(mean of squares + epsilon) * gamma + beta"""
    centred = s.minus("x", s.mean("x", axis))
    variance = s.mean(s.add(kinds.Power(), centred, single(2.0)), axis)
    deviation = s.apply(root, s.plus(variance, single(epsilon)))
    return s.plus(s.times(s.over(centred, deviation), gamma), beta)


def layer_norm_of_keras(s, axis, gamma, beta, epsilon=1e-3):
    """x * inverse + (beta - mean * inverse), as tf.nn.batch_normalization has it"""
    mean = s.mean("x", axis)
    variance = s.mean(s.apply("square", s.minus(mean, "x")), axis)
    rsqrt = s.add(kinds.Power(), s.plus(variance, single(epsilon)), single(-0.5))
    inverse = s.times(rsqrt, gamma)
    return s.plus(s.times("x", inverse), s.minus(beta, s.times(mean, inverse)))


def layer_norm_of_moments(s, axis, gamma, beta, epsilon=1e-3):
    """With the mean of squares less the square of the mean"""
    mean = s.mean("x", axis)
    squares = s.mean(s.times("x", "x"), axis)
    variance = s.minus(squares, s.times(mean, mean))
    rsqrt = s.apply("reciprocal", s.apply("sqrt", s.plus(variance, single(epsilon))))
    return s.plus(s.times(s.times(s.minus("x", mean), rsqrt), gamma), beta)


LAYER_NORMS = (layer_norm, layer_norm_of_keras, layer_norm_of_moments)


@pytest.mark.parametrize("channel_axis", [1, -1])
@pytest.mark.parametrize("write", LAYER_NORMS, ids=lambda write: write.__name__)
def test_layer_norms_are_one_layer(rng, write, channel_axis):
    shape = (4, 1, 1) if channel_axis == 1 else (4,)
    gamma, beta = rng.standard_normal((2, *shape)).astype(np.float32)
    sketch = sketch_of(lambda s: write(s, channel_axis, gamma, beta), channel_axis)

    translated = check_equal(sketch, rng.standard_normal(AXIS[channel_axis]))

    (node,) = translated.network.nodes
    assert node.layer == LayerNorm(pytest.approx(1e-3), True, True)


def test_instance_norms_are_one_layer(rng):
    gamma, beta = rng.standard_normal((2, 4)).astype(np.float32)

    def write(s):
        mean = s.mean("x", 1, 2)
        centred = s.minus("x", mean)
        variance = s.mean(s.times(centred, centred), 1, 2)
        root = s.apply("sqrt", s.plus(variance, single(1e-3)))
        return s.plus(s.times(s.over(centred, root), gamma), beta)

    translated = check_equal(sketch_of(write, -1), rng.standard_normal(AXIS[-1]))

    (node,) = translated.network.nodes
    assert node.layer.groups == 4


def test_group_norms_in_five_axes(rng):
    """As Keras exports them."""
    gamma, beta = rng.standard_normal((2, 1, 1, 1, 2, 2)).astype(np.float32)

    def write(s):
        x = s.add(kinds.Reshape((-1, 3, 2, 2, 2)), "x")
        mean = s.mean(x, 1, 2, 4)
        variance = s.mean(s.apply("square", s.minus(x, mean)), 1, 2, 4)
        rsqrt = s.add(kinds.Power(), s.plus(variance, single(1e-3)), single(-0.5))
        inverse = s.times(rsqrt, gamma)
        shift = s.minus(beta, s.times(mean, inverse))
        return s.add(kinds.Reshape((-1, 3, 2, 4)), s.plus(s.times(x, inverse), shift))

    translated = check_equal(sketch_of(write, -1), rng.standard_normal(AXIS[-1]))

    (node,) = translated.network.nodes
    assert (node.layer.groups, node.layer.scale, node.layer.center) == (2, True, True)


def rms_norm(s):
    squares = s.mean(s.add(kinds.Power(), "x", single(2.0)), 1)
    rsqrt = s.apply("reciprocal", s.apply("sqrt", s.plus(squares, single(1e-3))))
    return s.times("x", rsqrt)


def unit_norm_of_torch(s):
    """x / max(|x|, epsilon), expanded to the shape of x"""
    length = s.apply("sqrt", s.mean(s.apply("square", "x"), 1, of="sum"))
    shape = s.add(kinds.ShapeOf(), "x")
    return s.over("x", s.add(kinds.Expand(), s.largest(length, single(1e-3)), shape))


def unit_norm_of_tensorflow(s):
    squares = s.largest(s.mean(s.apply("square", "x"), 1, of="sum"), single(1e-6))
    return s.times("x", s.add(kinds.Power(), squares, single(-0.5)))


def unit_norm_of_keras(s):
    squares = s.mean(s.apply("square", "x"), 1, of="sum")
    inverse = s.add(kinds.Power(), squares, single(-0.5))
    return s.times("x", s.smallest(inverse, single(1e3)))


def softmax(s):
    exponential = s.apply("exponential", s.minus("x", s.mean("x", 1, of="max")))
    return s.over(exponential, s.mean(exponential, 1, of="sum"))


ALONG_CHANNELS = {
    rms_norm: "RMSNorm",
    unit_norm_of_torch: "UnitNorm",
    unit_norm_of_tensorflow: "UnitNorm",
    unit_norm_of_keras: "UnitNorm",
    softmax: "Softmax",
}


@pytest.mark.parametrize("write", ALONG_CHANNELS, ids=lambda write: write.__name__)
def test_functions_along_channels(rng, write):
    def and_more(s):
        # a softmax at the very end would be left out
        s.apply("tanh", write(s))

    translated = check_equal(sketch_of(and_more), rng.standard_normal(AXIS[1]))

    assert layer_kinds(translated) == [ALONG_CHANNELS[write], "tanh"]


def test_epsilon_of_a_length():
    translated = translate(sketch_of(unit_norm_of_torch).graph())

    assert translated.network.nodes[0].layer == UnitNorm(pytest.approx(1e-6))


# what is near

NEAR = {
    "another half": lambda s: gelu_tanh(s, half=0.4),
    "another cube": lambda s: gelu_tanh(s, cube=0.0447),
    "another three": lambda s: hard_swish(s, three=2.0),
    "a steep leaky relu": lambda s: s.largest(s.times(s.apply("tanh", "x"), single(1.5)), "op0"),
    "two maps": lambda s: s.times(s.apply("sigmoid", s.apply("tanh", "x")), "x"),
}


@pytest.mark.parametrize("name", NEAR)
def test_other_constants_stay_as_they_are(rng, name):
    translated = check_equal(sketch_of(NEAR[name]), 3 * rng.standard_normal(AXIS[1]))

    assert len(translated.network.nodes) > 2


def leaky_relu_elsewhere(s):
    return where(s, compare(s, "greater", 0.1), "x", s.times("x", single(0.2)))


def shrink_to_one_side(s):
    above = where(s, compare(s, "greater", 0.5), s.minus("x", single(0.5)), single(0.0))
    below = where(s, compare(s, "less", -0.4), s.plus("x", single(0.4)), single(0.0))
    return s.plus(above, below)


OTHER_CHOICES = (
    leaky_relu_elsewhere,
    shrink_to_one_side,
    lambda s: elu(s, factor=2.0),
    lambda s: where(s, compare(s, "greater", 1.0), "x", s.apply("softplus", "x")),
)


@pytest.mark.parametrize("write", OTHER_CHOICES)
def test_other_choices_are_refused(write):
    sketch = sketch_of(write)
    sketch.apply("tanh", "x")

    missing = translate(sketch.graph()).network.missing

    assert any("of a map" in reason for reason in missing.values())


def test_an_inner_tensor_that_is_read_stays(rng):
    def write(s):
        gate = s.apply("sigmoid", "x")
        return s.plus(s.times("x", gate), gate)

    translated = check_equal(sketch_of(write), rng.standard_normal(AXIS[1]))

    assert layer_kinds(translated) == ["sigmoid", "Multiply", "Add"]


def test_an_inner_tensor_that_is_an_output_stays():
    sketch = sketch_of(silu)
    sigmoid, product = (operation.name for operation in sketch.operations)

    assert layer_kinds(translate(sketch.graph(product, sigmoid))) == ["sigmoid", "Multiply"]


def test_a_deviation_beside_epsilon_stays():
    """(x - mean) / (sqrt(variance) + epsilon) is another norm."""

    def write(s):
        centred = s.minus("x", s.mean("x", 1))
        deviation = s.apply("sqrt", s.mean(s.apply("square", centred), 1))
        return s.over(centred, s.plus(deviation, single(1e-3)))

    assert "LayerNorm" not in layer_kinds(translate(sketch_of(write).graph()))


def test_means_over_different_axes_stay():
    def write(s):
        centred = s.minus("x", s.mean("x", 1))
        variance = s.mean(s.apply("square", centred), 2)
        return s.over(centred, s.apply("sqrt", s.plus(variance, single(1e-3))))

    translated = translate(sketch_of(write).graph())

    assert "LayerNorm" not in layer_kinds(translated)


def test_names_within_are_told_as_parts():
    sketch = sketch_of(gelu)

    network = translate(sketch.graph()).network

    assert [node.name for node in network.nodes] == [sketch.operations[-1].name]
    assert {operation.name for operation in sketch.operations[:-1]} <= network.folded.keys()


def test_a_long_chain_takes_no_time():
    sketch = Sketch(1, 2, 2, 2)
    x = "x"
    for _ in range(300):
        x = sketch.apply("sigmoid", x)
        x = sketch.plus(x, single(1.0))

    assert len(translate(sketch.graph()).network.nodes) == 600
