"""What multiplies values by constants and adds others."""

from __future__ import annotations

import numpy as np

from ....network.layers import Affine
from .. import kinds
from ..call import Call, constant_parameter
from ..feature_map import FeatureMap
from ..operation import Parameter
from .norms import channel_parameters


def affine(call: Call, x: FeatureMap, scale: np.ndarray, shift: np.ndarray) -> FeatureMap:
    """x * scale + shift; both are [h or 1, w or 1, c or 1]."""
    scale, shift = np.atleast_3d(scale), np.atleast_3d(shift)
    by_row, by_column, by_channel = (max(pair) > 1 for pair in zip(scale.shape, shift.shape))
    layer = Affine()
    if by_row or by_column:
        layer = Affine(by_row=by_row, by_column=by_column, by_channel=by_channel)
    parameters = {}
    for name, shape in layer.parameters(x.shape).items():
        numbers = {"scale": scale, "shift": shift}[name]
        # in double precision: what follows may be joined with it
        full = np.broadcast_to(numbers, (1,) * (3 - len(shape)) + shape).astype(np.float64)
        parameters[name] = constant_parameter(full.reshape(shape))
    return call.add(layer, x, parameters=parameters).with_axes(x.axes)


def scaling(call: Call) -> FeatureMap:
    """x * scale + shift by channel."""
    kind: kinds.Scaling = call.kind
    x = call.map()
    names = {"scale": 1, "shift": 2}
    constants = {name: call.optional(position) for name, position in names.items()}
    if any(constant is not None and constant.shape != () for constant in constants.values()):
        x = call.with_channels_at(x, kind.axis)
    parameters: dict[str, Parameter] = {}
    for name, constant in constants.items():
        if constant is None or constant.shape == ():
            neutral = 1.0 if name == "scale" else 0.0
            value = neutral if constant is None else constant.read()
            parameters[name] = constant_parameter(np.full(x.channels, value, np.float32))
        else:
            parameters |= channel_parameters(call, {name: names[name]}, x.channels)
    return call.add(Affine(), x, parameters=parameters).with_axes(x.axes)


def standardization(call: Call) -> FeatureMap:
    """(x - mean) / deviation, or its inverse, as a scale and a shift."""
    kind: kinds.Standardization = call.kind
    x = call.with_channels_at(call.map(), kind.axis)

    def scale(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        deviation = np.maximum(np.sqrt(variance), kind.least)
        return deviation if kind.inverse else 1 / deviation

    def shift(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        return mean if kind.inverse else -mean * scale(mean, variance)

    statistics = (call.constant(1), call.constant(2))
    parameters = {"scale": Parameter(statistics, scale), "shift": Parameter(statistics, shift)}
    return call.add(Affine(), x, parameters=parameters).with_axes(x.axes)
