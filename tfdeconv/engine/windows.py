"""Moves the windows that signals cover: gathers, crops, and erases what lies outside a map."""

from __future__ import annotations

import tensorflow as tf

from ..network.base import Shape
from ..network.spans import Pads, Span, Spans
from .ops import slicing
from .types import Positions


def outside(span: Span, extent: int) -> tuple[int, int]:
    """Cells at both ends that lie outside the map for sure: they need not be computed. None of a window that may be anywhere."""
    return (
        (0, 0) if span.stride else (max(-span.offset, 0), max(span.offset + span.size - extent, 0))
    )


def trimmed(spans: Spans, trim: Pads) -> Spans:
    """Spans less the cells trimmed at their ends."""
    a, b = (
        Span(span.size - sum(ends), span.stride, span.offset + ends[0])
        for span, ends in zip(spans, trim)
    )
    return a, b


def cells(span: Span, position: tf.Tensor) -> tf.Tensor:
    """Where on its axis each item's span lies: [k, size], or [1, size] for a span that no position moves."""
    start = span.origin(position[:, None]) if span.stride else tf.constant([[span.offset]])
    return start + tf.range(span.size)


def gather(values: tf.Tensor, batch: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """values [b, h, w, c] at batch [k], rows [k, n], columns [k, m] -> [k, n, m, c]; indices outside repeat the border."""
    _, h, w, c = values.shape
    rows, columns = tf.clip_by_value(rows, 0, h - 1), tf.clip_by_value(columns, 0, w - 1)
    index = ((batch[:, None] * h + rows)[:, :, None] * w) + columns[:, None, :]
    return tf.ensure_shape(
        tf.gather(tf.reshape(values, (-1, c)), index), (None, rows.shape[1], columns.shape[1], c)
    )


def crop(trace: tf.Tensor, image: tf.Tensor, positions: Positions, spans: Spans) -> tf.Tensor:
    """Each item's window of a recorded trace [b, h, w, c]; where it lies outside the map the signal is 0 and it does not matter."""
    if not any(span.stride for span in spans):
        return tf.gather(trace, image)
    rows, columns = (cells(span, position) for span, position in zip(spans, positions))
    return gather(trace, image, rows, columns)


def move(
    values: tf.Tensor, have: Spans, want: Spans, shape: Shape, positions: Positions
) -> tf.Tensor:
    """A signal [k, n, m, c] from one pair of spans to another; 0 where the first has nothing."""
    if all(a.stride == b.stride for a, b in zip(have, want)):
        for axis, (a, b) in enumerate(zip(have, want), 1):
            values = slicing.cut(values, axis, b.offset - a.offset, b.size)
        return values
    # a window that became the whole axis: where in it each cell of the map lies differs from item to item
    rows, columns = (
        cells(b, position) - (a.origin(position[:, None]) if a.stride else a.offset)
        for a, b, position in zip(have, want, positions)
    )
    laid = gather(values, tf.range(tf.shape(values)[0]), rows, columns)
    for axis, (index, a) in enumerate(zip((rows, columns), have), 1):
        laid = keep(laid, axis, (index >= 0) & (index < a.size))
    return laid


def erase_outside(values: tf.Tensor, spans: Spans, shape: Shape, positions: Positions) -> tf.Tensor:
    """Zeroes what a padded window sent outside the map: there is nothing, and at the next layer it would leak back in."""
    for axis, (span, extent, position) in enumerate(zip(spans, shape, positions), 1):
        if span.stride:
            index = cells(span, position)
            values = keep(values, axis, (index >= 0) & (index < extent))
    return values


def keep(values: tf.Tensor, axis: int, inside: tf.Tensor) -> tf.Tensor:
    """values [k, n, m, c] where inside [k, n] (axis 1) or [k, m] (axis 2) is true, 0 elsewhere."""
    inside = tf.cast(inside, values.dtype)
    return values * (inside[:, :, None, None] if axis == 1 else inside[:, None, :, None])
