"""What scales and shifts channels in a Keras model's JSON: norms, Rescaling, `x * 2 + 1`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...network.layers import Affine, BatchNorm
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Recipe, only_input, trained_part

# Normalization takes no deviation to be below this
EPSILON = 1e-7
# operations in which the number may come first
COMMUTATIVE = ("Add", "Multiply")


def batch_norm(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    feature_map = only_input(maps)
    options.require_last_axis(feature_map.axes)
    epsilon = options.number("epsilon", 1e-3)
    if epsilon < 0:
        raise options.error("epsilon", "a number of at least 0")
    if options.flag("renorm", False):
        raise NotUnderstood("it is renormalised")
    scale = options.flag("scale", True)
    center = options.flag("center", True)
    return [trained_part(BatchNorm(epsilon, scale, center), feature_map.shape)]


def affine(
    scale: Sequence[float],
    shift: Sequence[float],
    suffix: str = "",
    reads: tuple[int, ...] | None = None,
) -> list[Part]:
    """x * scale + shift, with numbers from the JSON."""
    recipes = {"scale": constant(scale), "shift": constant(shift)}
    return [Part(Affine(), recipes, suffix, reads)]


def constant(numbers: Sequence[float]) -> Recipe:
    """A parameter that is in the JSON, not in a variable."""
    # float32, as Keras takes them
    values = np.array(numbers, np.float32)
    return Recipe((), lambda: values, values.shape)


def rescaling(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    channels = only_input(maps).shape[2]
    scale = options.per_channel("scale", channels)
    offset = options.per_channel("offset", channels, 0.0)
    return affine(scale, offset)


def normalization(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """(x - mean) / deviation, or its inverse; both are numbers of the JSON or variables."""
    feature_map = only_input(maps)
    invert = options.flag("invert", False)
    options.require_last_axis(feature_map.axes)

    def scale(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        deviation = np.maximum(np.sqrt(variance), EPSILON)
        return deviation if invert else 1 / deviation

    def shift(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        return mean if invert else -mean * scale(mean, variance)

    if options.get("mean") is None:
        recipes = {"scale": Recipe((0, 1), scale), "shift": Recipe((0, 1), shift)}
        return [Part(Affine(), recipes)]
    channels = feature_map.shape[2]
    mean = np.array(options.per_channel("mean", channels))
    variance = np.array(options.per_channel("variance", channels))
    if (variance < 0).any():
        raise options.error("variance", "numbers of at least 0")
    return affine(tuple(scale(mean, variance)), tuple(shift(mean, variance)))


def arithmetic(operation: str, operands: Sequence[object], channels: int) -> list[Part]:
    """An operation on a map x and a number n, as scale and shift.

    x + n, n + x, x * n, n * x, x - n and x / n, but not n - x and n / x. operands: the number, and
    anything else for the map, in their order.
    """
    numbers = [value for value in operands if isinstance(value, float)]
    if len(operands) != 2 or len(numbers) != 1:
        raise unknown_operands(operation)
    number = numbers[0]
    number_is_first = isinstance(operands[0], float)
    if number_is_first and operation not in COMMUTATIVE:
        raise unknown_operands(operation)
    scale = 1.0
    shift = 0.0
    if operation == "Add":
        shift = number
    elif operation == "Subtract":
        shift = -number
    elif operation == "Multiply":
        scale = number
    elif operation in ("TrueDivide", "Divide") and number:
        scale = 1 / number
    else:
        raise unknown_operands(operation)
    return affine([scale] * channels, [shift] * channels)


def unknown_operands(operation: str) -> NotUnderstood:
    return NotUnderstood(f"its class is {operation}, which is not understood for these inputs")
