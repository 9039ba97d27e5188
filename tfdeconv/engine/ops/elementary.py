"""Functions of each value that do not stand in a rectifier's place, each with its derivative."""

from __future__ import annotations

import math

import tensorflow as tf


def sigmoid_derivative(x: tf.Tensor) -> tf.Tensor:
    return tf.sigmoid(x) * tf.sigmoid(-x)


def tanh_derivative(x: tf.Tensor) -> tf.Tensor:
    # 1 - tanh(x)^2 would be 0, or rounding, where tanh is saturated
    return 4 * sigmoid_derivative(2 * x)


def hard_sigmoid(x: tf.Tensor, constant: float, offset: float = 0.5) -> tf.Tensor:
    return tf.clip_by_value(constant * x + offset, tf.zeros_like(x), tf.ones_like(x))


def hard_sigmoid_derivative(x: tf.Tensor, constant: float, offset: float = 0.5) -> tf.Tensor:
    y = constant * x + offset
    return constant * tf.cast((y > 0) & (y < 1), x.dtype)


def log_sigmoid(x: tf.Tensor) -> tf.Tensor:
    return -tf.nn.softplus(-x)


def log_sigmoid_derivative(x: tf.Tensor) -> tf.Tensor:
    return tf.sigmoid(-x)


def softsign_derivative(x: tf.Tensor) -> tf.Tensor:
    return (1 + tf.abs(x)) ** -2


def tanh_shrink(x: tf.Tensor) -> tf.Tensor:
    return x - tf.tanh(x)


def tanh_shrink_derivative(x: tf.Tensor) -> tf.Tensor:
    return tf.tanh(x) ** 2


def hard_shrink(x: tf.Tensor, constant: float) -> tf.Tensor:
    return x * shrink_derivative(x, constant)


def soft_shrink(x: tf.Tensor, constant: float) -> tf.Tensor:
    return tf.sign(x) * tf.nn.relu(tf.abs(x) - constant)


def shrink_derivative(x: tf.Tensor, constant: float) -> tf.Tensor:
    return tf.cast(tf.abs(x) > constant, x.dtype)


def clip(x: tf.Tensor, floor: float | None, ceiling: float | None) -> tf.Tensor:
    if floor is not None:
        x = tf.maximum(x, tf.constant(floor, x.dtype))
    if ceiling is not None:
        x = tf.minimum(x, tf.constant(ceiling, x.dtype))
    return x


def clip_derivative(x: tf.Tensor, floor: float | None, ceiling: float | None) -> tf.Tensor:
    return tf.cast(clip(x, floor, ceiling) == x, x.dtype)


def double(x: tf.Tensor) -> tf.Tensor:
    """The derivative of the square."""
    return 2 * x


def negative_derivative(x: tf.Tensor) -> tf.Tensor:
    return -tf.ones_like(x)


def erf_derivative(x: tf.Tensor) -> tf.Tensor:
    return 2 / math.sqrt(math.pi) * tf.exp(-(x**2))


def sqrt_derivative(x: tf.Tensor) -> tf.Tensor:
    return 0.5 * tf.math.rsqrt(x)


def reciprocal_derivative(x: tf.Tensor) -> tf.Tensor:
    return -(tf.math.reciprocal(x) ** 2)


def power(x: tf.Tensor, constant: float) -> tf.Tensor:
    return tf.pow(x, tf.constant(constant, x.dtype))


def power_derivative(x: tf.Tensor, constant: float) -> tf.Tensor:
    return constant * power(x, constant - 1)
