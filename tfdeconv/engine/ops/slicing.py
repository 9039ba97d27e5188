"""Cuts maps out of maps and interleaves them."""

from __future__ import annotations

import tensorflow as tf

from ...network.spans import Pads

NO_PAD: Pads = ((0, 0), (0, 0))


def cut(x: tf.Tensor, axis: int, start: int, size: int, value: float = 0.0) -> tf.Tensor:
    """Cells start to start + size of an axis; `value` where x has none."""
    extent = x.shape[axis]
    # of a part wholly outside nothing is taken
    low = min(max(start, 0), extent)
    high = max(min(start + size, extent), low)
    if (low, high) != (0, extent):
        x = x[(slice(None),) * axis + (slice(low, high),)]
    if high - low != size:
        pads = [[0, 0]] * len(x.shape)
        before = min(max(-start, 0), size)
        pads[axis] = [before, size - before - (high - low)]
        x = tf.pad(x, pads, constant_values=tf.constant(value, x.dtype))
    return x


def every(x: tf.Tensor, axis: int, stride: int) -> tf.Tensor:
    """Cells 0, stride, 2 stride, ... of an axis."""
    if stride == 1:
        return x
    return x[(slice(None),) * axis + (slice(None, None, stride),)]


def interleave(grid: list[list[tf.Tensor]]) -> tf.Tensor:
    """Maps [n, h, w, c] in a grid of p rows and q columns -> [n, h * p, w * q, c].

    grid[i][j] goes to [:, i::p, j::q].
    """
    h, w, c = grid[0][0].shape[1:]
    p, q = len(grid), len(grid[0])
    if q == 1:
        rows = [row[0] for row in grid]
    else:
        rows = [tf.stack(row, 3) for row in grid]  # [n, h, w, q, c]
    if p == 1:
        stacked = rows[0]
    else:
        # [n, h, p, w * q, c]
        stacked = tf.stack([tf.reshape(row, (-1, h, w * q, c)) for row in rows], 2)
    return tf.reshape(stacked, (-1, h * p, w * q, c))
