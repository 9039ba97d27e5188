"""Layers that move values and compute none."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import (
    BorderPad,
    Channels,
    DepthToSpace,
    Flatten,
    Identity,
    ShuffleChannels,
    SpaceToDepth,
    ZeroPad,
)
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


def border_pad_forward(
    layer: BorderPad, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    for axis in (0, 1):
        x = tf.gather(x, layer.sources(axis, x.shape[axis + 1]), axis=axis + 1)
    return x, None


def border_pad_backward(
    layer: BorderPad,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    """The signal with room for what it repeats; what lies outside is folded by passes.backward."""
    outputs = layer.output_shape(*shapes)
    for axis, (before, after) in enumerate(layer.pad):
        count = signal.shape[axis + 1]
        if count < outputs[axis]:
            room = 2 * (before + after)
            signal = slicing.cut(signal, axis + 1, -2 * after, count + room)
    return (signal,)


def channels_forward(layer: Channels, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    return tf.gather(x, list(layer.indices), axis=3), None


def channels_backward(
    layer: Channels,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    """Each channel's signal to where it came from, 0 to the others."""
    # the signal's channels have a zero behind them, which all those left out read
    sources = [layer.count] * shapes[0][2]
    for position, channel in enumerate(layer.indices):
        sources[channel] = position
    padded = tf.pad(signal, [[0, 0], [0, 0], [0, 0], [0, 1]])
    return (tf.gather(padded, sources, axis=3),)


def shuffle_channels_forward(
    layer: ShuffleChannels, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    return swap_channel_axes(x, layer.groups, x.shape[3] // layer.groups), None


def shuffle_channels_backward(
    layer: ShuffleChannels, p: Parameters, signal: tf.Tensor, *_: Any
) -> Signals:
    return (swap_channel_axes(signal, signal.shape[3] // layer.groups, layer.groups),)


def swap_channel_axes(x: tf.Tensor, rows: int, columns: int) -> tf.Tensor:
    """The channels as a table of so many rows and columns, read down its columns."""
    height, width, channels = x.shape[1:]
    table = tf.reshape(x, (-1, height, width, rows, columns))
    return tf.reshape(tf.transpose(table, (0, 1, 2, 4, 3)), (-1, height, width, channels))


def depth_to_space(x: tf.Tensor, block: int, order: str) -> tf.Tensor:
    """Channels as blocks: [n, h, w, c * block^2] -> [n, h * block, w * block, c]."""
    height, width, channels = x.shape[1:]
    depth = channels // block**2
    if order == "dcr":
        x = tf.reshape(x, (-1, height, width, block, block, depth))
        x = tf.transpose(x, (0, 1, 3, 2, 4, 5))
    else:
        x = tf.reshape(x, (-1, height, width, depth, block, block))
        x = tf.transpose(x, (0, 1, 4, 2, 5, 3))
    return tf.reshape(x, (-1, height * block, width * block, depth))


def space_to_depth(x: tf.Tensor, block: int, order: str) -> tf.Tensor:
    """The inverse of depth_to_space, and its transpose."""
    height, width, channels = x.shape[1:]
    x = tf.reshape(x, (-1, height // block, block, width // block, block, channels))
    x = tf.transpose(x, (0, 1, 3, 2, 4, 5) if order == "dcr" else (0, 1, 3, 5, 2, 4))
    return tf.reshape(x, (-1, height // block, width // block, channels * block**2))


def depth_to_space_forward(
    layer: DepthToSpace, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    return depth_to_space(x, layer.block, layer.order), None


def depth_to_space_backward(
    layer: DepthToSpace, p: Parameters, signal: tf.Tensor, *_: Any
) -> Signals:
    """The signal is on whole blocks, as the layer's taken() says."""
    return (space_to_depth(signal, layer.block, layer.order),)


def space_to_depth_forward(
    layer: SpaceToDepth, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    return space_to_depth(x, layer.block, layer.order), None


def space_to_depth_backward(
    layer: SpaceToDepth, p: Parameters, signal: tf.Tensor, *_: Any
) -> Signals:
    return (depth_to_space(signal, layer.block, layer.order),)
