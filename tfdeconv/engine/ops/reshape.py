"""Layers that move values and compute none."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import Flatten, Identity, UpSample, ZeroPad
from ...network.spans import Pads
from ..rules import Rule
from ..types import Parameters, Shapes, Signals, Traced
from . import slicing


def flatten_forward(layer: Flatten, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    output_shape = layer.output_shape(x.shape[1:])
    if layer.channels_first:
        x = tf.transpose(x, (0, 3, 1, 2))
    return tf.reshape(x, (-1, *output_shape)), None


def flatten_backward(
    layer: Flatten,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    height, width, channels = shapes[0]
    if layer.channels_first:
        signal = tf.reshape(signal, (-1, channels, height, width))
        return (tf.transpose(signal, (0, 2, 3, 1)),)
    return (tf.reshape(signal, (-1, height, width, channels)),)


def identity_forward(layer: Identity, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    return x, None


def identity_backward(layer: Identity, p: Parameters, signal: tf.Tensor, *_: Any) -> Signals:
    return (signal,)


def zero_pad_forward(layer: ZeroPad, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    """A negative pad crops."""
    for axis, (before, after) in enumerate(layer.pad, 1):
        x = slicing.cut(x, axis, -before, before + x.shape[axis] + after)
    return x, None


def zero_pad_backward(
    layer: ZeroPad,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    trim: Pads,
) -> Signals:
    """The signal as it is: that its offset moves by the pad is in the spans."""
    for axis, (before, after) in enumerate(trim, 1):
        signal = slicing.cut(signal, axis, before, signal.shape[axis] - before - after)
    return (signal,)


def up_sample_forward(layer: UpSample, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    rows, columns = layer.factor
    return slicing.interleave([[x] * columns] * rows), None


def up_sample_backward(layer: UpSample, p: Parameters, signal: tf.Tensor, *_: Any) -> Signals:
    """The sum of each block; the signal is on whole blocks, as the layer's taken() says."""
    rows, columns = layer.factor
    height, width, channels = signal.shape[1:]
    blocks = (-1, height // rows, rows, width // columns, columns, channels)
    return (tf.reduce_sum(tf.reshape(signal, blocks), (2, 4)),)
