"""Sums, products and the like in a Keras model's JSON: of maps, or of a map and constants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...network.layers import RELU, Activation
from ..graph import kinds
from ..graph.kinds.values import Arithmetic
from ..graph.not_understood import NotUnderstood
from .layer_operations import LayerOperations
from .options import is_number

# x ** n for these n is a product of x
PRODUCTS = (3, 4)


def binary(operation: Arithmetic) -> Callable[[LayerOperations], None]:
    """The translation of a function of x and y, each of which is a map or constant."""

    def translate(layer: LayerOperations) -> None:
        if layer.options.channel_axis == 1:
            raise NotUnderstood("it works on channels first")
        layer.add(kinds.Elementwise(operation), layer.operand("x"), layer.operand("y"))

    return translate


def clip(layer: LayerOperations) -> None:
    limits = [layer.options.get(key) for key in ("low", "high")]
    if not all(limit is None or is_number(limit) for limit in limits):
        raise NotUnderstood("its limits are arrays")
    floor, ceiling = [None if limit is None else float(limit) for limit in limits]
    if floor is not None and ceiling is not None and floor > ceiling:
        raise NotUnderstood(f"its lower limit {floor:g} is above its upper limit {ceiling:g}")
    kind: kinds.Kind = kinds.Function(Activation("clip", floor=floor, ceiling=ceiling))
    if floor is None and ceiling is None:
        kind = kinds.Idle()
    elif floor == 0 and (ceiling is None or ceiling > 0):
        kind = kinds.Function(Activation(RELU.kind, ceiling=ceiling))
    layer.add(kind, layer.x)


def power(layer: LayerOperations) -> None:
    exponent = layer.options.get("y")
    if exponent in PRODUCTS:
        layer.add(kinds.Elementwise("multiply"), *[layer.x] * int(exponent))
    else:
        layer.add(kinds.Power(), layer.x, layer.operand("y"))


def sum_of_list(layer: LayerOperations) -> None:
    layer.add(kinds.Elementwise("add"), *layer.operands("x"))


def negative(layer: LayerOperations) -> None:
    layer.add(kinds.Elementwise("multiply"), layer.x, layer.constant(-1.0))


def grey(layer: LayerOperations) -> None:
    """A photo in grey, with TensorFlow's weights of red, green and blue."""
    weights = np.array([[[[0.2989], [0.5870], [0.1140]]]], np.float32)
    kind = kinds.Convolution(layer.options.channel_axis, "hwio")
    layer.add(kind, layer.x, layer.constant(weights))
