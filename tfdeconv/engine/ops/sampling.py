"""Samples the map at other places, with the transpose under it."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from ...network.layers import Resize
from ..rules import Rule
from ..types import Parameters, Shapes, Signals, Traced
from .slicing import interleave

# cells that an output is mixed from, up to which they are not a matrix: bicubic's
FEW = 4

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


def map_cells(
    layer: Resize, extent: int, start: int, length: int, outputs: int, axis: int
) -> tuple[np.ndarray, np.ndarray]:
    """The cells of an axis of the map that each output is mixed from, and their shares.

    Both [outputs, taps]. start, length: the part of the axis that is sampled.
    """
    if layer.interpolation == "area":
        return area_cells(extent, outputs)
    at = places(layer, np.arange(outputs), length, outputs, axis)
    cells, shares = CELLS[layer.interpolation](layer, at)
    if layer.exclude_outside:
        shares = shares * ((cells >= 0) & (cells < length))
        shares /= shares.sum(1, keepdims=True)
    # what lies outside is as the border
    return start + np.clip(cells, 0, length - 1).astype(int), shares


def area_cells(extent: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Those that an output covers in part, with equal shares, and as many more as others have."""
    cells = np.arange(outputs)[:, None]
    first, end = cells * extent // outputs, -(-(cells + 1) * extent // outputs)
    covered = first + np.arange((end - first).max())
    return np.minimum(covered, extent - 1), (covered < end) / (end - first)


def block_weights(layer: Resize, outputs: int, axis: int) -> np.ndarray:
    """What whole blocks are mixed from, wherever on the map: [outputs, blocks and what they reach].

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


def mix_rows(x: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """x [n, h, w, c] with rows mixed by weights [p, h]: [n, p, w, c]."""
    _, height, width, channels = x.shape
    mixed = tf.matmul(weights, tf.reshape(x, (-1, height, width * channels)))
    return tf.reshape(mixed, (-1, weights.shape[0], width, channels))


def mix_columns(x: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """x [n, h, w, c] with columns mixed by weights [q, w]: [n, h, q, c]."""
    return tf.matmul(weights, x)


MIX = mix_rows, mix_columns


def gather_cells(x: tf.Tensor, axis: int, cells: np.ndarray, shares: np.ndarray) -> tf.Tensor:
    """An axis of x mixed from cells with shares [outputs, taps]: the same as by a matrix of them.

    Of few taps this is many times as fast.
    """
    shape = [1, 1, 1, 1]
    shape[axis] = len(cells)
    parts = []
    for tap in range(cells.shape[1]):
        share = tf.constant(shares[:, tap].reshape(shape), x.dtype)
        parts.append(tf.gather(x, cells[:, tap], axis=axis) * share)
    return tf.add_n(parts)


def resize_forward(layer: Resize, p: Parameters, x: tf.Tensor, *, rule: Rule | None) -> Traced:
    if layer.repeats:
        rows, columns = layer.blocks
        return interleave([[x] * columns] * rows), None
    extents = x.shape[1:3]
    outputs = layer.output_shape(x.shape[1:])
    for axis, (start, length) in enumerate(layer.part(*extents)):
        cells, shares = map_cells(layer, extents[axis], start, length, outputs[axis], axis)
        if cells.shape[1] <= FEW:
            x = gather_cells(x, axis + 1, cells, shares)
        else:
            x = MIX[axis](x, tf.constant(weights_of(cells, shares, extents[axis]), x.dtype))
    return x, None


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
        # the sum of each block: ten times as fast as reduce_sum
        means = tf.nn.avg_pool2d(signal, layer.blocks, layer.blocks, "VALID")
        return (means * (rows * columns),)
    extents = shapes[0][:2]
    outputs = layer.output_shape(shapes[0])
    for axis, (start, length) in enumerate(layer.part(*extents)):
        count = signal.shape[axis + 1]
        if count == outputs[axis]:
            cells, shares = map_cells(layer, extents[axis], start, length, count, axis)
            weights = weights_of(cells, shares, extents[axis])
        else:
            weights = block_weights(layer, count, axis)
        signal = MIX[axis](signal, tf.constant(weights.T, signal.dtype))
    return (signal,)
