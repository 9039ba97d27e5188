"""Normalisations, each with its transpose under it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import LRN, Affine, BatchNorm
from ..rules import Rule
from ..types import Parameters, Signals, Trace, Traced
from .large_pooling import running_sum
from .slicing import cut


def lrn(x: tf.Tensor, layer: LRN) -> tf.Tensor:
    """Local response normalisation across channels: x [n, h, w, c]."""
    return x * (layer.k + layer.alpha * channel_window_sum(x * x, *layer.around)) ** -layer.beta


def lrn_transpose(signal: tf.Tensor, x: tf.Tensor, layer: LRN) -> tf.Tensor:
    """Transpose of the derivative of lrn at x; signal and x [k, n, m, c]."""
    # y[i] = x[i] scale[i]^-beta, where scale[i] = k + alpha (sum of x[j]^2 over i's window).
    # The derivative of y[i] by x[j] is scale[i]^-beta (only i = j), less, for j in i's window,
    # 2 alpha beta x[i] x[j] scale[i]^(-beta - 1). j is in i's window where i is in j's, turned
    # around: over that goes the sum over i of signal[i] times the second part.
    alpha, beta, (before, behind) = layer.alpha, layer.beta, layer.around
    scale = layer.k + alpha * channel_window_sum(x * x, before, behind)
    neighbours = channel_window_sum(signal * x * scale ** (-beta - 1), behind, before)
    return signal * scale**-beta - 2 * alpha * beta * x * neighbours


def channel_window_sum(x: tf.Tensor, before: int, behind: int) -> tf.Tensor:
    """Sum over each channel, so many before it and so many behind it."""
    channels = x.shape[3]
    # no window reaches further than to the other end
    before, behind = min(before, channels - 1), min(behind, channels - 1)
    return running_sum(cut(x, 3, -before, channels + before + behind), 3, before + behind + 1)


def batch_norm_scale(layer: BatchNorm, p: Parameters) -> tuple[tf.Tensor, tf.Tensor]:
    """The scale and the shift [c] with which batch normalisation is x * scale + shift."""
    gamma = p["gamma"] if layer.scale else 1
    beta = p["beta"] if layer.center else 0
    epsilon = tf.constant(layer.epsilon, p["variance"].dtype)
    scale = gamma / tf.sqrt(p["variance"] + epsilon)
    return scale, beta - p["mean"] * scale


def batch_norm_forward(
    layer: BatchNorm, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    scale, shift = batch_norm_scale(layer, p)
    return x * scale + shift, None


def batch_norm_backward(layer: BatchNorm, p: Parameters, signal: tf.Tensor, *_: Any) -> Signals:
    """The scale alone: the shift is a bias, which no rule takes back."""
    scale, _shift = batch_norm_scale(layer, p)
    return (signal * scale,)


def affine_forward(layer: Affine, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: the scale of each cell, where they differ."""
    y = x
    if layer.scale:
        y = y * p["scale"]
    if layer.shift:
        y = y + p["shift"]
    if rule and layer.scale and layer.by_cell:
        return y, tf.zeros_like(x) + p["scale"]
    return y, None


def affine_backward(
    layer: Affine, p: Parameters, signal: tf.Tensor, trace: Trace, *_: Any
) -> Signals:
    if not layer.scale:
        return (signal,)
    return (signal * (p["scale"] if trace is None else trace),)


def lrn_forward(layer: LRN, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: the input, for the rules that take the true transpose."""
    y = lrn(x, layer)
    if rule and rule.normalise:
        return y, x
    return y, None


def lrn_backward(
    layer: LRN, p: Parameters, signal: tf.Tensor, trace: Trace, rule: Rule, *_: Any
) -> Signals:
    """The true transpose, or the signal unchanged, as the rule says."""
    if not rule.normalise:
        return (signal,)
    return (lrn_transpose(signal, trace, layer),)
