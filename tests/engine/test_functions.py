"""Every activation's function is the one that the replica writes down, its derivative the slope."""

from __future__ import annotations

import numpy as np
import pytest
import reference
import tensorflow as tf
from gradcheck import gap

from tfdeconv.engine.ops.functions import smooth_function
from tfdeconv.network.layers import CONSTANTS, SMOOTH, Activation

CASES = {kind: Activation(kind) for kind in SMOOTH if kind != "clip"}
CASES["clip"] = Activation("clip", floor=-1.0, ceiling=1.0)
# defined above 0
POSITIVE = ("log", "sqrt", "reciprocal", "power")


def values_for(kind: str) -> np.ndarray:
    # no corner or step of any of the functions is within a difference's step of these
    return np.linspace(0.05 if kind in POSITIVE else -3.97, 4.01, 200)


@pytest.mark.parametrize("name", CASES)
def test_functions_and_their_derivatives(name):
    x = values_for(name)
    function, derivative = smooth_function(CASES[name])
    # float64; formulas that are the same in another form
    assert gap(function(tf.constant(x)), reference.apply(CASES[name], x)) < 1e-13
    # the differences are right to 1e-9
    slope = reference.slope(CASES[name], x)
    assert gap(tf.cast(derivative(tf.constant(x)), tf.float64), slope) < 1e-8


@pytest.mark.parametrize("kind", CONSTANTS)
def test_derivatives_with_another_constant(kind):
    x = values_for(kind)
    function, derivative = smooth_function(Activation(kind, constant=0.3))
    above, below = function(tf.constant(x + 1e-6)), function(tf.constant(x - 1e-6))
    assert gap(derivative(tf.constant(x)), (above - below) / 2e-6) < 1e-8


@pytest.mark.parametrize(
    "layer, x, y, slope",
    [
        (Activation("hard_sigmoid", constant=0.2, offset=0.3), 1.0, 0.5, 0.2),
        (Activation("hard_sigmoid", constant=0.2, offset=0.3), -1.6, 0.0, 0.0),
        (Activation("softplus", constant=2.0), 0.0, np.log(2) / 2, 0.5),
        (Activation("power", constant=3.0), -2.0, -8.0, 12.0),
        (Activation("power", constant=-0.5), 4.0, 0.5, -1 / 16),
        (Activation("reciprocal"), -2.0, -0.5, -0.25),
    ],
)
def test_constants_by_hand(layer, x, y, slope):
    function, derivative = smooth_function(layer)
    np.testing.assert_allclose(function(tf.constant(x)), y, rtol=1e-6)
    np.testing.assert_allclose(derivative(tf.constant(x)), slope, rtol=1e-6)


@pytest.mark.parametrize("kind", [kind for kind in SMOOTH if kind not in POSITIVE])
def test_far_values_give_numbers(kind):
    """No branch that is not taken makes NaN of an overflow."""
    x = tf.constant([-1e4, 0.0, 80.0])
    layer = Activation(kind, floor=-1.0) if kind == "clip" else Activation(kind)
    for function in smooth_function(layer):
        assert np.isfinite(function(x)).all()
