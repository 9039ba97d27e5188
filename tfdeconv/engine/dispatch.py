"""For each kind of layer one step up and, under it, one step down.

up(layer, p, *inputs, rule) -> output, trace. The trace is what the way down needs, laid on the output's grid: a pool's
switches, a rectifier's sign where the rule masks, otherwise None; more than one as a tuple. With rule None nothing comes down
and no trace is kept.

down(layer, p, signal, trace, rule, shapes, trim) -> a signal for each input. The unpadded transpose on whatever part of the map
the signal covers; `shapes` are the input maps', and `trim` cells at the ends of the axes need not be computed.

p holds the layer's parameters as prepare() made them ready.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from ..network import layers
from ..network.base import Layer, Shape
from ..network.layers import (
    LRN,
    Activation,
    Add,
    Affine,
    AvgPool,
    BatchNorm,
    Concatenate,
    Conv,
    Dense,
    DepthwiseConv,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    Identity,
    MaxPool,
    Multiply,
    Softmax,
    ZeroPad,
)
from ..network.spans import Pads
from .ops import convolution
from .ops.activation import (
    activation_backward,
    activation_forward,
    softmax_backward,
    softmax_forward,
)
from .ops.convolution import (
    conv_backward,
    conv_forward,
    dense_backward,
    dense_forward,
    depthwise_conv_backward,
    depthwise_conv_forward,
)
from .ops.merge import (
    add_backward,
    add_forward,
    concatenate_backward,
    concatenate_forward,
    multiply_backward,
    multiply_forward,
)
from .ops.normalization import (
    affine_backward,
    affine_forward,
    batch_norm_backward,
    batch_norm_forward,
    lrn_backward,
    lrn_forward,
)
from .ops.pooling import (
    avg_pool_backward,
    avg_pool_forward,
    global_avg_pool_backward,
    global_avg_pool_forward,
    global_max_pool_backward,
    global_max_pool_forward,
    max_pool_backward,
    max_pool_forward,
)
from .ops.reshape import (
    flatten_backward,
    flatten_forward,
    identity_backward,
    identity_forward,
    zero_pad_backward,
    zero_pad_forward,
)
from .rules import Rule
from .types import Parameters, Step, Trace


def forward(layer: Layer, p: Parameters, *inputs: tf.Tensor, rule: Rule | None) -> Step:
    """The layer's output for its inputs, and the trace of it."""
    forward, _ = STEPS[type(layer)]
    return forward(layer, p, *inputs, rule=rule)


def backward(
    layer: Layer,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: tuple[Shape, ...],
    trim: Pads,
) -> tuple[tf.Tensor, ...]:
    """The signal for each of the layer's inputs."""
    _, backward = STEPS[type(layer)]
    return backward(layer, p, signal, trace, rule, shapes, trim)


def prepare(layer: Layer, p: Parameters) -> Parameters:
    """The parameters with what is worth computing once for the way down: a convolution's turned kernel."""
    if isinstance(layer, Conv | DepthwiseConv):
        turn = convolution.turn if isinstance(layer, Conv) else convolution.turn_depthwise
        window = layers.Window.of(layer.size, layer.stride, 0, layer.dilation)
        return {**p, "turned": turn(p["kernel"], window)}
    return p


STEPS: dict[type[Layer], tuple[Callable, Callable]] = {
    Activation: (activation_forward, activation_backward),
    Conv: (conv_forward, conv_backward),
    DepthwiseConv: (depthwise_conv_forward, depthwise_conv_backward),
    Dense: (dense_forward, dense_backward),
    Softmax: (softmax_forward, softmax_backward),
    MaxPool: (max_pool_forward, max_pool_backward),
    AvgPool: (avg_pool_forward, avg_pool_backward),
    GlobalAvgPool: (global_avg_pool_forward, global_avg_pool_backward),
    GlobalMaxPool: (global_max_pool_forward, global_max_pool_backward),
    Flatten: (flatten_forward, flatten_backward),
    Identity: (identity_forward, identity_backward),
    ZeroPad: (zero_pad_forward, zero_pad_backward),
    BatchNorm: (batch_norm_forward, batch_norm_backward),
    Affine: (affine_forward, affine_backward),
    LRN: (lrn_forward, lrn_backward),
    Add: (add_forward, add_backward),
    Multiply: (multiply_forward, multiply_backward),
    Concatenate: (concatenate_forward, concatenate_backward),
}
