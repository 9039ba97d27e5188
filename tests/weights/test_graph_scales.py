"""Scales, shifts and biases of constants: as few layers as can be, and equal."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import Sketch, check_equal, layer_kinds, network_output, reference

from tfdeconv.network.layers import Affine, Conv
from tfdeconv.weights.graph import kinds
from tfdeconv.weights.graph.translation import translate

SHAPE = (1, 4, 3, 2)


def single(value) -> np.ndarray:
    return np.array(value, np.float32)


@pytest.fixture
def numbers(rng) -> dict[str, np.ndarray]:
    """The parameters of a batch norm, for maps [n, c, h, w]."""
    names = ("gamma", "beta", "mean", "variance")
    return {name: rng.uniform(0.5, 2.0, (4, 1, 1)).astype(np.float32) for name in names}


def root_of_variance(s, p):
    return s.apply("sqrt", s.plus(p["variance"], single(1e-3)))


def as_defined(s, p):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta"""
    centred = s.minus("x", p["mean"])
    return s.plus(s.times(s.over(centred, root_of_variance(s, p)), p["gamma"]), p["beta"])


def as_tensorflow_has_it(s, p):
    """x * (gamma * rsqrt) + (beta - mean * (gamma * rsqrt))"""
    rsqrt = s.add(kinds.Power(), s.plus(p["variance"], single(1e-3)), single(-0.5))
    scale = s.times(rsqrt, p["gamma"])
    return s.plus(s.times("x", scale), s.minus(p["beta"], s.times(p["mean"], scale)))


def from_the_other_side(s, p):
    """beta - gamma * ((mean - x) / root)"""
    centred = s.over(s.minus(p["mean"], "x"), root_of_variance(s, p))
    return s.minus(p["beta"], s.times(p["gamma"], centred))


@pytest.mark.parametrize("write", [as_defined, as_tensorflow_has_it, from_the_other_side])
def test_batch_norms_written_out_are_one_scale(rng, numbers, write):
    sketch = Sketch(*SHAPE)
    write(sketch, numbers)

    translated = check_equal(sketch, rng.standard_normal(SHAPE))

    (node,) = translated.network.nodes
    assert isinstance(node.layer, Affine)
    assert node.name == sketch.operations[-1].name


def test_scales_that_are_read_or_outputs_stay(rng):
    sketch = Sketch(*SHAPE)
    first = sketch.times("x", single(2.0))
    second = sketch.plus(first, single(1.0))
    third = sketch.times(second, single(3.0))
    sketch.plus(third, first)

    translated = check_equal(sketch, rng.standard_normal(SHAPE))
    assert layer_kinds(translated) == ["Affine", "Affine", "Add"]
    assert translated.network.folded == {second: third}

    translated = translate(sketch.graph("op3", second))
    assert layer_kinds(translated) == ["Affine", "Affine", "Affine", "Add"]


def test_scale_behind_a_batch_norm_is_its_own(rng, numbers):
    sketch = Sketch(*SHAPE)
    flat = {name: values.ravel() for name, values in numbers.items()}
    norm = sketch.add(kinds.BatchNormalization(1, 1e-3), "x", *flat.values())
    sketch.plus(sketch.times(norm, numbers["beta"]), numbers["mean"])

    translated = translate(sketch.graph())

    assert layer_kinds(translated) == ["BatchNorm"]
    x = rng.standard_normal(SHAPE)
    inner = (x - numbers["mean"]) / np.sqrt(numbers["variance"] + 1e-3)
    inner = inner * numbers["gamma"] + numbers["beta"]
    y = network_output(translated, np.moveaxis(x, 1, 3))
    expected = np.moveaxis(inner * numbers["beta"] + numbers["mean"], 1, 3)
    np.testing.assert_allclose(y, expected, rtol=1e-5)


# biases

CONV = kinds.Convolution(1, "oihw")
# {shape of what is added to 4 channels: whether it is a bias}
ADDED = {(4, 1, 1): True, (1, 4, 1, 1): True, (1, 1, 1): False, (): False, (2,): False}


@pytest.mark.parametrize("shape", ADDED, ids=str)
def test_what_is_added_by_channel_is_a_bias(rng, shape):
    kernel = rng.standard_normal((4, 4, 1, 1)).astype(np.float32)
    sketch = Sketch(*SHAPE)
    conv = sketch.add(CONV, "x", kernel)
    sketch.plus(rng.standard_normal(shape).astype(np.float32), conv)
    x = rng.standard_normal(SHAPE)

    translated = translate(sketch.graph())

    products = np.einsum("oi,nihw->nohw", kernel[:, :, 0, 0], x)
    added = sketch.constants[sketch.operations[-1].inputs[0]].read()
    y = network_output(translated, np.moveaxis(x, 1, 3))
    np.testing.assert_allclose(y, np.moveaxis(products + added, 1, 3), rtol=1e-5, atol=1e-5)
    assert (len(translated.network.nodes) == 1) == ADDED[shape]


def test_bias_of_channels_last(rng):
    sketch = Sketch(1, 3, 2, 4, channel_axis=-1)
    kernel = rng.standard_normal((1, 1, 4, 2)).astype(np.float32)
    conv = sketch.add(kinds.Convolution(3, "hwio"), "x", kernel)
    added = sketch.plus(conv, single([1.0, 2.0]))

    network = translate(sketch.graph()).network

    (node,) = network.nodes
    assert node.name == added
    assert isinstance(node.layer, Conv) and node.layer.bias
    assert network.folded == {conv: added}


def test_second_bias_stays(rng):
    sketch = Sketch(*SHAPE)
    conv = sketch.add(CONV, "x", np.ones((4, 4, 1, 1), np.float32))
    first = sketch.plus(conv, np.ones((4, 1, 1), np.float32))
    sketch.plus(first, np.ones((4, 1, 1), np.float32))

    assert layer_kinds(translate(sketch.graph())) == ["Conv", "Affine"]


def test_bias_of_a_matrix(rng):
    sketch = Sketch(*SHAPE)
    flat = sketch.add(kinds.Flattened(1, two=True), "x")
    matrix = rng.standard_normal((24, 3)).astype(np.float32)
    sketch.plus(sketch.add(kinds.MatrixProduct(), flat, matrix), single([1.0, 2.0, 3.0]))
    x = rng.standard_normal(SHAPE)

    translated = translate(sketch.graph())

    y = network_output(translated, np.moveaxis(x, 1, 3))
    np.testing.assert_allclose(y.ravel(), reference(sketch.graph(), x).ravel(), rtol=1e-5)
    assert translated.network.nodes[-1].layer.bias


# constants on maps

FORMS = ((), (1,), (4, 1, 1), (1, 4, 1, 1), (1, 1, 1), (1, 1, 1, 1))


@pytest.mark.parametrize("shape", FORMS, ids=str)
@pytest.mark.parametrize("operation", ["add", "subtract", "multiply", "divide"])
def test_constants_meet_maps_as_numpys_do(rng, operation, shape):
    for is_first in (False, True):
        if is_first and operation == "divide":
            continue
        sketch = Sketch(*SHAPE)
        constant = rng.uniform(0.5, 2.0, shape).astype(np.float32)
        inputs = (constant, "x") if is_first else ("x", constant)
        sketch.add(kinds.Elementwise(operation), *inputs)
        check_equal(sketch, rng.standard_normal(SHAPE))


def test_constants_that_enlarge_a_map_are_refused():
    sketch = Sketch(1, 4, 1, 1)
    sketch.apply("relu", "x")
    added = sketch.plus("op0", np.ones((1, 4, 2, 2), np.float32))

    missing = translate(sketch.graph()).network.missing

    assert "shape [1, 4, 2, 2]" in missing[added]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (0, 3, 1, 2)])
def test_channels_are_found_on_moved_axes(rng, order):
    sketch = Sketch(*SHAPE)
    shape = [1, 1, 1, 1]
    shape[order.index(1)] = 4
    moved = sketch.add(kinds.Transpose(order), "x")
    scaled = sketch.times(moved, rng.standard_normal(shape).astype(np.float32))
    sketch.add(kinds.Transpose(tuple(np.argsort(order).tolist())), scaled)

    check_equal(sketch, rng.standard_normal(SHAPE))


def test_constants_on_parts_of_the_channels(rng):
    """A value for each of 2 groups of 2 channels."""
    sketch = Sketch(*SHAPE)
    parts = sketch.add(kinds.Reshape((1, 2, 2, 3, 2)), "x")
    scaled = sketch.times(parts, rng.standard_normal((2, 1, 1, 1)).astype(np.float32))
    sketch.add(kinds.Reshape(SHAPE), scaled)

    check_equal(sketch, rng.standard_normal(SHAPE))
