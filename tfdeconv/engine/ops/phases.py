"""Puts the phases of a convolution's transpose together; convolution.py says what they are."""

from __future__ import annotations

from math import prod

import tensorflow as tf

from ...network.spans import Pads, Pair, Window
from .slicing import cut, interleave

# phases of a stride from which on they are not operations of their own
LARGE_STRIDE = 64


def phase_counts(window: Window) -> Pair:
    """Rows and columns of phases that the window reaches."""
    return min(window.size[0], window.stride[0]), min(window.size[1], window.stride[1])


def phase_dilation(window: Window) -> Pair:
    """Of the plain convolution that is a transpose: one with a stride has its kernel spread."""
    return window.dilation if window.stride == (1, 1) else (1, 1)


def spread_kernel(kernel: tf.Tensor, window: Window) -> tf.Tensor:
    """A kernel [kh, kw, c, o] with zeros where the window's dilation leaves cells out."""
    for axis in (0, 1):
        shape = [*kernel.shape]
        shape[axis] *= window.dilation[axis]
        kernel = cut(tf.expand_dims(kernel, axis + 1), axis + 1, 0, window.dilation[axis])
        kernel = cut(tf.reshape(kernel, shape), axis, 0, window.size[axis])
    return kernel


def is_large_stride(window: Window) -> bool:
    """Whether a stride has so many phases that one operation each would be too many."""
    return prod(window.stride) > LARGE_STRIDE


def interleave_phases(y: tf.Tensor, window: Window, groups: int) -> tf.Tensor:
    """The phases of a transpose as one map: of each group's channels p x q phases, row by row.

    y [k, n, m, groups * p * q * c] -> [k, n * stride, m * stride, groups * c]
    """
    if window.stride == (1, 1):
        return y
    if is_large_stride(window):
        return interleave_channels(y, window, groups)
    _, n, m, channels = y.shape
    count = prod(phase_counts(window))
    y = tf.reshape(y, (-1, n, m, groups, count, channels // (groups * count)))
    phases = []
    for phase in tf.unstack(y, axis=4):
        phases.append(tf.reshape(phase, (-1, n, m, channels // count)))
    return interleave(phase_grid(phases, window))


def interleave_channels(y: tf.Tensor, window: Window, groups: int) -> tf.Tensor:
    """interleave_phases in a few operations, however many phases there are."""
    _, n, m, channels = y.shape
    rows, columns = phase_counts(window)
    row_stride, column_stride = window.stride
    c = channels // (groups * rows * columns)
    y = tf.reshape(y, (-1, n, m, groups, rows, columns, c))
    y = tf.transpose(y, (0, 1, 4, 2, 5, 3, 6))
    # cells that a window smaller than its stride never reaches
    y = cut(y, 2, 0, row_stride)
    y = tf.reshape(y, (-1, n * row_stride, m, columns, groups * c))
    y = cut(y, 3, 0, column_stride)
    return tf.reshape(y, (-1, n * row_stride, m * column_stride, groups * c))


def cut_map(
    y: tf.Tensor, signal: tf.Tensor, window: Window, trim: Pads, trimmed: Pads
) -> tf.Tensor:
    """A map of whole phases cut to the size that the signal reaches, less `trim`.

    trimmed: by how many cells the phases are shorter at the ends already.
    """
    for axis in (0, 1):
        stride = window.stride[axis]
        size = (signal.shape[axis + 1] - 1) * stride + window.size[axis] - sum(trim[axis])
        y = cut(y, axis + 1, trim[axis][0] - trimmed[axis][0] * stride, size)
    return y


def phase_grid(phases: list[tf.Tensor], window: Window) -> list[list[tf.Tensor]]:
    """Phases as a grid of stride x stride maps, with zeros where the window is too small."""
    rows, columns = phase_counts(window)
    zeros = tf.zeros_like(phases[0])
    grid = [[zeros] * window.stride[1] for _ in range(window.stride[0])]
    for row in range(rows):
        grid[row][:columns] = phases[row * columns : (row + 1) * columns]
    return grid
