"""Functions of each value with their derivatives: rectifiers, smooth ones, and the softmax."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ...network import layers
from ...network.layers import Activation, Conv, Dense, DepthwiseConv, Softmax
from ..rules import Rule
from ..types import Parameters, Signals, Trace, Traced

Function = Callable[[tf.Tensor], tf.Tensor]


def rectify(x: tf.Tensor, slope: float = 0.0, ceiling: float | None = None) -> tf.Tensor:
    """max(x, 0), or slope * x below 0, and at most the ceiling."""
    if slope:
        # tf.nn.leaky_relu rounds the slope to float32
        y = tf.where(x > 0, x, x * tf.constant(slope, x.dtype))
    else:
        y = tf.nn.relu(x)
    if ceiling is None:
        return y
    return tf.minimum(y, tf.constant(ceiling, y.dtype))


def rectify_derivative(x: tf.Tensor, slope: float = 0.0, ceiling: float | None = None) -> tf.Tensor:
    """The derivative of rectify at x: bool, or numbers where there is a slope below 0."""
    if ceiling is None:
        on = x > 0
    else:
        on = (x > 0) & (x < tf.constant(ceiling, x.dtype))
    if not slope:
        return on
    return tf.where(x > 0, tf.cast(on, x.dtype), tf.constant(slope, x.dtype))


def elementwise_transpose(signal: tf.Tensor, derivative: tf.Tensor) -> tf.Tensor:
    """Transpose of a function of each value, its derivative (bool or numbers) held fixed."""
    return signal * tf.cast(derivative, signal.dtype)


def softmax_transpose(signal: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Transpose of the derivative of a softmax across channels whose output was y.

    The derivative of y[i] by x[j] is y[i] (i = j) - y[i] y[j].
    """
    return y * (signal - tf.reduce_sum(signal * y, 3, keepdims=True))


def sigmoid_derivative(x: tf.Tensor) -> tf.Tensor:
    return tf.sigmoid(x) * tf.sigmoid(-x)


def tanh_derivative(x: tf.Tensor) -> tf.Tensor:
    return 1 - tf.tanh(x) ** 2


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


def elu_derivative(x: tf.Tensor) -> tf.Tensor:
    return tf.exp(tf.minimum(x, tf.zeros_like(x)))


def hard_sigmoid(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu6(x + 3) / 6


def hard_sigmoid_derivative(x: tf.Tensor) -> tf.Tensor:
    return tf.cast((x > -3) & (x < 3), x.dtype) / 6


def hard_silu(x: tf.Tensor) -> tf.Tensor:
    return x * hard_sigmoid(x)


def hard_silu_derivative(x: tf.Tensor) -> tf.Tensor:
    return hard_sigmoid(x) + x * hard_sigmoid_derivative(x)


# each smooth function with its derivative
SMOOTH_FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "sigmoid": (tf.sigmoid, sigmoid_derivative),
    "tanh": (tf.tanh, tanh_derivative),
    "hard_sigmoid": (hard_sigmoid, hard_sigmoid_derivative),
    "silu": (silu, silu_derivative),  # Ramachandran et al. 2017, section 2 (Swish)
    "hard_silu": (hard_silu, hard_silu_derivative),  # Howard et al. 2019, section 5.2 (h-swish)
    "gelu": (gelu, gelu_derivative),  # Hendrycks & Gimpel 2016, section 2
    "elu": (tf.nn.elu, elu_derivative),  # Clevert et al. 2016, section 3
    "softplus": (tf.nn.softplus, tf.sigmoid),
}


def activation_forward(
    layer: Activation, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: a smooth function's derivative, and a rectifier's where the rule masks."""
    if layer.kind == "relu":
        y = rectify(x, layer.slope, layer.ceiling)
        if rule and rule.mask:
            return y, rectify_derivative(x, layer.slope, layer.ceiling)
        return y, None
    function, derivative = SMOOTH_FUNCTIONS[layer.kind]
    if rule:
        return function(x), derivative(x)
    return function(x), None


def activation_backward(
    layer: Activation, p: Parameters, signal: tf.Tensor, trace: Trace, rule: Rule, *_: Any
) -> Signals:
    # layers.SMOOTH says which smooth functions stand in a rectifier's place; the rectifier does
    if rule.rectify and layers.SMOOTH.get(layer.kind, True):
        signal = rectify(signal)
    if trace is None:
        return (signal,)
    return (elementwise_transpose(signal, trace),)


def bias_and_activation(
    layer: Conv | DepthwiseConv | Dense, p: Parameters, y: tf.Tensor, rule: Rule | None
) -> Traced:
    """A layer's products with its bias and its activation, where it has them."""
    if layer.bias:
        y = tf.nn.bias_add(y, p["bias"])
    if layer.activation is None:
        return y, None
    return activation_forward(layer.activation, {}, y, rule=rule)


def before_activation(
    layer: Conv | DepthwiseConv | Dense, signal: tf.Tensor, trace: Trace, rule: Rule
) -> tf.Tensor:
    """The signal sent back through a layer's own activation; the bias has no part in it."""
    if layer.activation is None:
        return signal
    (signal,) = activation_backward(layer.activation, {}, signal, trace, rule)
    return signal


def softmax_forward(layer: Softmax, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: the output itself."""
    y = tf.nn.softmax(x)
    return y, y if rule else None


def softmax_backward(
    layer: Softmax, p: Parameters, signal: tf.Tensor, trace: Trace, *_: Any
) -> Signals:
    return (softmax_transpose(signal, trace),)
