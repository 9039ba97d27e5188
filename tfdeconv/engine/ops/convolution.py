"""Each tensor operation with its transpose under it. Knows tensors and windows, nothing of layers or networks.

Maps are [n, height, width, channels]; n may be unknown when the graph is made, the rest is static. Everything runs with and
without XLA, in float32 and float64.
"""

from __future__ import annotations

import tensorflow as tf

from ...network.layers import Conv, Dense, DepthwiseConv
from ...network.spans import Pads, Window
from ..rules import Rule
from ..types import Parameters, Step, Trace
from . import slicing
from .activation import activation_backward, activation_forward
from .slicing import NO_PAD, cut, interleave


def conv2d(x: tf.Tensor, kernel: tf.Tensor, window: Window, groups: int = 1) -> tf.Tensor:
    """Convolution (cross-correlation, as in every framework). x [n, h, w, c], kernel [kh, kw, c / groups, o] -> [n, h', w', o]."""
    pads = [[0, 0], *map(list, window.pad), [0, 0]]
    # the CPU has no grouped convolution in every build: one call a group
    parts = (
        zip(tf.split(x, groups, 3), tf.split(kernel, groups, 3)) if groups > 1 else [(x, kernel)]
    )
    outputs = [
        tf.nn.conv2d(part, filters, window.stride, pads, dilations=window.dilation)
        for part, filters in parts
    ]
    return tf.concat(outputs, 3) if groups > 1 else outputs[0]


def depthwise_conv2d(x: tf.Tensor, kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """Convolution of each channel by itself. x [n, h, w, c], kernel [kh, kw, c, m] -> [n, h', w', c * m]; equal strides."""
    for axis in (0, 1):
        x = cut(x, axis + 1, -window.pad[axis][0], x.shape[axis + 1] + sum(window.pad[axis]))
    return tf.nn.depthwise_conv2d(
        x, kernel, (1, *window.stride, 1), "VALID", dilations=window.dilation
    )


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
    phases = tf.reshape(kernel, (th, sh, tw, sw, c, o))[:, : min(kh, sh), :, : min(kw, sw)]
    return tf.reverse(phases, (0, 2))  # ten times as fast as a slice with step -1


def conv2d_transpose(
    signal: tf.Tensor, turned: tf.Tensor, window: Window, groups: int = 1, trim: Pads = NO_PAD
) -> tf.Tensor:
    """Transpose of conv2d without its pad: signal [k, n, m, o] -> [k, (n - 1) * stride + size, ..., c], less `trim` at the ends.

    turned is turn(kernel). What trim would cut off again is not computed.
    """
    if groups > 1:
        parts = zip(tf.split(signal, groups, 3), tf.split(turned, groups, 2))
        return tf.concat(
            [conv2d_transpose(part, filters, window, 1, trim) for part, filters in parts], 3
        )
    pads, spared = reach(turned, window, trim)
    y = tf.nn.conv2d(signal, turned, 1, [[0, 0], *pads, [0, 0]], dilations=window.dilation)
    return laid_out(tf.split(y, phases(window), 3), signal, window, trim, spared)


def depthwise_conv2d_transpose(
    signal: tf.Tensor, turned: tf.Tensor, window: Window, multiplier: int = 1, trim: Pads = NO_PAD
) -> tf.Tensor:
    """Transpose of depthwise_conv2d, as conv2d_transpose: signal [k, n, m, c * multiplier]; turned is turn_depthwise(kernel)."""
    pads, spared = reach(turned, window, trim)
    y = tf.nn.depthwise_conv2d(
        tf.pad(signal, [[0, 0], *pads, [0, 0]]),
        turned,
        (1, 1, 1, 1),
        "VALID",
        dilations=window.dilation,
    )
    n, m, channels = y.shape[1], y.shape[2], signal.shape[3] // multiplier
    y = tf.reduce_sum(tf.reshape(y, (-1, n, m, channels, multiplier, phases(window))), 4)
    return laid_out(tf.unstack(y, axis=4), signal, window, trim, spared)


def phases(window: Window) -> int:
    """Phases of a strided transpose that the window reaches."""
    return min(window.size[0], window.stride[0]) * min(window.size[1], window.stride[1])


def reach(turned: tf.Tensor, window: Window, trim: Pads) -> tuple[list[list[int]], Pads]:
    """The pads with which a plain convolution with a turned kernel is a transpose, less what trim spares; and what it spares."""
    more = [(taps - 1) * step for taps, step in zip(turned.shape[:2], window.dilation)]
    a, b = (
        tuple(min(cells // stride, most) for cells in ends)
        for ends, stride, most in zip(trim, window.stride, more)
    )
    return [[most - low, most - high] for most, (low, high) in zip(more, (a, b))], (a, b)


def laid_out(
    parts: list[tf.Tensor], signal: tf.Tensor, window: Window, trim: Pads, spared: Pads
) -> tf.Tensor:
    """The phases of a transpose as one map of the size that the signal reaches, less `trim`."""
    if window.stride != (1, 1):
        rows, columns = (min(pair) for pair in zip(window.size, window.stride))
        none = tf.zeros_like(parts[0])  # phases that a window smaller than its stride never reaches
        some = [
            [*parts[row * columns : (row + 1) * columns], *[none] * (window.stride[1] - columns)]
            for row in range(rows)
        ]
        y = interleave(some + [[none] * window.stride[1]] * (window.stride[0] - rows))
    else:
        y = parts[0]
    for axis in (0, 1):
        size = (
            (signal.shape[axis + 1] - 1) * window.stride[axis] + window.size[axis] - sum(trim[axis])
        )
        y = cut(y, axis + 1, trim[axis][0] - spared[axis][0] * window.stride[axis], size)
    return y


def dense(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """x [n, 1, 1, c], kernel [c, o] -> [n, 1, 1, o]."""
    return tf.matmul(tf.reshape(x, (-1, kernel.shape[0])), kernel)[:, None, None]


def dense_transpose(signal: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Transpose of dense: signal [k, 1, 1, o] -> [k, 1, 1, c]."""
    return tf.matmul(tf.reshape(signal, (-1, kernel.shape[1])), kernel, transpose_b=True)[
        :, None, None
    ]


def finished(
    layer: Conv | DepthwiseConv | Dense, p: Parameters, y: tf.Tensor, rule: Rule | None
) -> Step:
    """With bias and activation, where the layer has them."""
    y = tf.nn.bias_add(y, p["bias"]) if layer.bias else y
    return activation_forward(layer.activation, {}, y, rule=rule) if layer.activation else (y, None)


def begun(
    layer: Conv | DepthwiseConv | Dense, signal: tf.Tensor, trace: Trace, rule: Rule
) -> tf.Tensor:
    """The signal below the layer's activation."""
    return (
        activation_backward(layer.activation, {}, signal, trace, rule, (), slicing.NO_PAD)[0]
        if layer.activation
        else signal
    )


def conv_forward(layer: Conv, p, x, *, rule):
    return finished(layer, p, conv2d(x, p["kernel"], layer.window, layer.groups), rule)


def conv_backward(layer: Conv, p, signal, trace, rule, shapes, trim):
    return (
        conv2d_transpose(
            begun(layer, signal, trace, rule), p["turned"], layer.window, layer.groups, trim
        ),
    )


def depthwise_conv_forward(layer: DepthwiseConv, p, x, *, rule):
    return finished(layer, p, depthwise_conv2d(x, p["kernel"], layer.window), rule)


def depthwise_conv_backward(layer: DepthwiseConv, p, signal, trace, rule, shapes, trim):
    signal = begun(layer, signal, trace, rule)
    return (depthwise_conv2d_transpose(signal, p["turned"], layer.window, layer.multiplier, trim),)


def dense_forward(layer: Dense, p, x, *, rule):
    return finished(layer, p, dense(x, p["kernel"]), rule)


def dense_backward(layer: Dense, p, signal, trace, rule, shapes, trim):
    return (dense_transpose(begun(layer, signal, trace, rule), p["kernel"]),)
