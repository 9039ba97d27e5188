"""Forward and backward through a network: two loops over its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

from ..network.graph import INPUT, Node
from ..network.spans import Spans
from . import dispatch
from .ops.slicing import NO_PAD
from .rules import Rule
from .types import Positions, ShapesByLayer, Tensors, Trace, Traces
from .windows import crop, erase_outside, fold_border, move, outside_cells, trim_spans


def forward(
    nodes: Sequence[Node], parameters: Tensors, images: tf.Tensor, rule: Rule | None
) -> tuple[tf.Tensor, Traces]:
    """The last node's map [n, h', w', c'] of images [n, h, w, c], and the traces by layer.

    Without a rule there are no traces.
    """
    (y,), traces = forward_maps(nodes, parameters, images, rule, (nodes[-1].name,))
    return y, traces


def forward_maps(
    nodes: Sequence[Node],
    parameters: Tensors,
    images: tf.Tensor,
    rule: Rule | None,
    layers: Sequence[str],
) -> tuple[list[tf.Tensor], Traces]:
    """forward() with the maps of all these layers, in their order."""
    maps: dict[str, tf.Tensor] = {INPUT: images}
    traces: dict[str, Trace] = {}
    for node in nodes:
        inputs = [maps[name] for name in node.inputs]
        maps[node.name], trace = dispatch.forward(
            node.layer, parameters[node.name], *inputs, rule=rule
        )
        if trace is not None:
            traces[node.name] = trace
    return [maps[name] for name in layers], traces


def backward(
    nodes: Sequence[Node],
    parameters: Tensors,
    traces: Traces,
    signal: tf.Tensor,
    image: tf.Tensor,
    positions: Positions,
    rule: Rule,
    route: Mapping[str, Spans],
    shapes: ShapesByLayer,
) -> tf.Tensor:
    """A signal [k, n, m, c] at the last node -> [k, p, q, channels] at the input.

    Each on its span of the route. image [k] int32: from which image's traces each item comes;
    shapes: those of the whole maps.
    """
    signals = {nodes[-1].name: signal}
    for node in reversed(nodes):
        layer = node.layer
        spans = route[node.name]
        signal = signals.pop(node.name)
        # what comes back to one cell can depend on what is sent to many
        taken = layer.taken(spans, shapes[node.name])
        if taken != spans:
            signal = move(signal, spans, taken, positions)
        trace = cropped(traces.get(node.name), image, positions, taken)
        input_shapes = tuple(shapes[name] for name in node.inputs)
        landings = [layer.through(spans, shape) for shape in input_shapes]
        trim = NO_PAD
        if not layer.border:
            trim = outside_cells(landings[0], input_shapes[0])
        parts = dispatch.backward(
            layer, parameters[node.name], signal, trace, rule, input_shapes, trim
        )
        for name, part, landing in zip(node.inputs, parts, landings, strict=True):
            if layer.border:
                part = fold_border(part, landing, shapes[name], positions, layer.border)
            part = move(part, trim_spans(landing, trim), route[name], positions)
            if layer.reaches_outside:
                part = erase_outside(part, route[name], shapes[name], positions)
            if name in signals and part is signals[name]:
                # a layer that reads another one twice: see merge.total
                part = part * 2
            elif name in signals:
                # a fork on the way forward: what comes back along its branches adds up
                part = signals[name] + part
            signals[name] = part
    return signals[INPUT]


def cropped(trace: Trace, image: tf.Tensor, positions: Positions, spans: Spans) -> Trace:
    """A layer's trace on the items' spans: a tensor, several or None, as it is."""
    if trace is None:
        return None
    return tf.nest.map_structure(lambda tensor: crop(tensor, image, positions, spans), trace)
