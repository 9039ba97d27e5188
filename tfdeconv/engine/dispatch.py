"""The forward and the backward of every kind of layer, bound in one table.

forward(layer, p, *inputs, rule) -> output, trace. The trace is what backward needs, on the output's
grid: a pool's switches, a rectifier's sign where the rule masks, otherwise None; several tensors as
a tuple. With rule None nothing is sent back, and no trace is kept.

backward(layer, p, signal, trace, rule, shapes, trim) -> a signal for each input. The transpose
without pads, on whatever part of the map the signal covers. `shapes` are those of the inputs' whole
maps; `trim` cells at the ends of the axes need not be computed. A backward that needs only the
first of these takes the others as *_.

p holds the layer's parameters, as prepare() made them ready for backward.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from ..network.base import Layer
from ..network.layers import (
    GLU,
    LRN,
    Activation,
    Add,
    Affine,
    Average,
    AvgPool,
    BatchNorm,
    BorderPad,
    Channels,
    Concatenate,
    Conv,
    ConvTranspose,
    Dense,
    DepthToSpace,
    DepthwiseConv,
    Divide,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    GroupNorm,
    Identity,
    LayerNorm,
    LogSoftmax,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    PReLU,
    Resize,
    RMSNorm,
    ShuffleChannels,
    Softmax,
    SpaceToDepth,
    Subtract,
    UnitNorm,
    ZeroPad,
)
from ..network.spans import Pads, Window
from .ops.activation import (
    activation_backward,
    activation_forward,
    glu_backward,
    glu_forward,
    log_softmax_backward,
    log_softmax_forward,
    prelu_backward,
    prelu_forward,
    softmax_backward,
    softmax_forward,
)
from .ops.convolution import (
    conv_backward,
    conv_forward,
    depthwise_conv_backward,
    depthwise_conv_forward,
    flip_depthwise_kernel,
    flip_kernel,
)
from .ops.dense import dense_backward, dense_forward
from .ops.global_pooling import (
    global_avg_pool_backward,
    global_avg_pool_forward,
    global_max_pool_backward,
    global_max_pool_forward,
)
from .ops.merge import (
    add_backward,
    add_forward,
    average_backward,
    average_forward,
    concatenate_backward,
    concatenate_forward,
    divide_backward,
    divide_forward,
    extremum_backward,
    extremum_forward,
    multiply_backward,
    multiply_forward,
    subtract_backward,
    subtract_forward,
)
from .ops.normalization import (
    affine_backward,
    affine_forward,
    batch_norm_backward,
    batch_norm_forward,
    lrn_backward,
    lrn_forward,
)
from .ops.pooling import avg_pool_backward, avg_pool_forward, max_pool_backward, max_pool_forward
from .ops.reshape import (
    border_pad_backward,
    border_pad_forward,
    channels_backward,
    channels_forward,
    depth_to_space_backward,
    depth_to_space_forward,
    flatten_backward,
    flatten_forward,
    identity_backward,
    identity_forward,
    shuffle_channels_backward,
    shuffle_channels_forward,
    space_to_depth_backward,
    space_to_depth_forward,
    zero_pad_backward,
    zero_pad_forward,
)
from .ops.sampling import resize_backward, resize_forward
from .ops.standardization import (
    group_norm_backward,
    group_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
    rms_norm_backward,
    rms_norm_forward,
    unit_norm_backward,
    unit_norm_forward,
)
from .ops.transposed import conv_transpose_backward, conv_transpose_forward
from .rules import Rule
from .types import Parameters, Shapes, Signals, Trace, Traced

LAYER_OPS: dict[type[Layer], tuple[Callable, Callable]] = {
    Activation: (activation_forward, activation_backward),
    PReLU: (prelu_forward, prelu_backward),
    GLU: (glu_forward, glu_backward),
    Conv: (conv_forward, conv_backward),
    ConvTranspose: (conv_transpose_forward, conv_transpose_backward),
    DepthwiseConv: (depthwise_conv_forward, depthwise_conv_backward),
    Dense: (dense_forward, dense_backward),
    Softmax: (softmax_forward, softmax_backward),
    LogSoftmax: (log_softmax_forward, log_softmax_backward),
    MaxPool: (max_pool_forward, max_pool_backward),
    AvgPool: (avg_pool_forward, avg_pool_backward),
    GlobalAvgPool: (global_avg_pool_forward, global_avg_pool_backward),
    GlobalMaxPool: (global_max_pool_forward, global_max_pool_backward),
    Flatten: (flatten_forward, flatten_backward),
    Identity: (identity_forward, identity_backward),
    ZeroPad: (zero_pad_forward, zero_pad_backward),
    BorderPad: (border_pad_forward, border_pad_backward),
    BatchNorm: (batch_norm_forward, batch_norm_backward),
    Affine: (affine_forward, affine_backward),
    LRN: (lrn_forward, lrn_backward),
    LayerNorm: (layer_norm_forward, layer_norm_backward),
    GroupNorm: (group_norm_forward, group_norm_backward),
    RMSNorm: (rms_norm_forward, rms_norm_backward),
    UnitNorm: (unit_norm_forward, unit_norm_backward),
    Add: (add_forward, add_backward),
    Average: (average_forward, average_backward),
    Subtract: (subtract_forward, subtract_backward),
    Maximum: (extremum_forward, extremum_backward),
    Minimum: (extremum_forward, extremum_backward),
    Multiply: (multiply_forward, multiply_backward),
    Divide: (divide_forward, divide_backward),
    Channels: (channels_forward, channels_backward),
    ShuffleChannels: (shuffle_channels_forward, shuffle_channels_backward),
    DepthToSpace: (depth_to_space_forward, depth_to_space_backward),
    SpaceToDepth: (space_to_depth_forward, space_to_depth_backward),
    Resize: (resize_forward, resize_backward),
    Concatenate: (concatenate_forward, concatenate_backward),
}


def ops_of(layer: Layer) -> tuple[Callable, Callable]:
    """The layer's row; a subclass needs one of its own."""
    kind = type(layer)
    if kind not in LAYER_OPS:
        raise TypeError(f"{kind.__name__} has no row in LAYER_OPS")
    return LAYER_OPS[kind]


def forward(layer: Layer, p: Parameters, *inputs: tf.Tensor, rule: Rule | None) -> Traced:
    """The layer's output for its inputs, and the trace of it."""
    layer_forward, _ = ops_of(layer)
    return layer_forward(layer, p, *inputs, rule=rule)


def backward(
    layer: Layer,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    trim: Pads,
) -> Signals:
    """The signal for each of the layer's inputs."""
    _, layer_backward = ops_of(layer)
    return layer_backward(layer, p, signal, trace, rule, shapes, trim)


def prepare(layer: Layer, p: Parameters) -> Parameters:
    """The parameters with what backward computes once for all: a convolution's flipped kernel."""
    if not isinstance(layer, Conv | DepthwiseConv):
        return p
    window = Window.of(layer.size, layer.stride, 0, layer.dilation)
    if isinstance(layer, Conv):
        return {**p, "flipped": flip_kernel(p["kernel"], window, layer.groups)}
    return {**p, "flipped": flip_depthwise_kernel(p["kernel"], window)}
