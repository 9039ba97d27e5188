"""Forward and backward through a network: two loops over its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tensorflow as tf

from ..network.base import Layer, Shape
from ..network.graph import INPUT, Node
from ..network.spans import Spans
from . import dispatch
from .ops.slicing import NO_PAD
from .rules import Rule
from .types import Parameters, Positions, ShapesByLayer, Tensors, Trace, Traces
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
    entry: str = INPUT,
) -> tuple[list[tf.Tensor], Traces]:
    """forward() with the maps of all these layers, in their order.

    entry: the map that is given in place of the images.
    """
    maps: dict[str, tf.Tensor] = {entry: images}
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
    entry: str = INPUT,
) -> tf.Tensor:
    """A signal [k, n, m, c] at the last node -> [k, p, q, channels] at the entry.

    Each on its span of the route. image [k] int32: from which image's traces each item comes;
    shapes: those of the whole maps.
    """
    signals = {nodes[-1].name: signal}
    for node in reversed(nodes):
        signal = signals.pop(node.name)
        names = (node.name, *node.inputs)
        parts = layer_backward(
            node.layer,
            parameters[node.name],
            signal,
            traces.get(node.name),
            image,
            positions,
            rule,
            [route[name] for name in names],
            [shapes[name] for name in names],
        )
        for name, part in zip(node.inputs, parts, strict=True):
            if name in signals and part is signals[name]:
                # a layer that reads another one twice: see merge.total
                part = part * 2
            elif name in signals:
                # a fork on the way forward: what comes back along its branches adds up
                part = signals[name] + part
            signals[name] = part
    return signals[entry]


def layer_backward(
    layer: Layer,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    image: tf.Tensor,
    positions: Positions,
    rule: Rule,
    route: Sequence[Spans],
    shapes: Sequence[Shape],
) -> list[tf.Tensor]:
    """A signal at a layer -> that at each of its inputs, moved to the spans of the route.

    route, shapes: the spans of the layer's output and of its inputs, and the whole maps' shapes.
    """
    spans, *input_route = route
    output_shape, *input_shapes = shapes
    # what comes back to one cell can depend on what is sent to many
    taken = layer.taken(spans, output_shape)
    if taken != spans:
        signal = move(signal, spans, taken, positions)
    trace = cropped(trace, image, positions, taken)
    landings = [layer.through(spans, shape) for shape in input_shapes]
    trim = NO_PAD
    if not layer.border:
        trim = outside_cells(landings[0], input_shapes[0])
    parts = []
    for part, landing, shape, target in zip(
        dispatch.backward(layer, p, signal, trace, rule, tuple(input_shapes), trim),
        landings,
        input_shapes,
        input_route,
        strict=True,
    ):
        if layer.border:
            part = fold_border(part, landing, shape, positions, layer.border)
        part = move(part, trim_spans(landing, trim), target, positions)
        if layer.reaches_outside:
            part = erase_outside(part, target, shape, positions)
        parts.append(part)
    return parts


def cropped(trace: Trace, image: tf.Tensor, positions: Positions, spans: Spans) -> Trace:
    """A layer's trace on the items' spans: a tensor, several or None, as it is."""
    if trace is None:
        return None
    return tf.nest.map_structure(lambda tensor: crop(tensor, image, positions, spans), trace)
