"""Forward and backward through a segment of a network, a strip of rows at a time.

Which rows these are stands in network/strips.py. A graph computes one strip, whatever its number:
the number is the position of windows.py, with which the strip's spans move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import tensorflow as tf

from ..network.base import Layer, Node, Windowed
from ..network.layers import MaxPool
from ..network.spans import Span
from ..network.strips import Segment
from . import dispatch
from .ops.slicing import cut
from .rules import Rule
from .types import ShapesByLayer, Tensors, Trace, Traces
from .windows import cell_indices

# what is called as each strip is done
Told = Callable[[], None]


def strip_forward(
    segment: Segment,
    parameters: Tensors,
    strip: tf.Tensor,
    number: tf.Tensor,
    rule: Rule | None,
    shapes: ShapesByLayer,
) -> tuple[tf.Tensor, Traces]:
    """Rows of the entry -> the own rows of the end's map, and of the traces by layer.

    strip [n, rows of segment.forward, w, c]: zeros outside of the map; number [1]: the strip's.
    """
    maps = {segment.entry: strip}
    traces = {}
    for node in segment.nodes:
        inputs = []
        for name in node.inputs:
            inputs.append(read(segment, node, name, maps[name], number, shapes))
        y, trace = dispatch.forward(
            without_row_pads(node.layer), parameters[node.name], *inputs, rule=rule
        )
        maps[node.name] = y
        if trace is not None:
            traces[node.name] = tf.nest.map_structure(
                lambda tensor: own_rows(segment, node.name, tensor), trace
            )
    return own_rows(segment, segment.end, maps[segment.end]), traces


def read(
    segment: Segment,
    node: Node,
    name: str,
    values: tf.Tensor,
    number: tf.Tensor,
    shapes: ShapesByLayer,
) -> tf.Tensor:
    """What a node reads of an input's rows, with what stands in for those outside of the map."""
    computed = segment.forward[name][0]
    window = node.layer.window
    rows = segment.forward[node.name][0].through(window.size[0], window.stride[0], window.pad[0][0])
    values = cut(values, 1, rows.offset - computed.offset, rows.size)
    if window.pad[0] == (0, 0):
        return values
    index = cell_indices(rows, number)
    inside = (index >= 0) & (index < shapes[name][0])
    # a maximum is never one of the pads'
    outside = float("-inf") if isinstance(node.layer, MaxPool) else 0.0
    return tf.where(inside[:, :, None, None], values, tf.constant(outside, values.dtype))


def without_row_pads(layer: Layer) -> Layer:
    """The layer for rows among which its pads are."""
    if not isinstance(layer, Windowed) or layer.window.pad[0] == (0, 0):
        return layer
    return replace(layer, pad=((0, 0), layer.window.pad[1]))  # type: ignore


def own_rows(segment: Segment, name: str, values: tf.Tensor) -> tf.Tensor:
    """Of what a strip computed of a map those rows that are its own."""
    return cut(values, 1, -segment.forward[name][0].offset, segment.steps[name])


def rows_of(values: tf.Tensor, span: Span, number: int) -> tf.Tensor:
    """The rows of a whole map [n, h, w, c] that a strip takes; zeros outside of the map."""
    return cut(values, 1, span.origin(number), span.size)


def joined(strips: Sequence[tf.Tensor], height: int) -> tf.Tensor:
    """The whole map of so many rows of what its strips have, the last of which may have more."""
    *others, last = strips
    rest = height - sum(strip.shape[1] for strip in others)
    return tf.concat([*others, last[:, :rest]], 1)


def go_forward(
    segment: Segment, graph: Callable, x: tf.Tensor, shapes: ShapesByLayer, told: Told
) -> tuple[tf.Tensor, Traces]:
    """The entry's map x [n, h, w, c] -> the end's, and the traces of all between."""
    parts = []
    trace_parts: dict[str, list[Trace]] = {}
    for number in range(segment.count):
        strip = rows_of(x, segment.forward[segment.entry][0], number)
        rows, strip_traces = graph(strip, tf.constant([number]))
        parts.append(rows)
        for layer, trace in strip_traces.items():
            trace_parts.setdefault(layer, []).append(trace)
        told()
    traces = {}
    for layer in list(trace_parts):
        # one after the other: each is there twice for a moment
        own_parts = trace_parts.pop(layer)
        height = shapes[layer][0]
        traces[layer] = tf.nest.map_structure(lambda *strips: joined(strips, height), *own_parts)
    return joined(parts, shapes[segment.end][0]), traces


def go_backward(
    segment: Segment,
    graph: Callable,
    traces: Traces,
    signal: tf.Tensor,
    image: int,
    shapes: ShapesByLayer,
    told: Told,
) -> tf.Tensor:
    """A signal [1, h, w, c] at the end -> that at the entry, through the traces of an image."""
    parts = []
    for number in range(segment.count):
        strip = rows_of(signal, segment.backward[segment.end][0], number)
        parts.append(graph(traces, strip, tf.constant([image]), tf.constant([number])))
        told()
    return joined(parts, shapes[segment.entry][0])
