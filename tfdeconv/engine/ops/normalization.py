"""Normalisations, each with its transpose under it."""

from __future__ import annotations

import tensorflow as tf

from ...network.layers import LRN, Affine, BatchNorm
from ..types import Parameters
from .slicing import cut


def lrn(x: tf.Tensor, depth: int, k: float, alpha: float, beta: float) -> tf.Tensor:
    """Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3), alpha a channel."""
    return x * (k + alpha * around(x * x, depth)) ** -beta


def lrn_transpose(
    signal: tf.Tensor, x: tf.Tensor, depth: int, k: float, alpha: float, beta: float
) -> tf.Tensor:
    """Transpose of the derivative of lrn at x; signal and x [k, n, m, c]."""
    scale = k + alpha * around(x * x, depth)
    return signal * scale**-beta - 2 * alpha * beta * x * around(
        signal * x * scale ** (-beta - 1), depth
    )


def around(x: tf.Tensor, depth: int) -> tf.Tensor:
    """Sum over the `depth` (odd) channels centred on each."""
    return tf.add_n(
        [cut(x, 3, shift, x.shape[3]) for shift in range(-(depth // 2), depth // 2 + 1)]
    )


def batch_norm_scale(layer: BatchNorm, p: Parameters) -> tuple[tf.Tensor, tf.Tensor]:
    """Batch normalisation as x * scale + shift; the way down takes the scale alone."""
    scale = (p["gamma"] if layer.scale else 1) / tf.sqrt(
        p["variance"] + tf.constant(layer.epsilon, p["variance"].dtype)
    )
    return scale, (p["beta"] if layer.center else 0) - p["mean"] * scale


def batch_norm_forward(layer: BatchNorm, p, x, *, rule):
    scale, shift = batch_norm_scale(layer, p)
    return x * scale + shift, None


def batch_norm_backward(layer: BatchNorm, p, signal, trace, rule, shapes, trim):
    return (signal * batch_norm_scale(layer, p)[0],)


def affine_forward(layer: Affine, p, x, *, rule):
    return x * p["scale"] + p["shift"], None


def affine_backward(layer: Affine, p, signal, trace, rule, shapes, trim):
    return (signal * p["scale"],)


def lrn_forward(layer: LRN, p, x, *, rule):
    return lrn(x, layer.depth, layer.k, layer.alpha, layer.beta), (
        x if rule and rule.normalise else None
    )


def lrn_backward(layer: LRN, p, signal, trace, rule, shapes, trim):
    return (
        lrn_transpose(signal, trace, layer.depth, layer.k, layer.alpha, layer.beta)
        if rule.normalise
        else signal,
    )
