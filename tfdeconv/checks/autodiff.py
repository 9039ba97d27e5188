"""Is what comes down what TensorFlow's own automatic differentiation gives?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..engine.rules import Rule
from ..network.graph import Network, Node
from ..network.layers import MaxPool
from ..network.spans import whole


def walked(
    network: Network,
    weights: Mapping[str, Any],
    x: Any,
    target: str,
    channel: int,
    unit: Any,
    rule: Rule,
) -> tuple:
    """One unit's projection on whole maps, the nodes walked, and their traces."""
    import numpy as np
    import tensorflow as tf

    from ..engine import dispatch, folding, passes

    nodes, parameters = folding.fold(network.up_to(target), weights)
    shapes = network.input_shapes(target, *x.shape[1:3])
    sized = replace(network, nodes=tuple(nodes)).at(*x.shape[1:3])
    y, traces = passes.forward(sized.nodes, parameters, tf.constant(x), rule)
    seed = np.zeros(y.shape, y.dtype.as_numpy_dtype)
    seed[(0, *unit, channel)] = y[(0, *unit, channel)]
    ready = {node.name: dispatch.prepare(node.layer, parameters[node.name]) for node in sized.nodes}
    route = sized.route(target, whole(shapes[target]), shapes)
    positions = (tf.constant([int(unit[0])]), tf.constant([int(unit[1])]))
    return (
        passes.backward(
            sized.nodes,
            ready,
            traces,
            tf.constant(seed),
            tf.constant([0]),
            positions,
            rule,
            route,
            shapes,
        ),
        sized.nodes,
        traces,
        shapes,
    )


def taped(
    network: Network, weights: Mapping[str, Any], x: Any, target: str, channel: int, unit: Any
) -> Any:
    """The derivative of half the squared activation of a unit, by TensorFlow's own differentiation of the plain way up."""
    import tensorflow as tf

    from ..engine import passes

    nodes = network.at(*x.shape[1:3]).up_to(target)
    parameters = {node.name: weights.get(node.name, {}) for node in nodes}

    @tf.function(
        jit_compile=any(getattr(node.layer, "dilation", 1) not in (1, (1, 1)) for node in nodes),
        autograph=False,
    )
    def gradient(
        x: tf.Tensor,
    ) -> tf.Tensor:  # of a dilated convolution the CPU has a gradient only by XLA
        with tf.GradientTape() as tape:
            tape.watch(x)
            half = passes.forward(nodes, parameters, x, None)[0][(0, *unit, channel)] ** 2 / 2
        return tape.gradient(half, x)

    return gradient(tf.constant(x))


def misplaced(
    nodes: tuple[Node, ...], traces: Mapping[str, Any], shapes: Mapping[str, Any]
) -> Iterator[tuple[str, float]]:
    """For each max pool the share of its switches that point outside of their window or of the map."""
    import numpy as np

    for node in nodes:
        if isinstance(node.layer, MaxPool):
            window, switches = node.layer.window, traces[node.name].numpy().astype(int)
            dy, dx = np.divmod(switches, window.size[1])
            rows = (
                np.arange(switches.shape[1])[:, None, None] * window.stride[0]
                - window.pad[0][0]
                + dy
            )
            columns = (
                np.arange(switches.shape[2])[:, None] * window.stride[1] - window.pad[1][0] + dx
            )
            height, width, _ = shapes[node.inputs[0]]
            inside = (
                (dy < window.size[0])
                & (rows >= 0)
                & (rows < height)
                & (columns >= 0)
                & (columns < width)
            )
            yield node.name, float(1 - inside.mean())
