"""Up and down a network: two loops over the steps, and what moves a signal between the spans of two layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import tensorflow as tf

from ..network.base import Shape
from ..network.graph import INPUT, Node
from ..network.spans import Spans
from . import dispatch, types
from .ops import slicing
from .rules import Rule
from .types import Positions, Tensors, Traces
from .windows import crop, erase_outside, move, outside, trimmed


def forward(
    nodes: Sequence[Node], parameters: Tensors, images: tf.Tensor, rule: Rule | None
) -> tuple[tf.Tensor, Traces]:
    """images [n, h, w, c] -> the last node's map [n, h', w', c'], and the traces by layer (none without a rule)."""
    (y,), traces = forward_maps(nodes, parameters, images, rule, (nodes[-1].name,))
    return y, traces


def forward_maps(
    nodes: Sequence[Node],
    parameters: Tensors,
    images: tf.Tensor,
    rule: Rule | None,
    wanted: Sequence[str],
) -> tuple[list[tf.Tensor], Traces]:
    """up() with the maps of all layers wanted, in their order."""
    values: dict[str, tf.Tensor] = {INPUT: images}
    traces: dict[str, types.Trace] = {}
    for node in nodes:
        values[node.name], trace = dispatch.forward(
            node.layer, parameters[node.name], *(values[name] for name in node.inputs), rule=rule
        )
        if trace is not None:
            traces[node.name] = trace
    return [values[name] for name in wanted], traces


def backward(
    nodes: Sequence[Node],
    parameters: Tensors,
    traces: Traces,
    signal: tf.Tensor,
    image: tf.Tensor,
    positions: Positions,
    rule: Rule,
    route: Mapping[str, Spans],
    shapes: Mapping[str, Shape],
) -> tf.Tensor:
    """A signal [k, n, m, c] at the last node -> [k, p, q, channels] at the input, each on its span of the route.

    image [k] int32 says from which image's traces each item comes; shapes are the whole maps'.
    """
    signals = {nodes[-1].name: signal}
    for node in reversed(nodes):
        spans, layer = route[node.name], node.layer
        trace = (
            tf.nest.map_structure(
                partial(crop, image=image, positions=positions, spans=spans), traces[node.name]
            )
            if node.name in traces
            else None
        )
        below = tuple(shapes[name] for name in node.inputs)
        landings = [layer.through(spans, shape) for shape in below]
        a, b = (outside(span, extent) for span, extent in zip(landings[0], below[0]))
        parts = dispatch.backward(
            layer, parameters[node.name], signals.pop(node.name), trace, rule, below, (a, b)
        )
        for name, part, landing in zip(node.inputs, parts, landings, strict=True):
            part = move(part, trimmed(landing, (a, b)), route[name], shapes[name], positions)
            if layer.window.pad != slicing.NO_PAD:
                part = erase_outside(part, route[name], shapes[name], positions)
            signals[name] = signals[name] + part if name in signals else part
    return signals[INPUT]
