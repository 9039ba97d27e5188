"""Layers with a kernel in a Keras model's JSON: convolutions of all kinds, and dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...limits import MAX_CHANNELS
from ...network.base import Layer
from ...network.layers import Activation, Conv, ConvTranspose, Dense, DepthwiseConv
from .activations import with_activation
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, only_input, only_map_shape, pad_of, trained_part


def convolution_window(options: Options) -> dict[str, Any]:
    """size, stride, pad and dilation of a convolution."""
    size = options.pair("kernel_size")
    padding = options.string("padding", "valid")
    stride = options.pair("strides", 1)
    dilation = options.pair("dilation_rate", 1)
    pad = pad_of(padding)
    if dilation != (1, 1) and stride != (1, 1):
        raise NotUnderstood("it has both strides and a dilation")
    return {"size": size, "stride": stride, "pad": pad, "dilation": dilation}


def conv2d(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    shape = only_map_shape(options, maps)
    channels = shape[2]
    filters = options.integer("filters", MAX_CHANNELS)
    groups = options.integer("groups", MAX_CHANNELS, 1)
    bias = options.flag("use_bias", True)
    if channels % groups or filters % groups:
        raise options.error("groups", f"a divisor of its {channels} channels and {filters} filters")
    window = convolution_window(options)

    def make_layer(activation: Activation | None) -> Layer:
        return Conv(filters=filters, groups=groups, bias=bias, activation=activation, **window)

    return with_activation(options, make_layer, shape)


def conv2d_transpose(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """Its output has as many cells as strides fit, with `same`, or as windows reach."""
    shape = only_map_shape(options, maps)
    filters = options.integer("filters", MAX_CHANNELS)
    bias = options.flag("use_bias", True)
    window = convolution_window(options)
    if window["dilation"] != (1, 1) or options.get("output_padding") is not None:
        raise NotUnderstood("it has a dilation or an output_padding")
    if options.integer("groups", MAX_CHANNELS, 1) != 1:
        raise NotUnderstood("it has groups")
    pads = []
    for size, stride in zip(window["size"], window["stride"]):
        if stride > size:
            raise NotUnderstood("its strides are larger than its kernel")
        total = size - stride if window["pad"] == "same" else 0
        pads.append((total // 2, total - total // 2))

    def make_layer(activation: Activation | None) -> Layer:
        return ConvTranspose(
            filters, window["size"], window["stride"], (pads[0], pads[1]), bias, activation
        )

    return with_activation(options, make_layer, shape)


def depthwise(options: Options, bias: bool, activation: Activation | None = None) -> DepthwiseConv:
    window = convolution_window(options)
    rows, columns = window["stride"]
    if rows != columns:
        raise NotUnderstood("its strides differ")
    multiplier = options.integer("depth_multiplier", MAX_CHANNELS, 1)
    return DepthwiseConv(multiplier=multiplier, bias=bias, activation=activation, **window)


def depthwise_conv2d(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    shape = only_map_shape(options, maps)
    bias = options.flag("use_bias", True)

    def make_layer(activation: Activation | None) -> Layer:
        return depthwise(options, bias, activation)

    return with_activation(options, make_layer, shape)


def separable_conv2d(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """A depthwise convolution, then one of 1 x 1, which has the layer's name.

    The variables are the depthwise kernel, the pointwise kernel, the bias.
    """
    shape = only_map_shape(options, maps)
    filters = options.integer("filters", MAX_CHANNELS)
    bias = options.flag("use_bias", True)
    first = depthwise(options, bias=False)

    def make_pointwise(activation: Activation | None) -> Layer:
        return Conv(filters, 1, bias=bias, activation=activation)

    # only the channels count for the parameters
    between = (1, 1, first.channels(shape[2]))
    pointwise = with_activation(options, make_pointwise, between, first_variable=1)
    return [trained_part(first, shape, "/depthwise"), *pointwise]


def dense(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """On a map it is a convolution of 1 x 1, whose kernel lacks the axes of one cell."""
    units = options.integer("units", MAX_CHANNELS)
    bias = options.flag("use_bias", True)
    feature_map = only_input(maps)
    if feature_map.single_cell:
        return with_activation(
            options, lambda activation: Dense(units, bias, activation), feature_map.shape
        )
    first, *others = with_activation(
        options,
        lambda activation: Conv(units, 1, bias=bias, activation=activation),
        feature_map.shape,
    )
    kernel = replace(first.recipes["kernel"], leading_axes=2)
    return [replace(first, recipes={**first.recipes, "kernel": kernel}), *others]
