"""The dense layer, whose input and output are maps of 1 x 1."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import Dense
from ..rules import Rule
from ..types import Parameters, Signals, Trace, Traced
from .activation import before_activation, bias_and_activation


def dense(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """x [n, 1, 1, c], kernel [c, o] -> [n, 1, 1, o]."""
    y = tf.matmul(tf.reshape(x, (-1, kernel.shape[0])), kernel)
    return y[:, None, None]


def dense_transpose(signal: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Transpose of dense: signal [k, 1, 1, o] -> [k, 1, 1, c]."""
    vectors = tf.reshape(signal, (-1, kernel.shape[1]))
    back = tf.matmul(vectors, kernel, transpose_b=True)
    return back[:, None, None]


def dense_forward(layer: Dense, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    return bias_and_activation(layer, p, dense(x, p["kernel"]), rule)


def dense_backward(
    layer: Dense, p: Parameters, signal: tf.Tensor, trace: Trace, rule: Rule, *_: Any
) -> Signals:
    signal = before_activation(layer, signal, trace, rule)
    return (dense_transpose(signal, p["kernel"]),)
