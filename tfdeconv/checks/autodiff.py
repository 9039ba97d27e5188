"""Is what comes back what TensorFlow's own automatic differentiation gives?

A checker must not share what it checks: project_whole_maps walks whole maps, without the windows,
chunks and compiled passes that are checked; autodiff_gradient takes the forward pass alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..engine.precision import in_precision
from ..engine.rules import Rule
from ..network.graph import Network, Node
from ..network.layers import MaxPool
from ..network.spans import whole


def project_whole_maps(
    network: Network,
    weights: Mapping[str, Any],
    x: Any,
    target: str,
    channel: int,
    unit: Any,
    rule: Rule,
) -> tuple:
    """One unit's projection on whole maps [1, h, w, c], the nodes passed, traces and shapes.

    x [1, h, w, c]; unit: its row and column in the target's map.
    """
    import numpy as np
    import tensorflow as tf

    from ..engine import dispatch, folding, passes

    folded, parameters = folding.fold(network.up_to(target), weights)
    shapes = network.input_shapes(target, *x.shape[1:3])
    sized = replace(network, nodes=tuple(folded)).at(*x.shape[1:3])
    nodes = sized.nodes
    y, traces = in_precision(passes.forward)(nodes, parameters, tf.constant(x), rule)
    seed = np.zeros(y.shape, y.dtype.as_numpy_dtype)
    seed[(0, *unit, channel)] = y[(0, *unit, channel)]
    prepared = {}
    for node in nodes:
        prepared[node.name] = dispatch.prepare(node.layer, parameters[node.name])
    route = sized.route(target, whole(shapes[target]), shapes)
    signal = tf.constant(seed)
    image = tf.constant([0])
    positions = (tf.constant([int(unit[0])]), tf.constant([int(unit[1])]))
    projection = in_precision(passes.backward)(
        nodes, prepared, traces, signal, image, positions, rule, route, shapes
    )
    return projection, nodes, traces, shapes


def autodiff_gradient(
    network: Network, weights: Mapping[str, Any], x: Any, target: str, channel: int, unit: Any
) -> Any:
    """The derivative of half the squared activation of a unit: [1, h, w, c], by TensorFlow's tape.

    It is the unit's projection under the gradient rule, whose seed is the activation.
    """
    import tensorflow as tf

    from ..engine import passes

    nodes = network.at(*x.shape[1:3]).up_to(target)
    parameters = {node.name: weights.get(node.name, {}) for node in nodes}
    # of a dilated convolution the CPU has a gradient only by XLA
    dilated = any(getattr(node.layer, "dilation", 1) not in (1, (1, 1)) for node in nodes)

    @tf.function(jit_compile=dilated, autograph=False)
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y, _traces = passes.forward(nodes, parameters, x, None)
            half = y[(0, *unit, channel)] ** 2 / 2
        return tape.gradient(half, x)

    return in_precision(gradient)(tf.constant(x))


def invalid_switches(
    nodes: tuple[Node, ...], traces: Mapping[str, Any], shapes: Mapping[str, Any]
) -> Iterator[tuple[str, float]]:
    """For each max pool the share of its switches that point outside of their window or the map."""
    import numpy as np

    for node in nodes:
        if not isinstance(node.layer, MaxPool):
            continue
        window = node.layer.window
        height, width = window.taps
        row_stride, column_stride = window.stride
        (row_pad, _), (column_pad, _) = window.pad
        switches = traces[node.name].numpy().astype(int)
        dy, dx = np.divmod(switches, width)
        down, right = dy * window.dilation[0], dx * window.dilation[1]
        rows = np.arange(switches.shape[1])[:, None, None] * row_stride - row_pad + down
        columns = np.arange(switches.shape[2])[:, None] * column_stride - column_pad + right
        map_height, map_width, _channels = shapes[node.inputs[0]]
        in_rows = (dy < height) & (rows >= 0) & (rows < map_height)
        in_columns = (columns >= 0) & (columns < map_width)
        yield node.name, float(1 - (in_rows & in_columns).mean())
