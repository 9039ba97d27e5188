"""Norms whose statistics are the map's own, each with its transpose under it.

They depend on the image, so that the derivative has a part that goes through the statistics. It is
taken under every rule.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import GroupNorm, LayerNorm, RMSNorm, UnitNorm
from ..rules import Rule
from ..types import Parameters, Shapes, Signals, Trace, Traced


def standardise(x: tf.Tensor, axes: tuple[int, ...], epsilon: float) -> tuple[tf.Tensor, tf.Tensor]:
    """(x - mean) / sqrt(variance + epsilon) over these axes, and one over that root."""
    centred = x - tf.reduce_mean(x, axes, keepdims=True)
    scale = tf.math.rsqrt(tf.reduce_mean(centred**2, axes, keepdims=True) + epsilon)
    return centred * scale, scale


def standardise_transpose(
    signal: tf.Tensor, y: tf.Tensor, scale: tf.Tensor, axes: tuple[int, ...]
) -> tf.Tensor:
    """Transpose of the derivative of standardise where it gave y and scale."""
    # y[i] = scale (x[i] - mean), of n values. The mean's derivative by x[j] is 1 / n, and scale's
    # is -scale^3 (x[j] - mean) / n = -scale^2 y[j] / n. So that of y[i] is
    # scale ((i = j) - 1 / n - y[i] y[j] / n).
    along_y = y * tf.reduce_mean(signal * y, axes, keepdims=True)
    return scale * (signal - tf.reduce_mean(signal, axes, keepdims=True) - along_y)


def scale_and_shift(layer: LayerNorm | GroupNorm, p: Parameters, y: tf.Tensor) -> tf.Tensor:
    if layer.scale:
        y = y * p["gamma"]
    if layer.center:
        y = y + p["beta"]
    return y


def layer_norm_forward(
    layer: LayerNorm, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: what standardise gave."""
    y, scale = standardise(x, (3,), layer.epsilon)
    return scale_and_shift(layer, p, y), (y, scale) if rule else None


def layer_norm_backward(
    layer: LayerNorm, p: Parameters, signal: tf.Tensor, trace: Trace, *_: Any
) -> Signals:
    if layer.scale:
        signal = signal * p["gamma"]
    y, scale = trace
    return (standardise_transpose(signal, y, scale, (3,)),)


def by_group(x: tf.Tensor, groups: int) -> tf.Tensor:
    """Maps [n, h, w, c] with the channels apart by groups: [n, h, w, groups, c / groups]."""
    height, width, channels = x.shape[1:]
    return tf.reshape(x, (-1, height, width, groups, channels // groups))


# of the values that share their statistics, in a map by groups
GROUP_AXES = (1, 2, 4)


def group_norm_forward(
    layer: GroupNorm, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: what standardise gave, [n, h, w, c] and [n, 1, 1, groups]."""
    grouped, scale = standardise(by_group(x, layer.groups), GROUP_AXES, layer.epsilon)
    y = tf.reshape(grouped, (-1, *x.shape[1:]))
    return scale_and_shift(layer, p, y), (y, scale[..., 0]) if rule else None


def group_norm_backward(
    layer: GroupNorm,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    """The signal is that of the whole map, as the layer's whole_map says."""
    y, scale = trace
    if layer.scale:
        signal = signal * p["gamma"]
    back = standardise_transpose(
        by_group(signal, layer.groups), by_group(y, layer.groups), scale[..., None], GROUP_AXES
    )
    return (tf.reshape(back, (-1, *shapes[0])),)


# With y = scale x, where scale is the root of one over the mean (or the sum) of x^2, the derivative
# of y[i] by x[j] is scale ((i = j) - y[i] y[j] / n), without the 1 / n where it is the sum.


def rms_norm_forward(layer: RMSNorm, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: the normalised values and their scale."""
    scale = tf.math.rsqrt(tf.reduce_mean(x**2, 3, keepdims=True) + layer.epsilon)
    y = x * scale
    return y * p["gamma"] if layer.scale else y, (y, scale) if rule else None


def rms_norm_backward(
    layer: RMSNorm, p: Parameters, signal: tf.Tensor, trace: Trace, *_: Any
) -> Signals:
    y, scale = trace
    if layer.scale:
        signal = signal * p["gamma"]
    return (scale * (signal - y * tf.reduce_mean(signal * y, 3, keepdims=True)),)


def unit_norm_forward(layer: UnitNorm, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: the normalised values, their scale, and where it varies with x."""
    square = tf.reduce_sum(x**2, 3, keepdims=True)
    epsilon = tf.constant(layer.epsilon, x.dtype)
    scale = tf.math.rsqrt(tf.maximum(square, epsilon))
    y = x * scale
    return y, (y, scale, square > epsilon) if rule else None


def unit_norm_backward(
    layer: UnitNorm, p: Parameters, signal: tf.Tensor, trace: Trace, *_: Any
) -> Signals:
    y, scale, varies = trace
    along_y = tf.reduce_sum(signal * y, 3, keepdims=True) * tf.cast(varies, signal.dtype)
    return (scale * (signal - y * along_y),)
