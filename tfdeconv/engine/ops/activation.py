"""Activations: of each value, with learned slopes, and those across the channels of a cell."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import (
    GLU,
    Activation,
    Conv,
    ConvTranspose,
    Dense,
    DepthwiseConv,
    LogSoftmax,
    PReLU,
    Softmax,
)
from ..rules import Rule
from ..types import Parameters, Signals, Trace, Traced
from .functions import smooth_function
from .rectifiers import rectify, rectify_derivative


def elementwise_transpose(signal: tf.Tensor, derivative: tf.Tensor) -> tf.Tensor:
    """Transpose of a function of each value, its derivative (bool or numbers) held fixed."""
    return signal * tf.cast(derivative, signal.dtype)


def softmax_transpose(signal: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Transpose of the derivative of a softmax across channels whose output was y.

    The derivative of y[i] by x[j] is y[i] (i = j) - y[i] y[j].
    """
    return y * (signal - tf.reduce_sum(signal * y, 3, keepdims=True))


def activation_forward(
    layer: Activation, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: a smooth function's derivative, and a rectifier's where the rule masks."""
    if layer.kind == "relu":
        constants = layer.slope, layer.ceiling, layer.threshold
        y = rectify(x, *constants)
        if rule and rule.mask:
            return y, rectify_derivative(x, *constants)
        return y, None
    function, derivative = smooth_function(layer)
    if rule:
        return function(x), derivative(x)
    return function(x), None


def activation_backward(
    layer: Activation, p: Parameters, signal: tf.Tensor, trace: Trace, rule: Rule, *_: Any
) -> Signals:
    if rule.rectify and layer.stands_for_relu:
        signal = rectify(signal)
    if trace is None:
        return (signal,)
    return (elementwise_transpose(signal, trace),)


def prelu_forward(layer: PReLU, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: the derivative, where the rule masks."""
    derivative = tf.where(x > 0, tf.ones_like(x), p["slope"])
    return x * derivative, derivative if rule and rule.mask else None


def prelu_backward(
    layer: PReLU, p: Parameters, signal: tf.Tensor, trace: Trace, rule: Rule, *_: Any
) -> Signals:
    """As a leaky ReLU's."""
    if rule.rectify:
        signal = rectify(signal)
    if trace is None:
        return (signal,)
    return (elementwise_transpose(signal, trace),)


def bias_and_activation(
    layer: Conv | ConvTranspose | DepthwiseConv | Dense,
    p: Parameters,
    y: tf.Tensor,
    rule: Rule | None,
) -> Traced:
    """A layer's products with its bias and its activation, where it has them."""
    if layer.bias:
        y = tf.nn.bias_add(y, p["bias"])
    if layer.activation is None:
        return y, None
    return activation_forward(layer.activation, {}, y, rule=rule)


def before_activation(
    layer: Conv | ConvTranspose | DepthwiseConv | Dense, signal: tf.Tensor, trace: Trace, rule: Rule
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


def log_softmax_forward(
    layer: LogSoftmax, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: the softmax."""
    y = tf.nn.log_softmax(x)
    return y, tf.exp(y) if rule else None


def log_softmax_backward(
    layer: LogSoftmax, p: Parameters, signal: tf.Tensor, trace: Trace, *_: Any
) -> Signals:
    """The derivative of y[i] by x[j] is 1 (i = j) less the softmax's y[j]."""
    return (signal - trace * tf.reduce_sum(signal, 3, keepdims=True),)


def glu_forward(layer: GLU, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: the derivatives by both halves."""
    values, gates = tf.split(x, 2, 3)
    share = tf.sigmoid(gates)
    y = values * share
    return y, (share, y * tf.sigmoid(-gates)) if rule else None


def glu_backward(layer: GLU, p: Parameters, signal: tf.Tensor, trace: Trace, *_: Any) -> Signals:
    """The true derivative, as a product's, under every rule."""
    by_values, by_gates = trace
    return (tf.concat([signal * by_values, signal * by_gates], 3),)
