"""Rectifiers, and the smooth functions that stand in their place, each with its derivative."""

from __future__ import annotations

import math

import tensorflow as tf

from ...network.layers import CONSTANTS
from .elementary import hard_sigmoid, hard_sigmoid_derivative

# Klambauer et al. 2017, equation 2 and below it: with these, mean 0 and variance 1 are kept
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
# of gelu's approximation: Hendrycks & Gimpel 2016, section 2
GELU_CUBE = 0.044715
GELU_SCALE = math.sqrt(2 / math.pi)


def rectify(
    x: tf.Tensor, slope: float = 0.0, ceiling: float | None = None, threshold: float = 0.0
) -> tf.Tensor:
    """x above the threshold, elsewhere slope * (x - threshold), and at most the ceiling."""
    if threshold or slope:
        # tf.nn.leaky_relu rounds the slope to float32
        below = (x - threshold) * slope
        y = tf.where(x > tf.constant(threshold, x.dtype), x, below)
    else:
        y = tf.nn.relu(x)
    if ceiling is None:
        return y
    return tf.minimum(y, tf.constant(ceiling, y.dtype))


def rectify_derivative(
    x: tf.Tensor, slope: float = 0.0, ceiling: float | None = None, threshold: float = 0.0
) -> tf.Tensor:
    """The derivative of rectify at x: bool, or numbers where there is a slope."""
    above = x > tf.constant(threshold, x.dtype)
    on = above
    if ceiling is not None:
        on = above & (x < tf.constant(ceiling, x.dtype))
    if not slope:
        return on
    return tf.where(above, tf.cast(on, x.dtype), tf.constant(slope, x.dtype))


def negative_part(x: tf.Tensor) -> tf.Tensor:
    """min(x, 0): what an exponential is taken of, whose other branch could be infinite."""
    return tf.minimum(x, tf.zeros_like(x))


def silu(x: tf.Tensor) -> tf.Tensor:
    return x * tf.sigmoid(x)


def silu_derivative(x: tf.Tensor) -> tf.Tensor:
    share = tf.sigmoid(x)
    return share * (1 + x * (1 - share))


def gelu(x: tf.Tensor) -> tf.Tensor:
    # tf.nn.gelu has its constant in float32
    return x * (1 + tf.math.erf(x / math.sqrt(2))) / 2


def gelu_derivative(x: tf.Tensor) -> tf.Tensor:
    share = 0.5 * (1 + tf.math.erf(x / math.sqrt(2)))
    return share + x * tf.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def gelu_tanh(x: tf.Tensor) -> tf.Tensor:
    return x * (1 + tf.tanh(GELU_SCALE * (x + GELU_CUBE * x**3))) / 2


def gelu_tanh_derivative(x: tf.Tensor) -> tf.Tensor:
    gate = tf.tanh(GELU_SCALE * (x + GELU_CUBE * x**3))
    inner = GELU_SCALE * (1 + 3 * GELU_CUBE * x**2)
    return (1 + gate + x * (1 - gate**2) * inner) / 2


def elu(x: tf.Tensor, constant: float) -> tf.Tensor:
    return tf.where(x > 0, x, constant * tf.math.expm1(negative_part(x)))


def elu_derivative(x: tf.Tensor, constant: float) -> tf.Tensor:
    return tf.where(x > 0, tf.ones_like(x), constant * tf.exp(negative_part(x)))


def selu(x: tf.Tensor) -> tf.Tensor:
    return SELU_SCALE * elu(x, SELU_ALPHA)


def selu_derivative(x: tf.Tensor) -> tf.Tensor:
    return SELU_SCALE * elu_derivative(x, SELU_ALPHA)


def celu(x: tf.Tensor, constant: float) -> tf.Tensor:
    return tf.where(x > 0, x, constant * tf.math.expm1(negative_part(x) / constant))


def celu_derivative(x: tf.Tensor, constant: float) -> tf.Tensor:
    return tf.exp(negative_part(x) / constant)


def mish(x: tf.Tensor) -> tf.Tensor:
    return x * tf.tanh(tf.nn.softplus(x))


def mish_derivative(x: tf.Tensor) -> tf.Tensor:
    gate = tf.tanh(tf.nn.softplus(x))
    return gate + x * tf.sigmoid(x) * (1 - gate**2)


def squareplus(x: tf.Tensor, constant: float) -> tf.Tensor:
    return (x + tf.sqrt(x**2 + constant)) / 2


def squareplus_derivative(x: tf.Tensor, constant: float) -> tf.Tensor:
    return (1 + x / tf.sqrt(x**2 + constant)) / 2


def sparse_plus(x: tf.Tensor) -> tf.Tensor:
    return tf.where(x < 1, tf.nn.relu(x + 1) ** 2 / 4, x)


def sparse_plus_derivative(x: tf.Tensor) -> tf.Tensor:
    return hard_sigmoid(x, 0.5)


def hard_silu(x: tf.Tensor) -> tf.Tensor:
    return x * hard_sigmoid(x, CONSTANTS["hard_sigmoid"])


def hard_silu_derivative(x: tf.Tensor) -> tf.Tensor:
    slope = CONSTANTS["hard_sigmoid"]
    return hard_sigmoid(x, slope) + x * hard_sigmoid_derivative(x, slope)


def softplus(x: tf.Tensor, constant: float) -> tf.Tensor:
    return tf.nn.softplus(constant * x) / constant


def softplus_derivative(x: tf.Tensor, constant: float) -> tf.Tensor:
    return tf.sigmoid(constant * x)
