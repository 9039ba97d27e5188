"""Up and down a network: two loops over the steps, and what moves a signal between the spans of two layers."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import tensorflow as tf

from . import ops, steps
from .network.base import Shape
from .network.graph import INPUT, Node
from .network.spans import Pads, Span, Spans
from .rules import Rule

Tensors = Mapping[str, Mapping[str, tf.Tensor]]         # by layer and parameter
Traces = Mapping[str, steps.Trace]                      # by layer
Positions = tuple[tf.Tensor, tf.Tensor]                 # row [k] and column [k] of each item's unit in the target map


def up(nodes: Sequence[Node], parameters: Tensors, images: tf.Tensor, rule: Rule | None) -> tuple[tf.Tensor, Traces]:
    """images [n, h, w, c] -> the last node's map [n, h', w', c'], and the traces by layer (none without a rule)."""
    (y,), traces = maps(nodes, parameters, images, rule, (nodes[-1].name,))
    return y, traces


def maps(nodes: Sequence[Node], parameters: Tensors, images: tf.Tensor, rule: Rule | None,
         wanted: Sequence[str]) -> tuple[list[tf.Tensor], Traces]:
    """up() with the maps of all layers wanted, in their order."""
    values: dict[str, tf.Tensor] = {INPUT: images}
    traces: dict[str, steps.Trace] = {}
    for node in nodes:
        values[node.name], trace = steps.up(node.layer, parameters[node.name], *(values[name] for name in node.inputs), rule=rule)
        if trace is not None:
            traces[node.name] = trace
    return [values[name] for name in wanted], traces


def down(nodes: Sequence[Node], parameters: Tensors, traces: Traces, signal: tf.Tensor, image: tf.Tensor,
         positions: Positions, rule: Rule, route: Mapping[str, Spans], shapes: Mapping[str, Shape]) -> tf.Tensor:
    """A signal [k, n, m, c] at the last node -> [k, p, q, channels] at the input, each on its span of the route.

    image [k] int32 says from which image's traces each item comes; shapes are the whole maps'.
    """
    signals = {nodes[-1].name: signal}
    for node in reversed(nodes):
        spans, layer = route[node.name], node.layer
        trace = tf.nest.map_structure(partial(crop, image=image, positions=positions, spans=spans), traces[node.name]
                                      ) if node.name in traces else None
        below = tuple(shapes[name] for name in node.inputs)
        landings = [layer.through(spans, shape) for shape in below]
        a, b = (outside(span, extent) for span, extent in zip(landings[0], below[0]))
        parts = steps.down(layer, parameters[node.name], signals.pop(node.name), trace, rule, below, (a, b))
        for name, part, landing in zip(node.inputs, parts, landings, strict=True):
            part = move(part, trimmed(landing, (a, b)), route[name], shapes[name], positions)
            if layer.window.pad != ops.NO_PAD:
                part = erase_outside(part, route[name], shapes[name], positions)
            signals[name] = signals[name] + part if name in signals else part
    return signals[INPUT]


def outside(span: Span, extent: int) -> tuple[int, int]:
    """Cells at both ends that lie outside the map for sure: they need not be computed. None of a window that may be anywhere."""
    return (0, 0) if span.stride else (max(-span.offset, 0), max(span.offset + span.size - extent, 0))


def trimmed(spans: Spans, trim: Pads) -> Spans:
    """Spans less the cells trimmed at their ends."""
    a, b = (Span(span.size - sum(ends), span.stride, span.offset + ends[0]) for span, ends in zip(spans, trim))
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
    return tf.ensure_shape(tf.gather(tf.reshape(values, (-1, c)), index), (None, rows.shape[1], columns.shape[1], c))


def crop(trace: tf.Tensor, image: tf.Tensor, positions: Positions, spans: Spans) -> tf.Tensor:
    """Each item's window of a recorded trace [b, h, w, c]; where it lies outside the map the signal is 0 and it does not matter."""
    if not any(span.stride for span in spans):
        return tf.gather(trace, image)
    rows, columns = (cells(span, position) for span, position in zip(spans, positions))
    return gather(trace, image, rows, columns)


def move(values: tf.Tensor, have: Spans, want: Spans, shape: Shape, positions: Positions) -> tf.Tensor:
    """A signal [k, n, m, c] from one pair of spans to another; 0 where the first has nothing."""
    if all(a.stride == b.stride for a, b in zip(have, want)):
        for axis, (a, b) in enumerate(zip(have, want), 1):
            values = ops.cut(values, axis, b.offset - a.offset, b.size)
        return values
    # a window that became the whole axis: where in it each cell of the map lies differs from item to item
    rows, columns = (cells(b, position) - (a.origin(position[:, None]) if a.stride else a.offset)
                     for a, b, position in zip(have, want, positions))
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
