"""Pools of large windows, and of large strides: operations by the logarithm of the window's size.

pooling.py makes an operation of each of a window's cells. That is the fastest for the windows that
networks usually have; of one of 3000 x 3000 it would be nine million. What is here gives the same
maxima and switches; sums are added up in another order.
"""

from __future__ import annotations

import tensorflow as tf

from ...network.spans import Pads, Window
from .slicing import cut, every, number_type

# a window's cells, or a stride's, from which on it is large
LARGE = 64


def is_large(window: Window) -> bool:
    """Whether a window has so many cells, or a stride so many phases."""
    rows, columns = window.taps
    row_stride, column_stride = window.stride
    return max(rows * columns, row_stride * column_stride) > LARGE


def switch_type(window: Window) -> tf.DType:
    """The smallest type that numbers all taps of a window."""
    return number_type(window.taps[0] * window.taps[1])


def pad_map(x: tf.Tensor, pads: Pads, value: float = 0.0) -> tf.Tensor:
    """A map [n, h, w, c] with so many cells around it."""
    for axis in (0, 1):
        before, after = pads[axis]
        x = cut(x, axis + 1, -before, before + x.shape[axis + 1] + after, value)
    return x


def large_max_pool(x: tf.Tensor, window: Window) -> tuple[tf.Tensor, tf.Tensor]:
    """As max_pool in pooling.py."""
    best = pad_map(x, window.pad, float("-inf"))
    # cast: zeros of uint32 themselves have no kernel on a GPU
    switches = tf.cast(tf.zeros_like(best), switch_type(window))
    # the maxima of each row of the window, then the maximum of its rows
    for axis, weight in ((1, 1), (0, window.taps[1])):
        best, switches = running_maximum(best, switches, axis + 1, window, weight)
        best = every(best, axis + 1, window.stride[axis])
        switches = every(switches, axis + 1, window.stride[axis])
    return best, switches


def running_maximum(
    best: tf.Tensor, switches: tf.Tensor, axis: int, window: Window, weight: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """The maximum of a window's taps from each cell of an axis on, and the switch of the first.

    A cell's switch there is its own, and `weight` for each tap that it is behind the first.
    """
    # the maximum of `length` taps is that of the first ones and of those `shift` taps behind
    # them; where these overlap nothing changes. An equal one behind does not beat the first.
    taps, dilation = window.taps[axis - 1], window.dilation[axis - 1]
    length = 1
    while length < taps:
        shift = min(length, taps - length)
        cells = shift * dilation
        count = best.shape[axis] - cells
        later = cut(best, axis, cells, count)
        best = cut(best, axis, 0, count)
        step = tf.constant(shift * weight, switches.dtype)
        moved = cut(switches, axis, cells, count) + step
        switches = tf.where(later > best, moved, cut(switches, axis, 0, count))
        best = tf.maximum(best, later)
        length += shift
    return best, switches


def large_max_pool_values(x: tf.Tensor, window: Window) -> tf.Tensor:
    """large_max_pool without the switches."""
    best = pad_map(x, window.pad, float("-inf"))
    for axis in (0, 1):
        length = 1
        while length < window.taps[axis]:
            shift = min(length, window.taps[axis] - length)
            cells = shift * window.dilation[axis]
            count = best.shape[axis + 1] - cells
            later = cut(best, axis + 1, cells, count)
            best = tf.maximum(cut(best, axis + 1, 0, count), later)
            length += shift
        best = every(best, axis + 1, window.stride[axis])
    return best


def large_unpool(signal: tf.Tensor, switches: tf.Tensor, window: Window, trim: Pads) -> tf.Tensor:
    """As unpool in pooling.py: each cell of the signal is added where its switch points."""
    _, n, m, c = signal.shape
    height = (n - 1) * window.stride[0] + window.size[0] - sum(trim[0])
    width = (m - 1) * window.stride[1] + window.size[1] - sum(trim[1])
    switches = tf.cast(switches, tf.int64)
    rows = switches // window.taps[1] * window.dilation[0]
    rows += firsts(n, window.stride[0], trim[0][0])[:, None, None]
    columns = switches % window.taps[1] * window.dilation[1]
    columns += firsts(m, window.stride[1], trim[1][0])[:, None]
    # what is trimmed is another map's, or nobody's: it goes behind the end
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    count = tf.shape(signal, tf.int64)[0]
    item = tf.range(count)[:, None, None, None]
    index = ((item * height + rows) * width + columns) * c + tf.range(c, dtype=tf.int64)
    cells = count * (height * width * c)
    index = tf.where(inside, index, cells)
    sums = tf.math.unsorted_segment_sum(
        tf.reshape(signal, [-1]), tf.reshape(index, [-1]), cells + 1
    )
    return tf.reshape(sums[:-1], (-1, height, width, c))


def firsts(count: int, stride: int, trimmed: int) -> tf.Tensor:
    """The first cell of each of `count` windows, less those trimmed before: int64 [count]."""
    return tf.range(count, dtype=tf.int64) * stride - trimmed


def running_sum(x: tf.Tensor, axis: int, size: int) -> tf.Tensor:
    """The sum of each `size` consecutive cells of an axis."""
    count = x.shape[axis] - size + 1
    total = None
    offset = 0
    length = 1  # of the sums in x
    left = size
    while True:
        if left % 2:
            part = cut(x, axis, offset, count)
            total = part if total is None else total + part
            offset += length
        left //= 2
        if not left:
            return total
        x = cut(x, axis, 0, x.shape[axis] - length) + cut(x, axis, length, x.shape[axis] - length)
        length *= 2


def large_average_pool(x: tf.Tensor, window: Window) -> tf.Tensor:
    """The mean of each window of a map without pads."""
    if overlap_little(window, x.shape[1], x.shape[2]):
        return tf.nn.avg_pool2d(x, window.size, window.stride, "VALID")
    for axis in (0, 1):
        x = every(running_sum(x, axis + 1, window.size[axis]), axis + 1, window.stride[axis])
    return x / (window.size[0] * window.size[1])


def overlap_little(window: Window, height: int, width: int) -> bool:
    """Whether few enough windows hold a cell that each may be summed by itself."""
    rows, columns = window.extents(height, width)
    cells = rows * window.size[0] * columns * window.size[1]
    return cells <= LARGE * height * width


def spread(part: tf.Tensor, window: Window, trim: Pads) -> tf.Tensor:
    """The transpose of the sum of each window: `part` to all of its cells, less `trim`."""
    for axis in (1, 2):
        size, stride = window.size[axis - 1], window.stride[axis - 1]
        before, after = trim[axis - 1]
        count = part.shape[axis]
        cells = (count - 1) * stride + size - before - after
        if count == 1:
            part = tf.repeat(part, cells, axis)
            continue
        # zeros between the cells, as many as the stride leaves out
        shape = [-1, *part.shape[1:]]
        shape[axis] = count * stride
        part = cut(tf.expand_dims(part, axis + 1), axis + 1, 0, stride)
        part = tf.reshape(part, shape)
        part = cut(part, axis, before - size + 1, cells + size - 1)
        part = running_sum(part, axis, size)
    return part
