"""Finds the layer from which on a network's values are not finite.

A graph does not show it. Where TensorFlow fuses a convolution with its rectifier (oneDNN), a NaN
becomes 0: a layer that overflowed looks dead. So the layers are computed once more, one by one,
where their parameters are such that it could have been.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..network.graph import INPUT, Node
from . import dispatch
from .types import Parameters, Tensors

# What trained networks never have in a parameter. With less than this 3e38 is not reached within
# the few layers that could hide it: behind them the maps themselves are infinite.
WILD = 1e6
SHOWN = 8  # channels that an error lists


class NotFinite(UserError):
    """Channels of a layer have values that are infinite or NaN; `channels`: which."""

    def __init__(self, message: str, channels: Iterable[int]):
        super().__init__(message)
        self.channels = frozenset(channels)


def no_numbers(network: str, layer: str) -> UserError:
    """The error that a layer is the first whose values are not finite."""
    return UserError(
        f"{network}'s {layer} gives NaN or infinity for this image, and is the first layer that "
        f"does so: are these the right weights and preprocessing?"
    )


def refuse_not_finite(
    network: str, layer: str, channels: np.ndarray, values: np.ndarray | tf.Tensor
) -> None:
    """Raises NotFinite where values [k, ...] of items are not, with their channels [k]."""
    axes = tuple(range(1, len(values.shape)))
    if isinstance(values, np.ndarray):
        finite = np.isfinite(values).all(axes)
    else:
        finite = tf.reduce_all(tf.math.is_finite(values), axes).numpy()
    if finite.all():
        return
    wrong = np.unique(channels[~finite]).tolist()
    listed = ", ".join(map(str, wrong[:SHOWN]))
    more = ", ..." if len(wrong) > SHOWN else ""
    raise NotFinite(
        f"{network}'s {layer} gives NaN or infinity for this image, or what comes back from it "
        f"is not finite, in channel {listed}{more}: are these the right weights and preprocessing?",
        wrong,
    )


def is_wild(parameters: Tensors) -> bool:
    """Whether a parameter is so large that values could overflow, or is not finite itself."""
    for tensors in parameters.values():
        for value in tensors.values():
            largest = np.maximum(tf.reduce_max(value), -tf.reduce_min(value))
            # a NaN is not below it either
            if not largest < WILD:
                return True
    return False


def finite_channels(y: np.ndarray) -> np.ndarray:
    """The channels of a map [..., c] that are finite throughout, strongest first."""
    flat = y.reshape(-1, y.shape[-1])
    finite = np.flatnonzero(np.isfinite(flat).all(0))
    return finite[np.argsort(-flat[:, finite].max(0, initial=-np.inf), kind="stable")]


def without_infinite(p: Parameters) -> Parameters:
    """Parameters with 0 for what is not finite.

    What is sent back through those is refused; without this 0 times infinity would reach others.
    """
    return {name: tf.where(tf.math.is_finite(value), value, 0) for name, value in p.items()}


def first_not_finite(nodes: Sequence[Node], parameters: Tensors, x: np.ndarray) -> str:
    """The first layer whose output for images x [n, h, w, c] is not finite; "" if all are."""
    maps: dict[str, tf.Tensor] = {INPUT: tf.constant(x)}
    readers: dict[str, int] = {}
    for node in nodes:
        for name in node.inputs:
            readers[name] = readers.get(name, 0) + 1
    for node in nodes:
        inputs = [maps[name] for name in node.inputs]
        y, finite = checked_forward(node.layer, parameters[node.name], inputs)
        if not finite:
            return node.name
        maps[node.name] = y
        for name in node.inputs:
            readers[name] -= 1
            if not readers[name]:
                del maps[name]
    return ""


def checked_forward(
    layer: Any, p: Parameters, inputs: Sequence[tf.Tensor]
) -> tuple[tf.Tensor, bool]:
    """A layer's output, and whether it is finite, before its activation as well.

    Minus infinity before a rectifier is as good as any number below 0.
    """
    activation = getattr(layer, "activation", None)
    if activation is None:
        y, _trace = dispatch.forward(layer, p, *inputs, rule=None)
        return y, bool(tf.reduce_all(tf.math.is_finite(y)))
    y, _trace = dispatch.forward(replace(layer, activation=None), p, *inputs, rule=None)
    if bool(tf.reduce_any(tf.math.is_nan(y))):
        return y, False
    y, _trace = dispatch.forward(activation, {}, y, rule=None)
    return y, bool(tf.reduce_all(tf.math.is_finite(y)))
