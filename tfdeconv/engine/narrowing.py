"""A target of which a few channels are asked for: the others are not computed.

A convolution computes each of its channels by itself, and what goes back from some of them goes
through their filters alone. Of a target that is one, these filters are all that a graph needs, on
both ways. So the graphs leave the number of the target's channels open: one serves any number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from ..network.base import Layer
from ..network.layers import Conv
from .types import Parameters, Tensors, Traces

# of each of a convolution's parameters the axis of its channels (dispatch.prepare makes the last)
AXES = {"kernel": 3, "bias": 0, "flipped": 2}


def is_narrowable(layer: Layer) -> bool:
    """Whether some of a layer's channels can be computed alone."""
    return isinstance(layer, Conv) and layer.groups == 1


def filters_of(p: Parameters, channels: np.ndarray) -> Parameters:
    """A convolution's parameters for these of its channels alone."""
    return {name: tf.gather(value, channels, axis=AXES[name]) for name, value in p.items()}


def computed_channels(channels: np.ndarray, count: int) -> np.ndarray | None:
    """Which of a layer's channels to compute for these, ascending; None: all, if they are many."""
    asked = np.unique(channels)
    return asked if 2 * len(asked) <= count else None


def parameter_specs(parameters: Tensors, open_layer: str) -> dict[str, dict[str, tf.TensorSpec]]:
    """The types of parameters by layer and name; of one layer, if any, with any channels."""
    specs: dict[str, dict[str, tf.TensorSpec]] = {}
    for layer, p in parameters.items():
        specs[layer] = {}
        for name, value in p.items():
            shape = [*value.shape]
            if layer == open_layer:
                shape[AXES[name]] = None
            specs[layer][name] = tf.TensorSpec(shape, value.dtype)
    return specs


def trace_specs(traces: Traces, open_layer: str) -> dict[str, Any]:
    """The types of traces of any number of images; of one layer, if any, with any channels."""

    def any_batch(tensor: tf.Tensor) -> tf.TensorSpec:
        return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)

    def any_channels(spec: tf.TensorSpec) -> tf.TensorSpec:
        return tf.TensorSpec((*spec.shape[:-1], None), spec.dtype)

    specs = {}
    for layer, trace in traces.items():
        specs[layer] = tf.nest.map_structure(any_batch, trace)
        if layer == open_layer:
            specs[layer] = tf.nest.map_structure(any_channels, specs[layer])
    return specs
