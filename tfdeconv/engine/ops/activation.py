"""Functions of each value with their derivatives: rectifiers, smooth ones as Keras has them, and the softmax."""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

from ...network import layers
from ...network.layers import Activation, Softmax

Function = Callable[[tf.Tensor], tf.Tensor]


def rectify(x: tf.Tensor, slope: float = 0.0, ceiling: float | None = None) -> tf.Tensor:
    """max(x, 0), or slope * x below 0, and at most the ceiling."""
    # tf.nn.leaky_relu rounds the slope to float32
    y = tf.where(x > 0, x, x * tf.constant(slope, x.dtype)) if slope else tf.nn.relu(x)
    return y if ceiling is None else tf.minimum(y, tf.constant(ceiling, y.dtype))


def sign(x: tf.Tensor, slope: float = 0.0, ceiling: float | None = None) -> tf.Tensor:
    """The derivative of rectify at x: bool, or numbers where there is a slope below 0."""
    on = x > 0 if ceiling is None else (x > 0) & (x < tf.constant(ceiling, x.dtype))
    return tf.where(x > 0, tf.cast(on, x.dtype), tf.constant(slope, x.dtype)) if slope else on


def mask(signal: tf.Tensor, sign: tf.Tensor) -> tf.Tensor:
    """Transpose of a function of each value, its derivative (bool or numbers) held fixed."""
    return signal * tf.cast(sign, signal.dtype)


def softmax_transpose(signal: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Transpose of the derivative of a softmax across channels whose output was y."""
    return y * (signal - tf.reduce_sum(signal * y, 3, keepdims=True))


def silu_derivative(x: tf.Tensor) -> tf.Tensor:
    share = tf.sigmoid(x)
    return share * (1 + x * (1 - share))


def gelu(x: tf.Tensor) -> tf.Tensor:
    return x * (1 + tf.math.erf(x / math.sqrt(2))) / 2  # tf.nn.gelu has its constant in float32


def gelu_derivative(x: tf.Tensor) -> tf.Tensor:
    return 0.5 * (1 + tf.math.erf(x / math.sqrt(2))) + x * tf.exp(-x * x / 2) / math.sqrt(
        2 * math.pi
    )


def hard_sigmoid(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu6(x + 3) / 6


def hard_sigmoid_derivative(x: tf.Tensor) -> tf.Tensor:
    return tf.cast((x > -3) & (x < 3), x.dtype) / 6


SMOOTH: dict[str, tuple[Function, Function]] = {
    "sigmoid": (tf.sigmoid, lambda x: tf.sigmoid(x) * tf.sigmoid(-x)),
    "tanh": (tf.tanh, lambda x: 1 - tf.tanh(x) ** 2),
    "hard_sigmoid": (hard_sigmoid, hard_sigmoid_derivative),
    "silu": (
        lambda x: x * tf.sigmoid(x),
        silu_derivative,
    ),  # Ramachandran et al. 2017, section 2 (Swish)
    "hard_silu": (
        lambda x: x * hard_sigmoid(x),  # Howard et al. 2019, section 5.2 (h-swish)
        lambda x: hard_sigmoid(x) + x * hard_sigmoid_derivative(x),
    ),
    "gelu": (gelu, gelu_derivative),  # Hendrycks & Gimpel 2016, section 2
    "elu": (
        tf.nn.elu,
        lambda x: tf.exp(tf.minimum(x, tf.zeros_like(x))),
    ),  # Clevert et al. 2016, section 3
    "softplus": (tf.nn.softplus, tf.sigmoid),
}


def activation_forward(layer: Activation, p, x, *, rule):
    if layer.kind != "relu":
        function, derivative = SMOOTH[layer.kind]
        return function(x), (derivative(x) if rule else None)
    y = rectify(x, layer.slope, layer.ceiling)
    return y, (sign(x, layer.slope, layer.ceiling) if rule and rule.mask else None)


def activation_backward(layer: Activation, p, signal, trace, rule, shapes, trim):
    if rule.rectify and layers.SMOOTH.get(layer.kind, True):
        signal = rectify(signal)
    return (signal if trace is None else mask(signal, trace),)


def softmax_forward(layer: Softmax, p, x, *, rule):
    y = tf.nn.softmax(x)
    return y, (y if rule else None)


def softmax_backward(layer: Softmax, p, signal, trace, rule, shapes, trim):
    return (softmax_transpose(signal, trace),)
