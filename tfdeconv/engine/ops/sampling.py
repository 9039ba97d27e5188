"""Layers that take some of the values, or sample the map, each with its transpose under it."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from ...network.layers import Channels, Resize
from ..rules import Rule
from ..types import Parameters, Shapes, Signals, Traced


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


# An output cell is a weighted mean of input cells, and rows and columns go apart: with a matrix for
# each axis (weights [output cells, input cells]) the output is rows x columns^T, and the transpose
# takes the same matrices the other way.


def axis_weights(
    extent: int, start: int, length: int, outputs: int, interpolation: str
) -> np.ndarray:
    """What each input cell of an axis counts for each of the outputs: [outputs, extent].

    start, length: the part of the axis that is sampled. Cells are areas, so that the first output
    of two over four cells lies between the first two.
    """
    weights = np.zeros((outputs, extent))
    cells = np.arange(outputs)
    if interpolation == "nearest":
        # TensorFlow computes the place in single precision, which decides between two cells
        scale = np.float32(length) / np.float32(outputs)
        places = np.floor((cells.astype(np.float32) + np.float32(0.5)) * scale)
        weights[cells, start + np.minimum(places.astype(int), length - 1)] = 1
        return weights
    places = (cells + 0.5) * length / outputs - 0.5
    below = np.floor(places).astype(int)
    share = places - below
    np.add.at(weights, (cells, start + np.maximum(below, 0)), 1 - share)
    np.add.at(weights, (cells, start + np.minimum(below + 1, length - 1)), share)
    return weights


def resize_weights(
    layer: Resize, height: int, width: int, dtype: tf.DType
) -> tuple[tf.Tensor, tf.Tensor]:
    """The matrices of a Resize for rows and columns of a map of that size."""
    top, left, part_height, part_width = layer.part(height, width)
    rows = axis_weights(height, top, part_height, layer.height, layer.interpolation)
    columns = axis_weights(width, left, part_width, layer.width, layer.interpolation)
    return tf.constant(rows, dtype), tf.constant(columns, dtype)


def resize_forward(layer: Resize, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    rows, columns = resize_weights(layer, x.shape[1], x.shape[2], x.dtype)
    return tf.einsum("ph,nhwc,qw->npqc", rows, x, columns), None


def resize_backward(
    layer: Resize,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    rows, columns = resize_weights(layer, *shapes[0][:2], signal.dtype)
    return (tf.einsum("ph,npqc,qw->nhwc", rows, signal, columns),)
