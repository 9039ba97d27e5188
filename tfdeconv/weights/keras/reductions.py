"""Means, maxima and sums over the axes of a map in a Keras model's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...network.layers import Conv, GlobalPool
from .operands import axes_of
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Translation
from .scaling import constant

GREY = (0.2989, 0.5870, 0.1140)


def reduction(layer: type[GlobalPool] | None, over_channels: float | None) -> Translation:
    """The translation of a mean, maximum or sum over rows and columns, or over the channels.

    layer: what does it over rows and columns. over_channels: the weight of each channel; 0 for one
    over their number. None: it is not understood.
    """

    def translate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
        feature_map = maps[0]
        axes = axes_of(options, feature_map)
        keep = options.flag("keepdims", False)
        if feature_map.axes == 4 and axes == [1, 2] and layer is not None:
            return [Part(layer(keep))]
        if feature_map.axes == 4 and axes == [3] and over_channels is not None:
            channels = feature_map.shape[2]
            part = mixture([over_channels or 1 / channels] * channels)
            return [replace(part, plane=not keep)]
        raise NotUnderstood(f"it is {options.layer} over the axes {axes}, which is not understood")

    return translate


def mixture(weights: Sequence[float]) -> Part:
    """A sum of the channels with these weights."""
    kernel = constant(weights, (1, 1, len(weights), 1))
    return Part(Conv(1, 1, bias=False), {"kernel": kernel})


def grey(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """A photo in grey, with TensorFlow's weights of red, green and blue."""
    options.require_channels_last()
    if maps[0].axes != 4 or maps[0].shape[2] != len(GREY):
        raise NotUnderstood(f"it is {options.layer} of other than three colours")
    return [mixture(GREY)]
