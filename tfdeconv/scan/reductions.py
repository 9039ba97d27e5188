"""What is kept of a batch's maps: the strongest units, sums and counts."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

EDGES = 2.0 ** np.arange(
    -15, 16, 0.5
)  # of the histogram: bin 0 has what is not above 0, bin 1 the rest below the first
BINS = len(EDGES) + 2


def summary(y: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """y [n, h, w, c], n static -> [n, c] each: maxima, their first rows and columns in row order, means, shares above 0.

    Where a maximum lies is looked for among the maxima of the rows, and then in its row alone: an argmax over the whole map would
    take longer than some convolutions.
    """
    n, h, w, c = y.shape
    by_row = tf.reduce_max(y, 2)
    maxima = tf.reduce_max(by_row, 1)
    rows = first(by_row, 1)
    starts = (tf.range(n, dtype=tf.int64)[:, None] * h + rows) * (w * c) + tf.range(
        c, dtype=tf.int64
    )
    lines = tf.gather(tf.reshape(y, [-1]), starts[..., None] + tf.range(w, dtype=tf.int64) * c)
    flat, ones = tf.reshape(y, (n, h * w, c)), tf.ones((n, 1, h * w))
    # a product with ones is the fastest sum over positions
    means, shares = (
        tf.matmul(ones, values)[:, 0] / (h * w) for values in (flat, tf.cast(flat > 0, tf.float32))
    )
    return maxima, rows, first(lines, 2), means, shares


def units(y: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """y [n, h, w, c], n static, at a unit of each channel: rows, columns [n, c] -> [n, c]."""
    n, h, w, c = y.shape
    places = ((tf.range(n, dtype=tf.int64)[:, None] * h + rows) * w + columns) * c + tf.range(
        c, dtype=tf.int64
    )
    return tf.gather(tf.reshape(y, [-1]), places)


def first(values: tf.Tensor, axis: int) -> tf.Tensor:
    """Where on an axis the largest value is, the first of equal ones: int64. (tf.argmax promises nothing on a tie.)"""
    extent = values.shape[axis]
    places = tf.reshape(
        tf.range(extent, dtype=values.dtype), [extent if i == axis else 1 for i in range(3)]
    )
    largest = values == tf.reduce_max(values, axis, keepdims=True)
    return tf.cast(tf.reduce_min(tf.where(largest, places, extent - 1), axis), tf.int64)


def bins(maxima: tf.Tensor) -> tf.Tensor:
    """maxima [n, c] -> indices [n * c, 2]: channel, and bin of its histogram."""
    flat = tf.reshape(maxima, [-1])
    at = tf.where(
        flat > 0, tf.searchsorted(tf.constant(EDGES, tf.float32), flat, "right", tf.int64) + 1, 0
    )
    channels = tf.broadcast_to(tf.range(maxima.shape[1], dtype=tf.int64), tf.shape(maxima))
    return tf.stack([tf.reshape(channels, [-1]), at], 1)
