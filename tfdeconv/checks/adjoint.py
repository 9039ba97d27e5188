"""Is a transpose the adjoint of its forward?

A checker must not share code with what it checks: so the tests (tests/support/gradcheck.py) have
their own gap() and adjoint_gap(), though they look alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..engine.rules import GRADIENT
from ..network.graph import Node
from ..network.spans import whole

if TYPE_CHECKING:
    import numpy as np


def gap(values: Any, expected: Any, negligible: float = 0.0) -> float:
    """The largest difference of two arrays over their largest value.

    0 where no value is above what is negligible.

    >>> gap([1, 2], [1, 4])
    0.5
    """
    import numpy as np

    values = np.asarray(values, np.float64)
    expected = np.asarray(expected, np.float64)
    largest = max(np.abs(values).max(), np.abs(expected).max())
    if largest <= negligible:
        return 0.0
    return float(np.abs(values - expected).max() / largest)


def adjoint_gap(
    node: Node, p: Mapping[str, Any], shapes: Mapping[str, Any], rng: np.random.Generator
) -> float:
    """How far a layer's backward is from the adjoint of its forward's derivative J.

    |J u|^2 against <u, J* J u>, relative to the former, at a random input, u random: J u is by
    TensorFlow's forward-mode differentiation, J* is the layer's backward under the gradient rule.
    """
    import tensorflow as tf

    from ..engine import dispatch, passes

    layer = node.layer
    input_shapes = tuple(shapes[name] for name in node.inputs)
    inputs = random_tensors(input_shapes, rng)
    tangents = random_tensors(input_shapes, rng)
    with tf.autodiff.ForwardAccumulator(inputs, tangents) as accumulator:
        y, trace = dispatch.forward(layer, p, *inputs, rule=GRADIENT)
    forward = accumulator.jvp(y, tf.UnconnectedGradients.ZERO)
    map_shapes = (shapes[node.name], *input_shapes)
    parts = passes.layer_backward(
        layer,
        dispatch.prepare(layer, p),
        forward,
        trace,
        image=tf.constant([0]),
        # spans of whole maps do not depend on a position
        positions=(tf.constant([0]), tf.constant([0])),
        rule=GRADIENT,
        route=[whole(shape) for shape in map_shapes],
        shapes=map_shapes,
    )
    back = 0.0
    for part, tangent in zip(parts, tangents, strict=True):
        back += float(tf.reduce_sum(tf.cast(tangent * part, tf.float64)))
    square = float(tf.reduce_sum(tf.cast(forward, tf.float64) ** 2))
    if not square:
        return abs(back)
    return abs(square - back) / square


def random_tensors(shapes: Iterable[tuple[int, ...]], rng: np.random.Generator) -> list:
    """A batch of one of each shape, float32."""
    import numpy as np
    import tensorflow as tf

    tensors = []
    for shape in shapes:
        tensors.append(tf.constant(rng.standard_normal((1, *shape), np.float32)))
    return tensors
