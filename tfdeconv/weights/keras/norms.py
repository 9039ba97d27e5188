"""Norms in a Keras model's JSON, and what else scales and shifts channels."""

from __future__ import annotations

import numpy as np

from ...limits import MAX_CHANNELS
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .layer_operations import LayerOperations
from .options import Options

# Normalization takes no deviation to be below this
LEAST_DEVIATION = 1e-7


def epsilon_of(options: Options, default: float) -> float:
    epsilon = options.number("epsilon", default)
    if epsilon < 0:
        raise options.error("epsilon", "a number of at least 0")
    return epsilon


def scale_and_center(options: Options) -> tuple[bool, bool]:
    return options.flag("scale", True), options.flag("center", True)


def batch_norm(layer: LayerOperations) -> None:
    options = layer.options
    if options.flag("renorm", False):
        raise NotUnderstood("its renorm is true, which is not understood")
    kind = kinds.BatchNormalization(options.axis(), epsilon_of(options, 1e-3))
    layer.add(kind, layer.x, *layer.variables(*scale_and_center(options), True, True))


def layer_normalization(layer: LayerOperations) -> None:
    options = layer.options
    if options.flag("rms_scaling", False):
        raise NotUnderstood("its rms_scaling is true, which is not understood")
    kind = kinds.LayerNormalization(options.axes(), epsilon_of(options, 1e-3))
    layer.add(kind, layer.x, *layer.variables(*scale_and_center(options)))


def group_normalization(layer: LayerOperations) -> None:
    options = layer.options
    # as many as channels
    groups = 0
    if options.get("groups") != -1:
        groups = options.integer("groups", MAX_CHANNELS, 32)
    kind = kinds.GroupNormalization(options.axis(), epsilon_of(options, 1e-3), groups)
    layer.add(kind, layer.x, *layer.variables(*scale_and_center(options)))


def rms_normalization(layer: LayerOperations) -> None:
    kind = kinds.RmsNormalization(layer.options.axis(), epsilon_of(layer.options, 1e-6))
    layer.add(kind, layer.x, layer.variable(0))


def unit_normalization(layer: LayerOperations) -> None:
    layer.add(kinds.UnitNormalization(layer.options.axis()), layer.x)


def layer_scale(layer: LayerOperations) -> None:
    """ConvNeXt's: its one variable times the channels."""
    count = layer.options.integer("projection_dim", MAX_CHANNELS)
    layer.add(kinds.Scaling(-1), layer.x, layer.variable(0, (count,)))


def caffe_scale(layer: LayerOperations) -> None:
    """The layer `Scale` of Keras ports of Caffe's ResNets: gamma times the channels, plus beta.

    Keras has no such layer: the class is every port's own, and known by what it writes down.
    """
    if layer.options.get("momentum") is None:
        raise NotUnderstood("its class is Scale, but not as in Caffe's ResNets")
    layer.add(kinds.Scaling(layer.options.axis()), layer.x, *layer.variables(True, True))


def rescaling(layer: LayerOperations) -> None:
    scale, offset = layer.options.numbers("scale"), layer.options.numbers("offset", 0.0)
    layer.add(kinds.Scaling(-1), layer.x, *rounded(layer, scale, offset))


def rounded(layer: LayerOperations, *arrays: np.ndarray) -> list[str]:
    """Constants in float32, as Keras takes them; what overflows the reader refuses."""
    with np.errstate(over="ignore"):
        return [layer.constant(array.astype(np.float32)) for array in arrays]


def normalization(layer: LayerOperations) -> None:
    """(x - mean) / deviation, or its inverse; both are numbers of the JSON or variables."""
    options = layer.options
    axis = options.axis()
    invert = options.flag("invert", False)
    if options.get("mean") is None:
        kind = kinds.Standardization(axis, LEAST_DEVIATION, invert)
        layer.add(kind, layer.x, *layer.variables(True, True))
        return
    mean, variance = options.numbers("mean"), options.numbers("variance")
    if (variance < 0).any():
        raise options.error("variance", "numbers of at least 0")
    if len({array.size for array in (mean, variance)} - {1}) > 1:
        raise options.error("variance", f"as many numbers as the mean's {mean.size}")
    deviation = np.maximum(np.sqrt(variance), LEAST_DEVIATION)
    scale, shift = 1 / deviation, -mean / deviation
    if invert:
        scale, shift = deviation, mean
    layer.add(kinds.Scaling(axis), layer.x, *rounded(layer, scale, shift))
