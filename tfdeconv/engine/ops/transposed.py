"""The transposed convolution as a layer, whose own transpose is the convolution."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import ConvTranspose
from ..rules import Rule
from ..types import Parameters, Signals, Trace, Traced
from .activation import before_activation, bias_and_activation
from .convolution import (
    conv2d,
    conv2d_transpose,
    depthwise_conv2d,
    depthwise_conv2d_transpose,
    flip_depthwise_kernel,
    flip_kernel,
)
from .slicing import NO_PAD


def conv_transpose_forward(
    layer: ConvTranspose, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: that of the activation behind it."""
    window = layer.convolution._replace(pad=NO_PAD)
    if layer.by_channel:
        kernel = depthwise_kernel(layer, p["kernel"])
        flipped = flip_depthwise_kernel(kernel, window)
        y = depthwise_conv2d_transpose(x, flipped, window, kernel.shape[3], layer.pad)
    else:
        flipped = flip_kernel(p["kernel"], window, layer.groups)
        y = conv2d_transpose(x, flipped, window, layer.groups, layer.pad)
    return bias_and_activation(layer, p, y, rule)


def conv_transpose_backward(
    layer: ConvTranspose, p: Parameters, signal: tf.Tensor, trace: Trace, rule: Rule, *_: Any
) -> Signals:
    """The convolution of a signal on whole windows, as the layer's taken() says."""
    signal = before_activation(layer, signal, trace, rule)
    window = layer.convolution._replace(pad=NO_PAD)
    if layer.by_channel:
        return (depthwise_conv2d(signal, depthwise_kernel(layer, p["kernel"]), window),)
    return (conv2d(signal, p["kernel"], window, layer.groups),)


def depthwise_kernel(layer: ConvTranspose, kernel: tf.Tensor) -> tf.Tensor:
    """The kernel [kh, kw, 1, c] as that of a depthwise convolution: [kh, kw, filters, m]."""
    kh, kw, _, channels = kernel.shape
    return tf.reshape(kernel, (kh, kw, layer.filters, channels // layer.filters))
