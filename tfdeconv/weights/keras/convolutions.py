"""Layers with a kernel in a Keras model's JSON: convolutions of all kinds, and dense layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...formats.checked_json import shown
from ...limits import MAX_CHANNELS
from ...network.base import Pad
from ...network.spans import Pads
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .activations import add_activated
from .layer_operations import LayerOperations
from .options import Options


def window(options: Options) -> dict[str, Any]:
    """How a convolution's kernel moves over the map."""
    return {
        "channel_axis": options.channel_axis,
        "size": options.pair("kernel_size"),
        "pad": pad_of(options.string("padding", "valid")),
        "stride": options.pair("strides", 1),
        "dilation": options.pair("dilation_rate", 1),
    }


def pad_of(padding: str) -> Pad:
    """The pad that Keras's name of a padding stands for."""
    if padding == "valid":
        return 0
    if padding == "same":
        return "same"
    raise NotUnderstood(f"its padding is {shown(padding)}, which is not understood")


def conv2d(layer: LayerOperations) -> None:
    options = layer.options
    filters = options.integer("filters", MAX_CHANNELS)
    groups = options.integer("groups", MAX_CHANNELS, 1)
    kind = kinds.Convolution(kernel="hwio", filters=filters, groups=groups, **window(options))
    variables = layer.variables(True, options.flag("use_bias", True))
    add_activated(layer, kind, layer.x, *variables)


def conv2d_transpose(layer: LayerOperations) -> None:
    options = layer.options
    filters = options.integer("filters", MAX_CHANNELS)
    if options.integer("groups", MAX_CHANNELS, 1) != 1:
        raise NotUnderstood("its groups are not understood")
    movement = window(options)
    pads = pads_of_transpose(options, movement)
    kind = kinds.TransposedConvolution(kernel="hwoi", filters=filters, **movement | {"pad": pads})
    variables = layer.variables(True, options.flag("use_bias", True))
    add_activated(layer, kind, layer.x, *variables)


def pads_of_transpose(options: Options, movement: Mapping[str, Any]) -> Pads:
    """What is taken off its output, or added behind it.

    It has a cell for each stride with `same`, and as many as windows reach with `valid`; with an
    output_padding so many more than the convolution makes of them that has half a kernel as pad.
    https://github.com/keras-team/keras/blob/master/keras/src/backend/common/backend_utils.py
    """
    more = None
    if options.get("output_padding") is not None:
        more = options.pair("output_padding", low=0)
    pads = []
    for axis in (0, 1):
        stride = movement["stride"][axis]
        reach = (movement["size"][axis] - 1) * movement["dilation"][axis] + 1
        if movement["pad"] == "same":
            total = reach - stride if more is None else reach - reach % 2 - more[axis]
        else:
            total = min(reach - stride, 0) if more is None else -more[axis]
        before = max(total, 0) // 2
        pads.append((before, total - before))
    return pads[0], pads[1]


def depthwise(options: Options) -> kinds.Convolution:
    multiplier = options.integer("depth_multiplier", MAX_CHANNELS, 1)
    return kinds.Convolution(kernel="hwcm", filters=multiplier, **window(options))


def depthwise_conv2d(layer: LayerOperations) -> None:
    variables = layer.variables(True, layer.options.flag("use_bias", True))
    add_activated(layer, depthwise(layer.options), layer.x, *variables)


def separable_conv2d(layer: LayerOperations) -> None:
    """A depthwise convolution, then one of 1 x 1, which has the layer's name."""
    options = layer.options
    filters = options.integer("filters", MAX_CHANNELS)
    first, second, *bias = layer.variables(True, True, options.flag("use_bias", True))
    y = layer.add(depthwise(options), layer.x, first, suffix="/depthwise")
    pointwise = kinds.Convolution(options.channel_axis, "hwio", filters=filters, size=(1, 1))
    add_activated(layer, pointwise, y, second, *bias)


def dense(layer: LayerOperations) -> None:
    units = layer.options.integer("units", MAX_CHANNELS)
    variables = layer.variables(True, layer.options.flag("use_bias", True))
    add_activated(layer, kinds.Linear(units=units), layer.x, *variables)
