"""The transposed convolution as a layer, whose own transpose is the convolution."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...network.layers import ConvTranspose
from ..rules import Rule
from ..types import Parameters, Signals, Trace, Traced
from .activation import before_activation, bias_and_activation
from .convolution import conv2d, conv2d_transpose, flip_kernel
from .slicing import NO_PAD


def conv_transpose_forward(
    layer: ConvTranspose, p: Parameters, x: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: that of the activation behind it."""
    window = layer.convolution._replace(pad=NO_PAD)
    flipped = flip_kernel(p["kernel"], window)
    y = conv2d_transpose(x, flipped, window, trim=layer.pad)
    return bias_and_activation(layer, p, y, rule)


def conv_transpose_backward(
    layer: ConvTranspose, p: Parameters, signal: tf.Tensor, trace: Trace, rule: Rule, *_: Any
) -> Signals:
    """The convolution of a signal on whole windows, as the layer's taken() says."""
    signal = before_activation(layer, signal, trace, rule)
    return (conv2d(signal, p["kernel"], layer.convolution._replace(pad=NO_PAD)),)
