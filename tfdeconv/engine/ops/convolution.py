"""Convolutions, each with its transpose under it.

Maps are [n, height, width, channels]; n may be unknown when the graph is made, the rest is static.
Everything runs with and without XLA, in float32 and float64.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import gcd, prod

import tensorflow as tf

from ...network.layers import Conv, DepthwiseConv
from ...network.spans import Pads, Window
from .. import device
from ..rules import Rule
from ..types import Parameters, Shapes, Signals, Trace, Traced
from .activation import before_activation, bias_and_activation
from .phases import cut_map, interleave_phases, phase_counts, phase_dilation, spread_kernel
from .slicing import NO_PAD, every


def conv2d(x: tf.Tensor, kernel: tf.Tensor, window: Window, groups: int = 1) -> tf.Tensor:
    """Convolution (cross-correlation, as in every framework).

    x [n, h, w, c], kernel [kh, kw, c / groups, o] -> [n, h', w', o]
    """
    return in_groups(partial(convolve, window=window), x, kernel, groups)


def in_groups(
    function: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    x: tf.Tensor,
    kernel: tf.Tensor,
    groups: int,
) -> tf.Tensor:
    """function(x, kernel) in one call where the device has it, otherwise in one for each group.

    x [n, h, w, c], kernel [kh, kw, c / groups, o]: of the first group the first o / groups filters
    """
    if groups == 1 or device.has_gpu():
        return function(x, kernel)
    # compiled for a CPU, a convolution is fused with its bias, and then it can have no groups
    outputs = []
    for part, filters in zip(tf.split(x, groups, 3), tf.split(kernel, groups, 3)):
        outputs.append(function(part, filters))
    return tf.concat(outputs, 3)


def convolve(x: tf.Tensor, kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """TensorFlow's convolution, of as many groups as the kernel's channels go into those of x."""
    return tf.nn.conv2d(x, kernel, window.stride, paddings(window), dilations=window.dilation)


def depthwise_conv2d(x: tf.Tensor, kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """Convolution of each channel by itself.

    x [n, h, w, c], kernel [kh, kw, c, m] -> [n, h', w', c * m]
    """
    x = tf.pad(x, paddings(window))
    # TensorFlow's has one stride for both axes, and none where there is a dilation
    step = gcd(*window.stride) if window.dilation == (1, 1) else 1
    strides = (1, step, step, 1)
    y = tf.nn.depthwise_conv2d(x, kernel, strides, "VALID", dilations=window.dilation)
    for axis in (0, 1):
        y = every(y, axis + 1, window.stride[axis] // step)
    return y


def paddings(window: Window) -> list[list[int]]:
    """A window's pads as TensorFlow takes them."""
    return [[0, 0], *map(list, window.pad), [0, 0]]


# The transpose by phases. On one axis, without pads, a convolution of size k and stride s is
#
#     y[j] = sum over t of kernel[t] x[j s + t],    t = 0 ... k - 1
#
# and its transpose sends signal[j] back to all cells that y[j] was made of:
#
#     back[i] = sum over all j and t with j s + t = i of kernel[t] signal[j].
#
# Write i = q s + r with 0 <= r < s: r is the cell's phase. Only the taps t = r + u s reach it, from
# j = q - u, so that with T = ceil(k / s) taps a phase (those beyond the kernel's end are 0)
#
#     back[q s + r] = sum over u of kernel[r + u s] signal[q - u],    u = 0 ... T - 1.
#
# For each phase this is a plain convolution, of stride 1, of the signal with T - 1 zeros around it
# and every s-th tap in reverse. All phases together are one convolution with s times as many
# output channels; interleaving them gives the map, of (n - 1) s + k cells. A phase r >= k, of a
# kernel smaller than its stride, is 0.
#
# Size 3, stride 2, taps a b c (T = 2), signal p q:
#
#     phase 0: kernel c a       back[0] =       a p    back[2] = c p + a q    back[4] = c q
#     phase 1: kernel 0 b       back[1] =       b p    back[3] =       b q    back[5] =   0
#
# 2 phases of 3 cells make 6, of which the map has (2 - 1) 2 + 3 = 5: the last is cut off.
#
# On a CPU this is up to 3 times as fast as tf.nn.conv2d_transpose, and gives the same sums.
# A dilated kernel of stride 1 has one phase: its taps in reverse, the same dilation. One that has a
# stride as well is spread first, with zeros between its taps.
#
# The transpose of a grouped convolution has the same groups. A group's filters are a slice of the
# kernel's last axis, for TensorFlow as for in_groups: so each slice of a flipped kernel is one
# group with all its phases, and in what comes out there are phases within groups.
# interleave_phases takes a phase out of all groups at once; of a depthwise convolution each channel
# is a group.


def flip_kernel(kernel: tf.Tensor, window: Window, groups: int = 1) -> tf.Tensor:
    """The kernel of the plain convolution that is the transpose of conv2d, its phases as channels.

    Kernel [kh, kw, c, o] -> [th, tw, o / groups, groups * p * q * c], with th x tw taps in each of
    p x q phases.
    """
    phases = phase_kernels(kernel, window)
    th, p, tw, q, c, o = phases.shape
    phases = tf.reshape(phases, (th, p, tw, q, c, groups, o // groups))
    phases = tf.transpose(phases, (0, 2, 6, 5, 1, 3, 4))
    return tf.reshape(phases, (th, tw, o // groups, groups * p * q * c))


def flip_depthwise_kernel(kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """flip_kernel for depthwise_conv2d: kernel [kh, kw, c, m] -> [th, tw, c * m, p * q]."""
    phases = phase_kernels(kernel, window)
    th, p, tw, q, c, m = phases.shape
    return tf.reshape(tf.transpose(phases, (0, 2, 4, 5, 1, 3)), (th, tw, c * m, p * q))


def phase_kernels(kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """The taps of each phase in reverse: kernel [kh, kw, c, o] -> [th, p, tw, q, c, o]."""
    if phase_dilation(window) != window.dilation:
        kernel = spread_kernel(kernel, window)
    kh, kw, c, o = kernel.shape
    sh, sw = window.stride
    th, tw = -(-kh // sh), -(-kw // sw)
    if (th * sh, tw * sw) != (kh, kw):
        kernel = tf.pad(kernel, [[0, th * sh - kh], [0, tw * sw - kw], [0, 0], [0, 0]])
    # tap t = r + u s stands at [u, r]
    phases = tf.reshape(kernel, (th, sh, tw, sw, c, o))[:, : min(kh, sh), :, : min(kw, sw)]
    # ten times as fast as a slice with step -1
    return tf.reverse(phases, (0, 2))


def conv2d_transpose(
    signal: tf.Tensor, flipped: tf.Tensor, window: Window, groups: int = 1, trim: Pads = NO_PAD
) -> tf.Tensor:
    """Transpose of conv2d without its pad, less `trim` cells at the ends; flipped: flip_kernel's.

    signal [k, n, m, o] -> [k, (n - 1) * stride + size, ..., c]
    What trim would cut off again is not computed.
    """
    function = partial(convolve_phases, window=window, trim=trim)
    return in_groups(function, signal, flipped, groups)


def convolve_phases(signal: tf.Tensor, flipped: tf.Tensor, window: Window, trim: Pads) -> tf.Tensor:
    """conv2d_transpose of as many groups as the kernel's channels go into the signal's."""
    plain, trimmed = plain_window(flipped, window, trim)
    y = convolve(signal, flipped, plain)
    # of a narrowed target (narrowing.py), which has one group, the channels are open
    groups = (signal.shape[3] or 1) // (flipped.shape[2] or 1)
    y = interleave_phases(y, window, groups)
    return cut_map(y, signal, window, trim, trimmed)


def depthwise_conv2d_transpose(
    signal: tf.Tensor, flipped: tf.Tensor, window: Window, multiplier: int = 1, trim: Pads = NO_PAD
) -> tf.Tensor:
    """Transpose of depthwise_conv2d, as conv2d_transpose; flipped: flip_depthwise_kernel's.

    signal [k, n, m, c * multiplier] -> [k, (n - 1) * stride + size, ..., c]
    """
    plain, trimmed = plain_window(flipped, window, trim)
    y = depthwise_conv2d(signal, flipped, plain)
    phases = prod(phase_counts(window))
    n, m = y.shape[1:3]
    channels = signal.shape[3] // multiplier
    # an input channel was read by `multiplier` of the output's: what comes back to it adds up
    y = tf.reshape(y, (-1, n, m, channels, multiplier, phases))
    y = tf.reshape(tf.reduce_sum(y, 4), (-1, n, m, channels * phases))
    y = interleave_phases(y, window, channels)
    return cut_map(y, signal, window, trim, trimmed)


def plain_window(flipped: tf.Tensor, window: Window, trim: Pads) -> tuple[Window, Pads]:
    """That of the plain convolution that is a transpose, and the cells of a phase that it trims.

    A whole transpose takes T - 1 zeros (times the dilation) at each end. A stride of cells that
    `trim` cuts off is one cell of every phase, and takes one zero less.
    """
    th, tw = flipped.shape[:2]
    pads = []
    trimmed = []
    for axis in (0, 1):
        taps = flipped.shape[axis]
        whole = (taps - 1) * phase_dilation(window)[axis]
        # what is to be added, not cut off, is no cell of a phase
        before, after = max(trim[axis][0], 0), max(trim[axis][1], 0)
        low = min(before // window.stride[axis], whole)
        high = min(after // window.stride[axis], whole)
        pads.append((whole - low, whole - high))
        trimmed.append((low, high))
    plain = Window.of((th, tw), 1, (pads[0], pads[1]), phase_dilation(window))
    return plain, (trimmed[0], trimmed[1])


def conv_forward(layer: Conv, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: that of the activation behind it."""
    y = conv2d(x, p["kernel"], layer.window, layer.groups)
    return bias_and_activation(layer, p, y, rule)


def conv_backward(
    layer: Conv,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    trim: Pads,
) -> Signals:
    signal = before_activation(layer, signal, trace, rule)
    return (conv2d_transpose(signal, p["flipped"], layer.window, layer.groups, trim),)


def depthwise_conv_forward(
    layer: DepthwiseConv, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: that of the activation behind it."""
    y = depthwise_conv2d(x, p["kernel"], layer.window)
    return bias_and_activation(layer, p, y, rule)


def depthwise_conv_backward(
    layer: DepthwiseConv,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    trim: Pads,
) -> Signals:
    signal = before_activation(layer, signal, trace, rule)
    return (depthwise_conv2d_transpose(signal, p["flipped"], layer.window, layer.multiplier, trim),)
