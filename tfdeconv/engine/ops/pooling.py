"""Max and average pools, each with its transpose under it. Tensors as in ops.py."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from ...network.layers import AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from ...network.spans import Pads, Window
from . import slicing


def taps(x: tf.Tensor, axis: int, size: int, stride: int, count: int) -> list[tf.Tensor]:
    """For each of the `size` places in a window the cells that `count` windows have there; x as long as padded_length says."""
    if stride == 1:
        parts = [x]
    else:
        shape = [-1, *x.shape[1:]]
        shape[axis : axis + 1] = [x.shape[axis] // stride, stride]
        parts = tf.unstack(tf.reshape(x, shape), axis=axis + 1)
    return [
        slicing.cut(parts[place % stride], axis, place // stride, count) for place in range(size)
    ]


def padded_length(size: int, stride: int, count: int) -> int:
    """Cells that `count` windows touch, rounded up to whole strides."""
    return (count + -(-size // stride) - 1) * stride


def max_pool(x: tf.Tensor, window: Window) -> tuple[tf.Tensor, tf.Tensor]:
    """Maximum of each window, and the switch that says where in the window it was.

    x [n, h, w, c] -> y [n, h', w', c], switches [n, h', w', c]: dy * width of the window + dx, uint8 (uint16 above 256 cells).
    Pads with -inf, so no switch points outside the map; a tie goes to the first element in row order.
    """
    dtype = tf.uint8 if window.size[0] * window.size[1] <= 256 else tf.uint16
    counts = window.extents(*x.shape[1:3])
    for axis in (0, 1):
        length = padded_length(window.size[axis], window.stride[axis], counts[axis])
        x = slicing.cut(x, axis + 1, -window.pad[axis][0], length, float("-inf"))
    # columns first, then rows: later places have larger numbers, so a maximum of numbers takes the place of a slow select
    best, *others = taps(x, 2, window.size[1], window.stride[1], counts[1])
    switches = tf.zeros_like(best, dtype)
    for place, values in enumerate(others, 1):
        switches = tf.maximum(switches, tf.cast(values > best, dtype) * tf.constant(place, dtype))
        best = tf.maximum(best, values)
    rows = zip(
        *(taps(map_, 1, window.size[0], window.stride[0], counts[0]) for map_ in (best, switches))
    )
    best, switches = next(rows)
    for place, (values, columns) in enumerate(rows, 1):
        columns += tf.constant(place * window.size[1], dtype)
        switches = tf.maximum(switches, tf.cast(values > best, dtype) * columns)
        best = tf.maximum(best, values)
    return best, switches


def max_pool_alone(x: tf.Tensor, window: Window) -> tf.Tensor:
    """max_pool without the switches, for a pass up from which nothing comes down."""
    for axis in (0, 1):
        x = slicing.cut(
            x,
            axis + 1,
            -window.pad[axis][0],
            x.shape[axis + 1] + sum(window.pad[axis]),
            float("-inf"),
        )
    return tf.nn.max_pool2d(x, window.size, window.stride, "VALID")


def unpool(
    signal: tf.Tensor, switches: tf.Tensor, window: Window, trim: Pads = slicing.NO_PAD
) -> tf.Tensor:
    """Transpose of max_pool with its switches held fixed; windows that share a maximum add up.

    signal, switches [k, n, m, c] -> [k, (n - 1) * stride + size, (m - 1) * stride + size, c], less `trim` at the ends.
    """

    def share(dy: int, dx: int) -> tf.Tensor:
        place = tf.constant(dy * window.size[1] + dx, switches.dtype)
        return signal * tf.cast(switches == place, signal.dtype)

    return scatter(share, signal, window, trim)


def scatter(
    share: Callable[[int, int], tf.Tensor], signal: tf.Tensor, window: Window, trim: Pads
) -> tf.Tensor:
    """What each cell of a signal [k, n, m, c] sends to place (dy, dx) of its window, added up: as large as unpool's result."""
    (height, width), strides = window.size, window.stride
    more = [-(-size // stride) - 1 for size, stride in zip(window.size, strides)]
    n, m = signal.shape[1:3]
    grid: list[list[tf.Tensor | None]] = []
    for row in range(strides[0]):
        grid.append([])
        for column in range(strides[1]):
            shares = [
                slicing.cut(
                    slicing.cut(share(dy, dx), 1, -(dy // strides[0]), n + more[0]),
                    2,
                    -(dx // strides[1]),
                    m + more[1],
                )
                for dy in range(row, height, strides[0])
                for dx in range(column, width, strides[1])
            ]
            grid[-1].append(tf.add_n(shares) if shares else None)
    none = tf.zeros_like(grid[0][0])  # phases that a window smaller than its stride never reaches
    y = slicing.interleave([[none if phase is None else phase for phase in row] for row in grid])
    for axis in (0, 1):
        size = (signal.shape[axis + 1] - 1) * strides[axis] + window.size[axis] - sum(trim[axis])
        y = slicing.cut(y, axis + 1, trim[axis][0], size)
    return y


def average_pool(x: tf.Tensor, window: Window) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Mean of those cells of each window that are on the map; and their share of it [n, h', w', 1], where there are pads."""
    if window.pad == slicing.NO_PAD:
        return tf.nn.avg_pool2d(x, window.size, window.stride, "VALID"), None
    there = tf.ones_like(x[..., :1])
    for axis in (0, 1):
        size = x.shape[axis + 1] + sum(window.pad[axis])
        x, there = (slicing.cut(part, axis + 1, -window.pad[axis][0], size) for part in (x, there))
    mean, share = (
        tf.nn.avg_pool2d(part, window.size, window.stride, "VALID") for part in (x, there)
    )
    return mean / share, share


def average_pool_transpose(
    signal: tf.Tensor, share: tf.Tensor | None, window: Window, trim: Pads = slicing.NO_PAD
) -> tf.Tensor:
    """Transpose of average_pool, as large as unpool's result: an equal part to each cell that the mean was of."""
    part = signal / (window.size[0] * window.size[1])
    part = part if share is None else part / share
    rows = scatter(
        lambda dy, dx: part,
        part,
        Window((window.size[0], 1), (window.stride[0], 1)),
        (trim[0], (0, 0)),
    )
    return scatter(
        lambda dy, dx: rows,
        rows,
        Window((1, window.size[1]), (1, window.stride[1])),
        ((0, 0), trim[1]),
    )


def global_average_pool(x: tf.Tensor) -> tf.Tensor:
    """Mean of each map. x [n, h, w, c] -> [n, 1, 1, c]."""
    return tf.reduce_mean(x, (1, 2), keepdims=True)


def global_average_pool_transpose(signal: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Transpose of global_average_pool: an equal share to each of the height x width cells."""
    return tf.tile(signal / (height * width), (1, height, width, 1))


def global_max_pool(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Maximum of each map and its cell in row order, the first on a tie. x [n, h, w, c] -> y [n, 1, 1, c], switches int32."""
    flat = tf.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
    return tf.reduce_max(flat, 1)[:, None, None], tf.argmax(flat, 1, tf.int32)[:, None, None]


def global_max_pool_transpose(
    signal: tf.Tensor, switches: tf.Tensor, height: int, width: int
) -> tf.Tensor:
    """Transpose of global_max_pool with its switches held fixed."""
    laid = signal[:, 0] * tf.one_hot(switches[:, 0, 0], height * width, axis=1, dtype=signal.dtype)
    return tf.reshape(laid, (-1, height, width, signal.shape[3]))


def max_pool_forward(layer: MaxPool, p, x, *, rule):
    return max_pool(x, layer.window) if rule else (max_pool_alone(x, layer.window), None)


def max_pool_backward(layer: MaxPool, p, signal, trace, rule, shapes, trim):
    return (unpool(signal, trace, layer.window, trim),)


def avg_pool_forward(layer: AvgPool, p, x, *, rule):
    y, share = average_pool(x, layer.window)
    return y, (share if rule else None)


def avg_pool_backward(layer: AvgPool, p, signal, trace, rule, shapes, trim):
    return (average_pool_transpose(signal, trace, layer.window, trim),)


def global_avg_pool_forward(layer: GlobalAvgPool, p, x, *, rule):
    return global_average_pool(x), None


def global_avg_pool_backward(layer: GlobalAvgPool, p, signal, trace, rule, shapes, trim):
    return (global_average_pool_transpose(signal, *shapes[0][:2]),)


def global_max_pool_forward(layer: GlobalMaxPool, p, x, *, rule):
    y, switches = global_max_pool(x)
    return y, (switches if rule else None)


def global_max_pool_backward(layer: GlobalMaxPool, p, signal, trace, rule, shapes, trim):
    return (global_max_pool_transpose(signal, trace, *shapes[0][:2]),)
