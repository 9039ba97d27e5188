"""Moves the windows that signals cover: gathers, crops, and erases what lies outside a map.

An item's signal covers, on each axis, the cells of its span: `size` cells from
`position * stride + offset` (network/spans.py). Size, stride and offset are static, positions are a
tensor: one graph serves all units of a map. So near a border a span reaches outside the map.

Such cells do not exist, but a padded convolution's transpose sends something there: forward it read
zeros there, which came from nowhere. Left in, it would leak back into the map at the next layer, so
erase_outside zeroes it after each step. In one case: a map of 4 cells, convolution of size 3 with
pad 1. The unit at position 0 read cells -1 (a pad), 0 and 1, and its signal goes back to these.
A second such layer below would send the signal of cell -1 to cells -2, -1 and 0: the last is in the
map, but no cell -1 exists whose input it could have been.
"""

from __future__ import annotations

from dataclasses import replace

import tensorflow as tf

from ..network.base import Shape
from ..network.spans import Pads, Span, Spans
from .ops import slicing
from .types import Positions


def outside_cells(spans: Spans, shape: Shape) -> Pads:
    """Cells at both ends of spans that lie outside the map for sure: they need not be computed.

    None of a span that moves with the unit's position, and may be anywhere; all but one of a span
    that is wholly outside (of a map that was cropped away, and zeros put in its place).
    """
    outside = []
    for span, extent in zip(spans, shape):
        if span.stride:
            outside.append((0, 0))
        else:
            before = min(max(-span.offset, 0), span.size - 1)
            after = max(span.offset + span.size - extent, 0)
            outside.append((before, min(after, span.size - 1 - before)))
    return outside[0], outside[1]


def trim_spans(spans: Spans, trim: Pads) -> Spans:
    """Spans less the cells trimmed at their ends."""
    trimmed = []
    for span, (before, after) in zip(spans, trim):
        size = span.size - before - after
        trimmed.append(replace(span, size=size, offset=span.offset + before))
    return trimmed[0], trimmed[1]


def cell_indices(span: Span, position: tf.Tensor) -> tf.Tensor:
    """The cells of each item's span: [k, size], or [1, size] of a span that no position moves."""
    if span.stride:
        start = span.origin(position[:, None])
    else:
        start = tf.constant([[span.offset]])
    return start + tf.range(span.size)


def gather(values: tf.Tensor, batch: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """values [b, h, w, c] at batch [k], rows [k, n], columns [k, m] -> [k, n, m, c].

    Indices outside repeat the border. One flat gather: a dynamic slice would move the origin of a
    window at the border instead.
    """
    _, h, w, c = values.shape
    # of a narrowed target it is open (narrowing.py)
    depth = c or tf.shape(values)[3]
    rows = tf.clip_by_value(rows, 0, h - 1)
    columns = tf.clip_by_value(columns, 0, w - 1)
    index = sums(tf.cast(batch[:, None] * h + rows, tf.int64) * w, columns)
    gathered = slicing.take(tf.reshape(values, (-1, depth)), index)
    gathered.set_shape((None, rows.shape[1], columns.shape[1], c))
    return gathered


def sums(rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """rows [k, n] + columns [k, m] -> int64 [k, n, m].

    Where there is a GPU, TensorFlow computes int32 on the host: good for an axis, not for a map.
    """
    return tf.cast(rows, tf.int64)[:, :, None] + tf.cast(columns, tf.int64)[:, None, :]


def crop(trace: tf.Tensor, image: tf.Tensor, positions: Positions, spans: Spans) -> tf.Tensor:
    """Each item's window of a recorded trace [b, h, w, c], of the image [k] it comes from.

    What the window has outside the map is arbitrary: there the signal is 0.
    """
    extents = trace.shape[1:3]
    # a single cell stands for all
    if all(not span.stride and extent in (1, span.size) for span, extent in zip(spans, extents)):
        return slicing.take(trace, image)
    rows = cell_indices(spans[0], positions[0])
    columns = cell_indices(spans[1], positions[1])
    return gather(trace, image, rows, columns)


def move(signal: tf.Tensor, source: Spans, target: Spans, positions: Positions) -> tf.Tensor:
    """A signal [k, n, m, c] from one pair of spans to another; 0 where the first has nothing."""
    if all(a.path == b.path for a, b in zip(source, target)):
        for axis, (a, b) in enumerate(zip(source, target), 1):
            signal = slicing.cut(signal, axis, b.offset - a.offset, b.size)
        return signal
    # a window that became the whole axis: each item has its own offset between the two
    rows, columns = (
        offsets_in(a, b, position) for a, b, position in zip(source, target, positions)
    )
    moved = gather(signal, tf.range(tf.shape(signal)[0]), rows, columns)
    for axis, (index, a) in enumerate(zip((rows, columns), source), 1):
        moved = zero_others(moved, axis, (index >= 0) & (index < a.size))
    return moved


def offsets_in(source: Span, target: Span, position: tf.Tensor) -> tf.Tensor:
    """Where in the source span the cells of the target span lie: [k, size of the target]."""
    cells = cell_indices(target, position)
    if source.stride:
        return cells - source.origin(position[:, None])
    return cells - source.offset


def erase_outside(signal: tf.Tensor, spans: Spans, shape: Shape, positions: Positions) -> tf.Tensor:
    """Zeroes what a padded window sent outside the map; the top of this file says why."""
    for axis, (span, extent, position) in enumerate(zip(spans, shape, positions), 1):
        if span.stride:
            index = cell_indices(span, position)
            signal = zero_others(signal, axis, (index >= 0) & (index < extent))
    return signal


def fold_border(
    signal: tf.Tensor, spans: Spans, shape: Shape, positions: Positions, border: str
) -> tf.Tensor:
    """Adds what was sent outside the map to the cells that were read there; see BORDERS."""
    for axis, (span, extent, position) in enumerate(zip(spans, shape, positions), 1):
        if not span.stride and span.offset >= 0 and span.offset + span.size <= extent:
            continue
        index = cell_indices(span, position)
        inside = (index >= 0) & (index < extent)
        folded = zero_others(signal, axis, inside)
        if border == "edge":
            for outside, edge in ((index < 0, 0), (index >= extent, extent - 1)):
                sums = tf.reduce_sum(zero_others(signal, axis, outside), axis, keepdims=True)
                folded += zero_others(tf.ones_like(signal), axis, index == edge) * sums
        else:
            again = 1 if border == "symmetric" else 0
            for mirror in (-index - again, 2 * (extent - 1) + again - index):
                place = mirror - index[:, :1]
                there = (place >= 0) & (place < span.size) & ((mirror < 0) | (mirror >= extent))
                folded += zero_others(gather_axis(signal, axis, place), axis, inside & there)
        signal = folded
    return signal


def gather_axis(values: tf.Tensor, axis: int, index: tf.Tensor) -> tf.Tensor:
    """values [k, n, m, c] at the cells index [k or 1, size] of one axis, 1 or 2."""
    indices = [tf.range(extent)[None] for extent in values.shape[1:3]]
    indices[axis - 1] = index
    return gather(values, tf.range(tf.shape(values)[0]), *indices)


def zero_others(values: tf.Tensor, axis: int, inside: tf.Tensor) -> tf.Tensor:
    """values [k, n, m, c] where inside [k, n] (axis 1) or [k, m] (axis 2) is true, 0 elsewhere."""
    inside = tf.cast(inside, values.dtype)
    if axis == 1:
        return values * inside[:, :, None, None]
    return values * inside[:, None, :, None]
