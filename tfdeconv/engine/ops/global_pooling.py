"""Pools over the whole map, each with its transpose under it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import GlobalAvgPool, GlobalMaxPool
from ..rules import Rule
from ..types import Parameters, Shapes, Signals, Trace, Traced

# whole numbers that float32 holds
EXACT = 1 << 24


def global_average_pool(x: tf.Tensor) -> tf.Tensor:
    """Mean of each map. x [n, h, w, c] -> [n, 1, 1, c]."""
    return tf.reduce_mean(x, (1, 2), keepdims=True)


def global_average_pool_transpose(signal: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Transpose of global_average_pool: an equal share to each of the height x width cells."""
    return tf.tile(signal / (height * width), (1, height, width, 1))


def global_max_pool(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Maximum of each map, and the switch: its cell in row order, the first on a tie.

    x [n, h, w, c] -> y [n, 1, 1, c], switches int64
    """
    cells = x.shape[1] * x.shape[2]
    flat = tf.reshape(x, (-1, cells, x.shape[3]))
    y = tf.reduce_max(flat, 1, keepdims=True)
    # not argmax: of ties a GPU need not give the first, and on a CPU this takes half the time
    numbers = tf.range(cells, dtype=tf.float32 if cells <= EXACT else tf.float64)[:, None]
    firsts = tf.reduce_min(tf.where(flat == y, numbers, float(cells)), 1)
    return y[:, :, None], tf.cast(firsts, tf.int64)[:, None, None]


def global_max_pool_transpose(
    signal: tf.Tensor, switches: tf.Tensor, height: int, width: int
) -> tf.Tensor:
    """Transpose of global_max_pool with its switches held fixed."""
    on = tf.one_hot(switches[:, 0, 0], height * width, axis=1, dtype=signal.dtype)
    return tf.reshape(signal[:, 0] * on, (-1, height, width, signal.shape[3]))


def global_avg_pool_forward(
    layer: GlobalAvgPool, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    return global_average_pool(x), None


def global_avg_pool_backward(
    layer: GlobalAvgPool,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    height, width, _channels = shapes[0]
    return (global_average_pool_transpose(signal, height, width),)


def global_max_pool_forward(
    layer: GlobalMaxPool, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: the switches."""
    y, switches = global_max_pool(x)
    return y, switches if rule else None


def global_max_pool_backward(
    layer: GlobalMaxPool,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    height, width, _channels = shapes[0]
    return (global_max_pool_transpose(signal, trace, height, width),)
