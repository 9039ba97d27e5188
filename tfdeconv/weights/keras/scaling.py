"""What scales and shifts channels in a Keras model's JSON: norms, Rescaling, `x * 2 + 1`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...network.layers import Affine, BatchNorm
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Recipe, only_input, trained_part

# Normalization takes no deviation to be below this
EPSILON = 1e-7


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


def constant(numbers: Sequence[float], shape: tuple[int, ...] = (-1,)) -> Recipe:
    """A parameter that is in the JSON, not in a variable."""
    # float32, as Keras takes them; what overflows becomes infinite, which the reader refuses
    with np.errstate(over="ignore"):
        values = np.array(numbers, np.float32).reshape(shape)
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
