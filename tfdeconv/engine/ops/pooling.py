"""Max and average pools, each with its transpose under it. Maps as in convolution.py."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import tensorflow as tf

from ...network.layers import AvgPool, MaxPool
from ...network.spans import Pads, Pair, Window
from ..rules import Rule
from ..types import Parameters, Shapes, Signals, Trace, Traced
from .large_pooling import (
    is_large,
    large_average_pool,
    large_max_pool,
    large_max_pool_values,
    large_unpool,
    pad_map,
    spread,
    switch_type,
)
from .slicing import NO_PAD, cut, interleave


def max_pool(x: tf.Tensor, window: Window) -> tuple[tf.Tensor, tf.Tensor]:
    """Maximum of each window, and the switch that says where in the window it was.

    x [n, h, w, c] -> y [n, h', w', c], switches [n, h', w', c]: dy * taps of a row + dx, in taps;
    uint8 (uint16 where the window has more than 256 cells, uint32 more than 65,536). Pads with
    -inf, so that no switch points outside the map; a tie goes to the first element in row order.
    """
    if is_large(window):
        return large_max_pool(x, window)
    dtype = switch_type(window)
    counts = window.extents(*x.shape[1:3])
    for axis in (0, 1):
        length = padded_length(window.size[axis], window.stride[axis], counts[axis])
        x = cut(x, axis + 1, -window.pad[axis][0], length, float("-inf"))
    # The maxima of each row of the window, then the maximum of its rows. Later cells have larger
    # numbers: where one beats the best so far, its number is the maximum of the switches, which
    # takes the place of a slow select. An equal one does not beat it: the first of a tie is kept.
    best, *others = window_cells(x, 2, window, counts[1])
    switches = tf.zeros_like(best, dtype)
    for dx, values in enumerate(others, 1):
        switches = tf.maximum(switches, tf.cast(values > best, dtype) * tf.constant(dx, dtype))
        best = tf.maximum(best, values)
    best, *other_maxima = window_cells(best, 1, window, counts[0])
    switches, *other_switches = window_cells(switches, 1, window, counts[0])
    for dy, (values, columns) in enumerate(zip(other_maxima, other_switches), 1):
        columns += tf.constant(dy * window.taps[1], dtype)
        switches = tf.maximum(switches, tf.cast(values > best, dtype) * columns)
        best = tf.maximum(best, values)
    return best, switches


def window_cells(x: tf.Tensor, axis: int, window: Window, count: int) -> list[tf.Tensor]:
    """For each of a window's taps along an axis of x the cells that `count` windows have there.

    x is as long as padded_length says. The axis is taken apart by phases (cells 0, stride,
    2 stride, ...; cells 1, stride + 1, ...), of which the cells at each offset are a plain cut.
    """
    stride = window.stride[axis - 1]
    if stride == 1:
        phases = [x]
    else:
        shape = [-1, *x.shape[1:]]
        shape[axis : axis + 1] = [x.shape[axis] // stride, stride]
        phases = tf.unstack(tf.reshape(x, shape), axis=axis + 1)
    cells = []
    for tap in range(window.taps[axis - 1]):
        offset = tap * window.dilation[axis - 1]
        cells.append(cut(phases[offset % stride], axis, offset // stride, count))
    return cells


def padded_length(size: int, stride: int, count: int) -> int:
    """Cells that `count` windows touch, rounded up to whole strides."""
    return (count + -(-size // stride) - 1) * stride


def max_pool_values(x: tf.Tensor, window: Window) -> tf.Tensor:
    """max_pool without the switches, for a forward pass from which nothing is sent back."""
    if is_large(window):
        return large_max_pool_values(x, window)
    if window.dilation != (1, 1):
        return max_pool(x, window)[0]
    x = pad_map(x, window.pad, float("-inf"))
    return tf.nn.max_pool2d(x, window.size, window.stride, "VALID")


def unpool(
    signal: tf.Tensor, switches: tf.Tensor, window: Window, trim: Pads = NO_PAD
) -> tf.Tensor:
    """Transpose of max_pool with its switches held fixed; windows that share a maximum add up.

    signal, switches [k, n, m, c] -> [k, (n - 1) * stride + size, (m - 1) * stride + size, c],
    less `trim` cells at the ends
    """
    if is_large(window):
        return large_unpool(signal, switches, window, trim)

    def share(dy: int, dx: int) -> tf.Tensor:
        offset = tf.constant(dy * window.taps[1] + dx, switches.dtype)
        return signal * tf.cast(switches == offset, signal.dtype)

    return scatter(share, signal, window, trim)


def scatter(
    share: Callable[[int, int], tf.Tensor], signal: tf.Tensor, window: Window, trim: Pads
) -> tf.Tensor:
    """What a signal's cells send to the cells of their windows, added up; as large as unpool's map.

    share(dy, dx): what the signal's cells [k, n, m, c] send to tap (dy, dx) of their windows.
    """
    # By phases, as the transpose of a convolution (convolution.py): window j's cell r + u stride is
    # cell (j + u) stride + r of the map, that is cell j + u of phase r.
    (height, width), (row_stride, column_stride) = window.size, window.stride
    n = signal.shape[1] + -(-height // row_stride) - 1
    m = signal.shape[2] + -(-width // column_stride) - 1
    shares: dict[Pair, list[tf.Tensor]] = {}
    for dy, dx in product(*map(range, window.taps)):
        row, column = dy * window.dilation[0], dx * window.dilation[1]
        shifted = cut(share(dy, dx), 1, -(row // row_stride), n)
        shifted = cut(shifted, 2, -(column // column_stride), m)
        shares.setdefault((row % row_stride, column % column_stride), []).append(shifted)
    # phases that no tap of the window reaches stay zeros
    zeros = tf.zeros_like(shares[0, 0][0])
    grid = [[zeros] * column_stride for _ in range(row_stride)]
    for (row, column), parts in shares.items():
        grid[row][column] = tf.add_n(parts)
    y = interleave(grid)
    for axis in (0, 1):
        size = (signal.shape[axis + 1] - 1) * window.stride[axis] + window.size[axis]
        y = cut(y, axis + 1, trim[axis][0], size - sum(trim[axis]))
    return y


def average_pool(
    x: tf.Tensor, window: Window, counted: Pads = NO_PAD
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Mean of those cells of each window that count, and their share of the window.

    Those on the map and so many zeros around it count.
    x [n, h, w, c] -> y [n, h', w', c], shares [n, h', w', 1], or None where all cells count
    """
    mean = window_means(pad_map(x, window.pad), window)
    if window.pad == counted:
        return mean, None
    counts = pad_map(tf.ones_like(x[..., :1]), counted, 1.0)
    others = []
    for (before, after), (counted_before, counted_after) in zip(window.pad, counted):
        others.append((before - counted_before, after - counted_after))
    share = window_means(pad_map(counts, (others[0], others[1])), window)
    return mean / share, share


def window_means(x: tf.Tensor, window: Window) -> tf.Tensor:
    """The mean of each window of a map without pads."""
    if is_large(window):
        return large_average_pool(x, window)
    return tf.nn.avg_pool2d(x, window.size, window.stride, "VALID")


def average_pool_transpose(
    signal: tf.Tensor, share: tf.Tensor | None, window: Window, trim: Pads = NO_PAD
) -> tf.Tensor:
    """Transpose of average_pool: an equal part to each cell that the mean was of.

    As large as unpool's map.
    """
    part = signal / (window.size[0] * window.size[1])
    if share is not None:
        part = part / share
    if is_large(window):
        return spread(part, window, trim)
    # all cells of a window get the same: down the columns first, then along the rows
    column_window = Window((window.size[0], 1), (window.stride[0], 1))
    row_window = Window((1, window.size[1]), (1, window.stride[1]))
    rows = scatter(lambda dy, dx: part, part, column_window, (trim[0], (0, 0)))
    return scatter(lambda dy, dx: rows, rows, row_window, ((0, 0), trim[1]))


def max_pool_forward(layer: MaxPool, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: the switches."""
    if rule:
        return max_pool(x, layer.window)
    return max_pool_values(x, layer.window), None


def max_pool_backward(
    layer: MaxPool,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    trim: Pads,
) -> Signals:
    return (unpool(signal, trace, layer.window, trim),)


def avg_pool_forward(layer: AvgPool, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: each window's share that counts, where that is not all of it."""
    y, share = average_pool(x, layer.window, layer.counted)
    return y, share if rule else None


def avg_pool_backward(
    layer: AvgPool,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    trim: Pads,
) -> Signals:
    return (average_pool_transpose(signal, trace, layer.window, trim),)
