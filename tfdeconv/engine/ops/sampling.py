"""Samples the map at other places, with the transpose under it."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from ...network.layers import Resize
from ..rules import Rule
from ..types import Parameters, Shapes, Signals, Traced
from .slicing import interleave

# An output cell is a weighted mean of input cells, and rows and columns go apart: with a matrix for
# each axis (weights [output cells, input cells]) the output is rows x columns^T, and the transpose
# takes the same matrices the other way. Cells of which each becomes a block need no matrix.


def places(layer: Resize, cells: np.ndarray, length: int, outputs: int, axis: int) -> np.ndarray:
    """Where cells of the output lie on an axis of which `length` cells become `outputs`."""
    coordinates = layer.coordinates
    if coordinates == "align_corners":
        return cells * (length - 1) / max(outputs - 1, 1)
    if coordinates == "pytorch_half_pixel" and outputs == 1:
        return np.zeros(cells.shape)
    if layer.blocks[axis]:
        # exact: by a whole factor
        if coordinates == "asymmetric":
            return cells / layer.blocks[axis]
        return (cells + 0.5) / layer.blocks[axis] - 0.5
    step: np.floating = np.float64(length) / outputs
    if layer.factors:
        step = 1 / np.float64(layer.factors[axis])
    if layer.interpolation == "nearest":
        # the frameworks compute places in single precision, which decides between two cells
        cells, step = cells.astype(np.float32), np.float32(step)
    if coordinates == "asymmetric":
        return cells * step
    return (cells + np.float32(0.5)) * step - np.float32(0.5)


def nearest_cells(layer: Resize, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cell [outputs, 1] at each place, and its share: 1."""
    rounded = {
        "floor": lambda: np.floor(at),
        "ceil": lambda: np.ceil(at),
        "round_prefer_floor": lambda: np.ceil(at - np.float32(0.5)),
        "round_prefer_ceil": lambda: np.floor(at + np.float32(0.5)),
    }[layer.rounding]()
    return rounded[:, None], np.ones((len(at), 1))


def bilinear_cells(layer: Resize, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two cells [outputs, 2] around each place, and their shares."""
    below = np.floor(at)[:, None]
    share = at[:, None] - below
    return below + [0, 1], np.concatenate([1 - share, share], 1)


def bicubic_cells(layer: Resize, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The four cells [outputs, 4] around each place, and their shares (Keys 1981, equation 4)."""
    cells = np.floor(at)[:, None] + [-1, 0, 1, 2]
    a, d = layer.cubic, np.abs(at[:, None] - cells)
    inner = (a + 2) * d**3 - (a + 3) * d**2 + 1
    outer = a * (d**3 - 5 * d**2 + 8 * d - 4)
    return cells, np.where(d <= 1, inner, outer)


CELLS = {"nearest": nearest_cells, "bilinear": bilinear_cells, "bicubic": bicubic_cells}


def map_weights(
    layer: Resize, extent: int, start: int, length: int, outputs: int, axis: int
) -> np.ndarray:
    """What each cell of an axis of the map counts for each of the outputs: [outputs, extent].

    start, length: the part of the axis that is sampled.
    """
    if layer.interpolation == "area":
        return area_weights(extent, outputs)
    at = places(layer, np.arange(outputs), length, outputs, axis)
    cells, shares = CELLS[layer.interpolation](layer, at)
    if layer.exclude_outside:
        shares = shares * ((cells >= 0) & (cells < length))
        shares /= shares.sum(1, keepdims=True)
    # what lies outside is as the border
    cells = start + np.clip(cells, 0, length - 1).astype(int)
    return weights_of(cells, shares, extent)


def area_weights(extent: int, outputs: int) -> np.ndarray:
    """Those of the mean of all cells that an output cell covers in part."""
    weights = np.zeros((outputs, extent))
    for cell in range(outputs):
        start, end = cell * extent // outputs, -(-(cell + 1) * extent // outputs)
        weights[cell, start:end] = 1 / (end - start)
    return weights


def block_weights(layer: Resize, outputs: int, axis: int) -> np.ndarray:
    """map_weights of whole blocks, wherever on the map: [outputs, blocks and what they reach].

    What lies outside the map gets a part as well.
    """
    first, last = layer.reach
    block = layer.blocks[axis]
    at = places(layer, np.arange(outputs), outputs // block, outputs, axis)
    cells, shares = CELLS[layer.interpolation](layer, at)
    return weights_of(cells.astype(int) - first, shares, outputs // block + last - first)


def weights_of(cells: np.ndarray, shares: np.ndarray, extent: int) -> np.ndarray:
    """Shares [outputs, taps] of cells [outputs, taps] as a matrix [outputs, extent]."""
    weights = np.zeros((len(cells), extent))
    np.add.at(weights, (np.arange(len(cells))[:, None], cells), shares)
    return weights


def mix(x: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """x [n, h, w, c] with rows [p, h] and columns [q, w] mixed: [n, p, q, c]."""
    _, height, width, channels = x.shape
    x = tf.matmul(rows, tf.reshape(x, (-1, height, width * channels)))
    return tf.matmul(columns, tf.reshape(x, (-1, rows.shape[0], width, channels)))


def resize_forward(layer: Resize, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    if layer.repeats:
        rows, columns = layer.blocks
        return interleave([[x] * columns] * rows), None
    matrices = []
    extents = x.shape[1:3]
    outputs = layer.output_shape(x.shape[1:])
    for axis, (start, length) in enumerate(layer.part(*extents)):
        weights = map_weights(layer, extents[axis], start, length, outputs[axis], axis)
        matrices.append(tf.constant(weights, x.dtype))
    return mix(x, *matrices), None


def resize_backward(
    layer: Resize,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    """The signal is on whole blocks or whole axes, as the layer's taken() says."""
    if layer.repeats:
        rows, columns = layer.blocks
        height, width, channels = signal.shape[1:]
        blocks = (-1, height // rows, rows, width // columns, columns, channels)
        return (tf.reduce_sum(tf.reshape(signal, blocks), (2, 4)),)
    matrices = []
    extents = shapes[0][:2]
    outputs = layer.output_shape(shapes[0])
    for axis, (start, length) in enumerate(layer.part(*extents)):
        count = signal.shape[axis + 1]
        if count == outputs[axis]:
            weights = map_weights(layer, extents[axis], start, length, count, axis)
        else:
            weights = block_weights(layer, count, axis)
        matrices.append(tf.constant(weights.T, signal.dtype))
    return (mix(signal, *matrices),)
