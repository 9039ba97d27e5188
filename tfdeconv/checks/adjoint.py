"""Is a transpose the adjoint of its forward?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..engine.rules import GRADIENT
from ..network.graph import Node
from ..network.spans import whole

if TYPE_CHECKING:
    import numpy as np


def gap(found: Any, wanted: Any, nothing: float = 0.0) -> float:
    """The largest difference over the largest value; 0 where no value is above what is as good as nothing."""
    import numpy as np

    found, wanted = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    largest = max(np.abs(found).max(), np.abs(wanted).max())
    return float(np.abs(found - wanted).max() / largest) if largest > nothing else 0.0


def adjoint_gap(
    node: Node, p: Mapping[str, Any], shapes: Mapping[str, Any], rng: np.random.Generator
) -> float:
    """|J u|^2 against <u, J* J u> for the derivative J of a layer at a random input, u random; J* is its step down."""
    import numpy as np
    import tensorflow as tf

    from ..engine import dispatch, windows

    below = tuple(shapes[name] for name in node.inputs)
    inputs, tangents = (
        [tf.constant(rng.standard_normal((1, *shape), np.float32)) for shape in below]
        for _ in range(2)
    )
    with tf.autodiff.ForwardAccumulator(inputs, tangents) as accumulator:
        y, trace = dispatch.forward(node.layer, p, *inputs, rule=GRADIENT)
    forward = accumulator.jvp(y, tf.UnconnectedGradients.ZERO)
    landings = [node.layer.through(whole(shapes[node.name]), shape) for shape in below]
    a, b = (windows.outside(span, extent) for span, extent in zip(landings[0], below[0]))
    parts = dispatch.backward(
        node.layer, dispatch.prepare(node.layer, p), forward, trace, GRADIENT, below, (a, b)
    )
    nowhere = (tf.constant([0]), tf.constant([0]))
    back = 0.0
    for part, landing, shape, tangent in zip(parts, landings, below, tangents, strict=True):
        moved = windows.move(part, windows.trimmed(landing, (a, b)), whole(shape), shape, nowhere)
        back += float(tf.reduce_sum(tf.cast(tangent * moved, tf.float64)))
    square = float(tf.reduce_sum(tf.cast(forward, tf.float64) ** 2))
    return abs(square - back) / square if square else abs(back)
