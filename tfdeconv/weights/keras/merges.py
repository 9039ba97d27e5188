"""Layers of several inputs in a Keras model's JSON: sums, products, concatenations."""

from __future__ import annotations

from collections.abc import Callable

from ..graph import kinds
from ..graph.kinds.values import Arithmetic
from ..graph.not_understood import NotUnderstood
from .layer_operations import LayerOperations


def merge(operation: Arithmetic) -> Callable[[LayerOperations], None]:
    """The translation of a class whose inputs are added, multiplied or the like."""

    def translate(layer: LayerOperations) -> None:
        if len(layer.inputs) < 2:
            raise NotUnderstood(f"it has {len(layer.inputs)} inputs")
        layer.add(kinds.Elementwise(operation), *layer.inputs)

    return translate


def scaled_sum(layer: LayerOperations) -> None:
    """The sum of Inception-ResNet: the first input, and the second times `scale`."""
    if len(layer.inputs) != 2:
        raise NotUnderstood(f"it has {len(layer.inputs)} inputs")
    x, y = layer.inputs
    scale = layer.constant(layer.options.number("scale", 1.0))
    scaled = layer.add(kinds.Elementwise("multiply"), y, scale, suffix="/scaled")
    layer.add(kinds.Elementwise("add"), x, scaled)


def concatenate(layer: LayerOperations) -> None:
    layer.add(kinds.Joined(layer.options.axis()), *layer.inputs)
