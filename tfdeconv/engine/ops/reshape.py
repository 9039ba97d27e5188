"""Layers that move values and compute none."""

from __future__ import annotations

import tensorflow as tf

from ...network.layers import Flatten, Identity, ZeroPad
from . import slicing


def flatten_forward(layer: Flatten, p, x, *, rule):
    return tf.reshape(x, (-1, *layer.output_shape(x.shape[1:]))), None


def flatten_backward(layer: Flatten, p, signal, trace, rule, shapes, trim):
    return (tf.reshape(signal, (-1, *shapes[0])),)


def identity_forward(layer: Identity, p, x, *, rule):
    return x, None


def identity_backward(layer: Identity, p, signal, trace, rule, shapes, trim):
    return (signal,)


def zero_pad_forward(layer: ZeroPad, p, x, *, rule):
    for axis, (before, after) in enumerate(layer.pad, 1):
        x = slicing.cut(x, axis, -before, before + x.shape[axis] + after)
    return x, None


def zero_pad_backward(layer: ZeroPad, p, signal, trace, rule, shapes, trim):
    for axis, (before, after) in enumerate(trim, 1):
        signal = slicing.cut(signal, axis, before, signal.shape[axis] - before - after)
    return (signal,)
