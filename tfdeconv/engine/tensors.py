"""A network's weights as tensors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from .types import Tensors


def parameter_shapes(
    weights: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, tuple[int, ...]]]:
    """The shapes of tensors or arrays, by layer and parameter."""
    shapes = {}
    for layer, parameters in weights.items():
        shapes[layer] = {name: tuple(value.shape) for name, value in parameters.items()}
    return shapes


def as_tensors(weights: Mapping[str, Mapping[str, Any]], layers: Iterable[str]) -> Tensors:
    """The parameters of these layers as tensors."""
    tensors = {}
    for layer in layers:
        if layer in weights:
            tensors[layer] = {
                name: tf.convert_to_tensor(value) for name, value in weights[layer].items()
            }
    return tensors


def dtype_of(tensors: Tensors) -> tf.DType:
    """The dtype of the first parameter; float32 where there are no parameters."""
    for parameters in tensors.values():
        for value in parameters.values():
            return value.dtype
    return tf.float32
