"""Normalisations, each with its transpose under it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import LRN, Affine, BatchNorm
from ..rules import Rule
from ..types import Parameters, Signals, Trace, Traced
from .slicing import cut


def lrn(x: tf.Tensor, depth: int, k: float, alpha: float, beta: float) -> tf.Tensor:
    """Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3).

    x [n, h, w, c]; alpha is the factor of each channel's square, not of their mean.
    """
    return x * (k + alpha * channel_window_sum(x * x, depth)) ** -beta


def lrn_transpose(
    signal: tf.Tensor, x: tf.Tensor, depth: int, k: float, alpha: float, beta: float
) -> tf.Tensor:
    """Transpose of the derivative of lrn at x; signal and x [k, n, m, c]."""
    # y[i] = x[i] scale[i]^-beta, where scale[i] = k + alpha (sum of x[j]^2 over i's window).
    # The derivative of y[i] by x[j] is scale[i]^-beta (only i = j), less, for j in i's window,
    # 2 alpha beta x[i] x[j] scale[i]^(-beta - 1). j is in i's window where i is in j's, so that the
    # sum over i of signal[i] times the second part is a sum over j's window.
    scale = k + alpha * channel_window_sum(x * x, depth)
    neighbours = channel_window_sum(signal * x * scale ** (-beta - 1), depth)
    return signal * scale**-beta - 2 * alpha * beta * x * neighbours


def channel_window_sum(x: tf.Tensor, depth: int) -> tf.Tensor:
    """Sum over the `depth` (odd) channels centred on each."""
    half = depth // 2
    return tf.add_n([cut(x, 3, shift, x.shape[3]) for shift in range(-half, half + 1)])


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
    return x * p["scale"] + p["shift"], None


def affine_backward(layer: Affine, p: Parameters, signal: tf.Tensor, *_: Any) -> Signals:
    return (signal * p["scale"],)


def lrn_forward(layer: LRN, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """The trace: the input, for the rules that take the true transpose."""
    y = lrn(x, layer.depth, layer.k, layer.alpha, layer.beta)
    if rule and rule.normalise:
        return y, x
    return y, None


def lrn_backward(
    layer: LRN, p: Parameters, signal: tf.Tensor, trace: Trace, rule: Rule, *_: Any
) -> Signals:
    """The true transpose, or the signal unchanged, as the rule says."""
    if not rule.normalise:
        return (signal,)
    return (lrn_transpose(signal, trace, layer.depth, layer.k, layer.alpha, layer.beta),)
