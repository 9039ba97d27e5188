"""Each tensor operation with its transpose under it. Knows tensors and windows, nothing of layers or networks.

Maps are [n, height, width, channels]; n may be unknown when the graph is made, the rest is static. Everything runs with and
without XLA, in float32 and float64.
"""
from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from .spans import Pads, Window

NO_PAD: Pads = ((0, 0), (0, 0))


def cut(x: tf.Tensor, axis: int, start: int, size: int, value: float = 0.0) -> tf.Tensor:
    """Cells start to start + size of an axis; `value` where x has none."""
    extent = x.shape[axis]
    low, high = max(start, 0), min(start + size, extent)
    if (low, high) != (0, extent):
        x = x[(slice(None),) * axis + (slice(low, high),)]
    if (low, high) != (start, start + size):
        pads = [[0, 0]] * len(x.shape)
        pads[axis] = [low - start, start + size - high]
        x = tf.pad(x, pads, constant_values=tf.constant(value, x.dtype))
    return x


def interleave(grid: list[list[tf.Tensor]]) -> tf.Tensor:
    """Maps [n, h, w, c] in a grid of p rows and q columns -> [n, h * p, w * q, c]: grid[i][j] goes to [:, i::p, j::q]."""
    rows = [row[0] if len(row) == 1 else tf.stack(row, 3) for row in grid]
    h, w, c = grid[0][0].shape[1:]
    stacked = rows[0] if len(rows) == 1 else tf.stack([tf.reshape(row, (-1, h, w * len(grid[0]), c)) for row in rows], 2)
    return tf.reshape(stacked, (-1, h * len(grid), w * len(grid[0]), c))


def conv2d(x: tf.Tensor, kernel: tf.Tensor, window: Window, groups: int = 1) -> tf.Tensor:
    """Convolution (cross-correlation, as in every framework). x [n, h, w, c], kernel [kh, kw, c / groups, o] -> [n, h', w', o]."""
    pads = [[0, 0], *map(list, window.pad), [0, 0]]
    # the CPU has no grouped convolution in every build: one call a group
    parts = zip(tf.split(x, groups, 3), tf.split(kernel, groups, 3)) if groups > 1 else [(x, kernel)]
    outputs = [tf.nn.conv2d(part, filters, window.stride, pads, dilations=window.dilation) for part, filters in parts]
    return tf.concat(outputs, 3) if groups > 1 else outputs[0]


def depthwise_conv2d(x: tf.Tensor, kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """Convolution of each channel by itself. x [n, h, w, c], kernel [kh, kw, c, m] -> [n, h', w', c * m]; equal strides."""
    for axis in (0, 1):
        x = cut(x, axis + 1, -window.pad[axis][0], x.shape[axis + 1] + sum(window.pad[axis]))
    return tf.nn.depthwise_conv2d(x, kernel, (1, *window.stride, 1), "VALID", dilations=window.dilation)


def turn(kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """The kernel with which a plain convolution is the transpose of conv2d, up to interleaving.

    Kernel [kh, kw, c, o] -> [th, tw, o, p * q * c]: each of the p x q = min(size, stride) phases of the result is a convolution
    of the signal with every stride-th tap, in reverse. A plain convolution is up to 3 times as fast on a CPU as
    tf.nn.conv2d_transpose, of which this is an exact rewriting. Where there is a dilation, the stride is 1.
    """
    phases = turned_phases(kernel, window)
    th, p, tw, q, c, o = phases.shape
    return tf.reshape(tf.transpose(phases, (0, 2, 5, 1, 3, 4)), (th, tw, o, p * q * c))


def turn_depthwise(kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """turn for depthwise_conv2d: kernel [kh, kw, c, m] -> [th, tw, c * m, p * q]."""
    phases = turned_phases(kernel, window)
    th, p, tw, q, c, m = phases.shape
    return tf.reshape(tf.transpose(phases, (0, 2, 4, 5, 1, 3)), (th, tw, c * m, p * q))


def turned_phases(kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """Kernel [kh, kw, c, o] -> [th, p, tw, q, c, o]: every stride-th tap from each of the p x q phases on, in reverse."""
    (kh, kw, c, o), (sh, sw) = kernel.shape, window.stride
    th, tw = -(-kh // sh), -(-kw // sw)
    if (th * sh, tw * sw) != (kh, kw):
        kernel = tf.pad(kernel, [[0, th * sh - kh], [0, tw * sw - kw], [0, 0], [0, 0]])
    phases = tf.reshape(kernel, (th, sh, tw, sw, c, o))[:, :min(kh, sh), :, :min(kw, sw)]
    return tf.reverse(phases, (0, 2))           # ten times as fast as a slice with step -1


def conv2d_transpose(signal: tf.Tensor, turned: tf.Tensor, window: Window, groups: int = 1, trim: Pads = NO_PAD) -> tf.Tensor:
    """Transpose of conv2d without its pad: signal [k, n, m, o] -> [k, (n - 1) * stride + size, ..., c], less `trim` at the ends.

    turned is turn(kernel). What trim would cut off again is not computed.
    """
    if groups > 1:
        parts = zip(tf.split(signal, groups, 3), tf.split(turned, groups, 2))
        return tf.concat([conv2d_transpose(part, filters, window, 1, trim) for part, filters in parts], 3)
    pads, spared = reach(turned, window, trim)
    y = tf.nn.conv2d(signal, turned, 1, [[0, 0], *pads, [0, 0]], dilations=window.dilation)
    return laid_out(tf.split(y, phases(window), 3), signal, window, trim, spared)


def depthwise_conv2d_transpose(signal: tf.Tensor, turned: tf.Tensor, window: Window, multiplier: int = 1,
                               trim: Pads = NO_PAD) -> tf.Tensor:
    """Transpose of depthwise_conv2d, as conv2d_transpose: signal [k, n, m, c * multiplier]; turned is turn_depthwise(kernel)."""
    pads, spared = reach(turned, window, trim)
    y = tf.nn.depthwise_conv2d(tf.pad(signal, [[0, 0], *pads, [0, 0]]), turned, (1, 1, 1, 1), "VALID", dilations=window.dilation)
    n, m, channels = y.shape[1], y.shape[2], signal.shape[3] // multiplier
    y = tf.reduce_sum(tf.reshape(y, (-1, n, m, channels, multiplier, phases(window))), 4)
    return laid_out(tf.unstack(y, axis=4), signal, window, trim, spared)


def phases(window: Window) -> int:
    """Phases of a strided transpose that the window reaches."""
    return min(window.size[0], window.stride[0]) * min(window.size[1], window.stride[1])


def reach(turned: tf.Tensor, window: Window, trim: Pads) -> tuple[list[list[int]], Pads]:
    """The pads with which a plain convolution with a turned kernel is a transpose, less what trim spares; and what it spares."""
    more = [(taps - 1) * step for taps, step in zip(turned.shape[:2], window.dilation)]
    a, b = (tuple(min(cells // stride, most) for cells in ends) for ends, stride, most in zip(trim, window.stride, more))
    return [[most - low, most - high] for most, (low, high) in zip(more, (a, b))], (a, b)


def laid_out(parts: list[tf.Tensor], signal: tf.Tensor, window: Window, trim: Pads, spared: Pads) -> tf.Tensor:
    """The phases of a transpose as one map of the size that the signal reaches, less `trim`."""
    if window.stride != (1, 1):
        rows, columns = (min(pair) for pair in zip(window.size, window.stride))
        none = tf.zeros_like(parts[0])              # phases that a window smaller than its stride never reaches
        some = [[*parts[row * columns:(row + 1) * columns], *[none] * (window.stride[1] - columns)] for row in range(rows)]
        y = interleave(some + [[none] * window.stride[1]] * (window.stride[0] - rows))
    else:
        y = parts[0]
    for axis in (0, 1):
        size = (signal.shape[axis + 1] - 1) * window.stride[axis] + window.size[axis] - sum(trim[axis])
        y = cut(y, axis + 1, trim[axis][0] - spared[axis][0] * window.stride[axis], size)
    return y


def taps(x: tf.Tensor, axis: int, size: int, stride: int, count: int) -> list[tf.Tensor]:
    """For each of the `size` places in a window the cells that `count` windows have there; x as long as padded_length says."""
    if stride == 1:
        parts = [x]
    else:
        shape = [-1, *x.shape[1:]]
        shape[axis:axis + 1] = [x.shape[axis] // stride, stride]
        parts = tf.unstack(tf.reshape(x, shape), axis=axis + 1)
    return [cut(parts[place % stride], axis, place // stride, count) for place in range(size)]


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
        x = cut(x, axis + 1, -window.pad[axis][0], length, float("-inf"))
    # columns first, then rows: later places have larger numbers, so a maximum of numbers takes the place of a slow select
    best, *others = taps(x, 2, window.size[1], window.stride[1], counts[1])
    switches = tf.zeros_like(best, dtype)
    for place, values in enumerate(others, 1):
        switches = tf.maximum(switches, tf.cast(values > best, dtype) * tf.constant(place, dtype))
        best = tf.maximum(best, values)
    rows = zip(*(taps(map_, 1, window.size[0], window.stride[0], counts[0]) for map_ in (best, switches)))
    best, switches = next(rows)
    for place, (values, columns) in enumerate(rows, 1):
        columns += tf.constant(place * window.size[1], dtype)
        switches = tf.maximum(switches, tf.cast(values > best, dtype) * columns)
        best = tf.maximum(best, values)
    return best, switches


def max_pool_alone(x: tf.Tensor, window: Window) -> tf.Tensor:
    """max_pool without the switches, for a pass up from which nothing comes down."""
    for axis in (0, 1):
        x = cut(x, axis + 1, -window.pad[axis][0], x.shape[axis + 1] + sum(window.pad[axis]), float("-inf"))
    return tf.nn.max_pool2d(x, window.size, window.stride, "VALID")


def unpool(signal: tf.Tensor, switches: tf.Tensor, window: Window, trim: Pads = NO_PAD) -> tf.Tensor:
    """Transpose of max_pool with its switches held fixed; windows that share a maximum add up.

    signal, switches [k, n, m, c] -> [k, (n - 1) * stride + size, (m - 1) * stride + size, c], less `trim` at the ends.
    """
    def share(dy: int, dx: int) -> tf.Tensor:
        place = tf.constant(dy * window.size[1] + dx, switches.dtype)
        return signal * tf.cast(switches == place, signal.dtype)

    return scatter(share, signal, window, trim)


def scatter(share: Callable[[int, int], tf.Tensor], signal: tf.Tensor, window: Window, trim: Pads) -> tf.Tensor:
    """What each cell of a signal [k, n, m, c] sends to place (dy, dx) of its window, added up: as large as unpool's result."""
    (height, width), strides = window.size, window.stride
    more = [-(-size // stride) - 1 for size, stride in zip(window.size, strides)]
    n, m = signal.shape[1:3]
    grid: list[list[tf.Tensor | None]] = []
    for row in range(strides[0]):
        grid.append([])
        for column in range(strides[1]):
            shares = [cut(cut(share(dy, dx), 1, -(dy // strides[0]), n + more[0]), 2, -(dx // strides[1]), m + more[1])
                      for dy in range(row, height, strides[0]) for dx in range(column, width, strides[1])]
            grid[-1].append(tf.add_n(shares) if shares else None)
    none = tf.zeros_like(grid[0][0])                # phases that a window smaller than its stride never reaches
    y = interleave([[none if phase is None else phase for phase in row] for row in grid])
    for axis in (0, 1):
        size = (signal.shape[axis + 1] - 1) * strides[axis] + window.size[axis] - sum(trim[axis])
        y = cut(y, axis + 1, trim[axis][0], size)
    return y


def average_pool(x: tf.Tensor, window: Window) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Mean of those cells of each window that are on the map; and their share of it [n, h', w', 1], where there are pads."""
    if window.pad == NO_PAD:
        return tf.nn.avg_pool2d(x, window.size, window.stride, "VALID"), None
    there = tf.ones_like(x[..., :1])
    for axis in (0, 1):
        x, there = (cut(part, axis + 1, -window.pad[axis][0], part.shape[axis + 1] + sum(window.pad[axis])) for part in (x, there))
    mean, share = (tf.nn.avg_pool2d(part, window.size, window.stride, "VALID") for part in (x, there))
    return mean / share, share


def average_pool_transpose(signal: tf.Tensor, share: tf.Tensor | None, window: Window, trim: Pads = NO_PAD) -> tf.Tensor:
    """Transpose of average_pool, as large as unpool's result: an equal part to each cell that the mean was of."""
    part = signal / (window.size[0] * window.size[1])
    part = part if share is None else part / share
    rows = scatter(lambda dy, dx: part, part, Window((window.size[0], 1), (window.stride[0], 1)), (trim[0], (0, 0)))
    return scatter(lambda dy, dx: rows, rows, Window((1, window.size[1]), (1, window.stride[1])), ((0, 0), trim[1]))


def rectify(x: tf.Tensor, slope: float = 0.0, ceiling: float | None = None) -> tf.Tensor:
    """max(x, 0), or slope * x below 0, and at most the ceiling."""
    # tf.nn.leaky_relu rounds the slope to float32
    y = tf.where(x > 0, x, x * tf.constant(slope, x.dtype)) if slope else tf.nn.relu(x)
    return y if ceiling is None else tf.minimum(y, tf.constant(ceiling, y.dtype))


def sign(x: tf.Tensor, slope: float = 0.0, ceiling: float | None = None) -> tf.Tensor:
    """The derivative of rectify at x: bool, or numbers where there is a slope below 0."""
    on = x > 0 if ceiling is None else (x > 0) & (x < tf.constant(ceiling, x.dtype))
    return tf.where(x > 0, tf.cast(on, x.dtype), tf.constant(slope, x.dtype)) if slope else on


def mask(signal: tf.Tensor, sign: tf.Tensor) -> tf.Tensor:
    """Transpose of a function of each value, its derivative (bool or numbers) held fixed."""
    return signal * tf.cast(sign, signal.dtype)


def dense(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """x [n, 1, 1, c], kernel [c, o] -> [n, 1, 1, o]."""
    return tf.matmul(tf.reshape(x, (-1, kernel.shape[0])), kernel)[:, None, None]


def dense_transpose(signal: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Transpose of dense: signal [k, 1, 1, o] -> [k, 1, 1, c]."""
    return tf.matmul(tf.reshape(signal, (-1, kernel.shape[1])), kernel, transpose_b=True)[:, None, None]


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


def global_max_pool_transpose(signal: tf.Tensor, switches: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Transpose of global_max_pool with its switches held fixed."""
    laid = signal[:, 0] * tf.one_hot(switches[:, 0, 0], height * width, axis=1, dtype=signal.dtype)
    return tf.reshape(laid, (-1, height, width, signal.shape[3]))


def softmax_transpose(signal: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Transpose of the derivative of a softmax across channels whose output was y."""
    return y * (signal - tf.reduce_sum(signal * y, 3, keepdims=True))


def lrn(x: tf.Tensor, depth: int, k: float, alpha: float, beta: float) -> tf.Tensor:
    """Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3), alpha a channel."""
    return x * (k + alpha * around(x * x, depth)) ** -beta


def lrn_transpose(signal: tf.Tensor, x: tf.Tensor, depth: int, k: float, alpha: float, beta: float) -> tf.Tensor:
    """Transpose of the derivative of lrn at x; signal and x [k, n, m, c]."""
    scale = k + alpha * around(x * x, depth)
    return signal * scale ** -beta - 2 * alpha * beta * x * around(signal * x * scale ** (-beta - 1), depth)


def around(x: tf.Tensor, depth: int) -> tf.Tensor:
    """Sum over the `depth` (odd) channels centred on each."""
    return tf.add_n([cut(x, 3, shift, x.shape[3]) for shift in range(-(depth // 2), depth // 2 + 1)])
