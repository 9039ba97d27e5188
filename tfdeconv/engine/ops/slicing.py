"""Cuts maps out of maps and interleaves them."""

from __future__ import annotations

import tensorflow as tf

from ...network.spans import Pads

NO_PAD: Pads = ((0, 0), (0, 0))
# what is gathered as int32
PACKED = tf.uint8, tf.uint16, tf.uint32


def number_type(count: int) -> tf.DType:
    """The smallest type for the numbers from 0 to count - 1: a trace has many of them."""
    if count <= 1 << 8:
        return tf.uint8
    return tf.uint16 if count <= 1 << 16 else tf.uint32


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


def take(values: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """values [b, ..., c] at any index into the first axis: [*index, ..., c].

    Small whole numbers are taken as int32, several in one: of their own types TensorFlow gathers
    on the host alone, and all of them would leave the GPU.
    """
    dtype = values.dtype
    if dtype not in PACKED:
        return tf.gather(values, index)
    together = tf.int32.size // dtype.size
    channels = values.shape[-1]
    missing = -channels % together
    if missing:
        # anything: it is cut off again
        values = tf.concat([values, *[values[..., :1]] * missing], -1)
    packed = tf.bitcast(apart(values, together), tf.int32)
    taken = tf.bitcast(tf.gather(packed, index), dtype)
    if together > 1:
        taken = tf.reshape(taken, (-1, *taken.shape[1:-2], channels + missing))
    return cut(taken, len(taken.shape) - 1, 0, channels)


def apart(values: tf.Tensor, together: int) -> tf.Tensor:
    """values [..., c] -> [..., c / together, together], as they are where that is 1."""
    if together == 1:
        return values
    *outer, channels = values.shape[1:]
    return tf.reshape(values, (-1, *outer, channels // together, together))


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
