"""For each kind of layer one step up and, under it, one step down.

up(layer, p, *inputs, rule) -> output, trace. The trace is what the way down needs, laid on the output's grid: a pool's
switches, a rectifier's sign where the rule masks, otherwise None; more than one as a tuple. With rule None nothing comes down
and no trace is kept.

down(layer, p, signal, trace, rule, shapes, trim) -> a signal for each input. The unpadded transpose on whatever part of the map
the signal covers; `shapes` are the input maps', and `trim` cells at the ends of the axes need not be computed.

p holds the layer's parameters as prepare() made them ready.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import mul
from typing import Any

import tensorflow as tf

from . import activations, ops, pools
from .network import layers
from .network.base import Layer, Shape
from .network.layers import (
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
from .network.spans import Pads
from .rules import Rule

Parameters = Mapping[str, tf.Tensor]
Trace = Any     # a tensor, several or None
Step = tuple[tf.Tensor, Trace]


def up(layer: Layer, p: Parameters, *inputs: tf.Tensor, rule: Rule | None) -> Step:
    """The layer's output for its inputs, and the trace of it."""
    forward, _ = STEPS[type(layer)]
    return forward(layer, p, *inputs, rule=rule)


def down(layer: Layer, p: Parameters, signal: tf.Tensor, trace: Trace, rule: Rule, shapes: tuple[Shape, ...],
         trim: Pads) -> tuple[tf.Tensor, ...]:
    """The signal for each of the layer's inputs."""
    _, backward = STEPS[type(layer)]
    return backward(layer, p, signal, trace, rule, shapes, trim)


def prepare(layer: Layer, p: Parameters) -> Parameters:
    """The parameters with what is worth computing once for the way down: a convolution's turned kernel."""
    if isinstance(layer, Conv | DepthwiseConv):
        turn = ops.turn if isinstance(layer, Conv) else ops.turn_depthwise
        window = layers.Window.of(layer.size, layer.stride, 0, layer.dilation)
        return {**p, "turned": turn(p["kernel"], window)}
    return p


def activation_forward(layer: Activation, p, x, *, rule):
    if layer.kind != "relu":
        function, derivative = activations.SMOOTH[layer.kind]
        return function(x), (derivative(x) if rule else None)
    y = activations.rectify(x, layer.slope, layer.ceiling)
    return y, (activations.sign(x, layer.slope, layer.ceiling) if rule and rule.mask else None)


def activation_backward(layer: Activation, p, signal, trace, rule, shapes, trim):
    if rule.rectify and layers.SMOOTH.get(layer.kind, True):
        signal = activations.rectify(signal)
    return (signal if trace is None else activations.mask(signal, trace),)


def finished(layer: Conv | DepthwiseConv | Dense, p: Parameters, y: tf.Tensor, rule: Rule | None) -> Step:
    """With bias and activation, where the layer has them."""
    y = tf.nn.bias_add(y, p["bias"]) if layer.bias else y
    return activation_forward(layer.activation, {}, y, rule=rule) if layer.activation else (y, None)


def begun(layer: Conv | DepthwiseConv | Dense, signal: tf.Tensor, trace: Trace, rule: Rule) -> tf.Tensor:
    """The signal below the layer's activation."""
    return activation_backward(layer.activation, {}, signal, trace, rule, (), ops.NO_PAD)[0] if layer.activation else signal


def conv_forward(layer: Conv, p, x, *, rule):
    return finished(layer, p, ops.conv2d(x, p["kernel"], layer.window, layer.groups), rule)


def conv_backward(layer: Conv, p, signal, trace, rule, shapes, trim):
    return (ops.conv2d_transpose(begun(layer, signal, trace, rule), p["turned"], layer.window, layer.groups, trim),)


def depthwise_conv_forward(layer: DepthwiseConv, p, x, *, rule):
    return finished(layer, p, ops.depthwise_conv2d(x, p["kernel"], layer.window), rule)


def depthwise_conv_backward(layer: DepthwiseConv, p, signal, trace, rule, shapes, trim):
    signal = begun(layer, signal, trace, rule)
    return (ops.depthwise_conv2d_transpose(signal, p["turned"], layer.window, layer.multiplier, trim),)


def dense_forward(layer: Dense, p, x, *, rule):
    return finished(layer, p, ops.dense(x, p["kernel"]), rule)


def dense_backward(layer: Dense, p, signal, trace, rule, shapes, trim):
    return (ops.dense_transpose(begun(layer, signal, trace, rule), p["kernel"]),)


def softmax_forward(layer: Softmax, p, x, *, rule):
    y = tf.nn.softmax(x)
    return y, (y if rule else None)


def softmax_backward(layer: Softmax, p, signal, trace, rule, shapes, trim):
    return (activations.softmax_transpose(signal, trace),)


def max_pool_forward(layer: MaxPool, p, x, *, rule):
    return pools.max_pool(x, layer.window) if rule else (pools.max_pool_alone(x, layer.window), None)


def max_pool_backward(layer: MaxPool, p, signal, trace, rule, shapes, trim):
    return (pools.unpool(signal, trace, layer.window, trim),)


def avg_pool_forward(layer: AvgPool, p, x, *, rule):
    y, share = pools.average_pool(x, layer.window)
    return y, (share if rule else None)


def avg_pool_backward(layer: AvgPool, p, signal, trace, rule, shapes, trim):
    return (pools.average_pool_transpose(signal, trace, layer.window, trim),)


def global_avg_pool_forward(layer: GlobalAvgPool, p, x, *, rule):
    return pools.global_average_pool(x), None


def global_avg_pool_backward(layer: GlobalAvgPool, p, signal, trace, rule, shapes, trim):
    return (pools.global_average_pool_transpose(signal, *shapes[0][:2]),)


def global_max_pool_forward(layer: GlobalMaxPool, p, x, *, rule):
    y, switches = pools.global_max_pool(x)
    return y, (switches if rule else None)


def global_max_pool_backward(layer: GlobalMaxPool, p, signal, trace, rule, shapes, trim):
    return (pools.global_max_pool_transpose(signal, trace, *shapes[0][:2]),)


def flatten_forward(layer: Flatten, p, x, *, rule):
    return tf.reshape(x, (-1, *layer.output_shape(x.shape[1:]))), None


def flatten_backward(layer: Flatten, p, signal, trace, rule, shapes, trim):
    return (tf.reshape(signal, (-1, *shapes[0])),)


def identity_forward(layer: Identity, p, x, *, rule):
    return x, None


def identity_backward(layer: Identity, p, signal, trace, rule, shapes, trim):
    return (signal,)


def zero_pad_forward(layer: ZeroPad, p, x, *, rule):
    for axis, (before, after) in enumerate(layer.pad, 1):
        x = ops.cut(x, axis, -before, before + x.shape[axis] + after)
    return x, None


def zero_pad_backward(layer: ZeroPad, p, signal, trace, rule, shapes, trim):
    for axis, (before, after) in enumerate(trim, 1):
        signal = ops.cut(signal, axis, before, signal.shape[axis] - before - after)
    return (signal,)


def batch_norm_scale(layer: BatchNorm, p: Parameters) -> tuple[tf.Tensor, tf.Tensor]:
    """Batch normalisation as x * scale + shift; the way down takes the scale alone."""
    scale = (p["gamma"] if layer.scale else 1) / tf.sqrt(p["variance"] + tf.constant(layer.epsilon, p["variance"].dtype))
    return scale, (p["beta"] if layer.center else 0) - p["mean"] * scale


def batch_norm_forward(layer: BatchNorm, p, x, *, rule):
    scale, shift = batch_norm_scale(layer, p)
    return x * scale + shift, None


def batch_norm_backward(layer: BatchNorm, p, signal, trace, rule, shapes, trim):
    return (signal * batch_norm_scale(layer, p)[0],)


def affine_forward(layer: Affine, p, x, *, rule):
    return x * p["scale"] + p["shift"], None


def affine_backward(layer: Affine, p, signal, trace, rule, shapes, trim):
    return (signal * p["scale"],)


def lrn_forward(layer: LRN, p, x, *, rule):
    return ops.lrn(x, layer.depth, layer.k, layer.alpha, layer.beta), (x if rule and rule.normalise else None)


def lrn_backward(layer: LRN, p, signal, trace, rule, shapes, trim):
    return (ops.lrn_transpose(signal, trace, layer.depth, layer.k, layer.alpha, layer.beta) if rule.normalise else signal,)


def add_forward(layer: Add, p, *inputs, rule):
    return sum(inputs[1:], inputs[0]), None


def add_backward(layer: Add, p, signal, trace, rule, shapes, trim):
    return tuple(narrowed(signal, layer.output_shape(*shapes), shape) for shape in shapes)


def multiply_forward(layer: Multiply, p, *inputs, rule):
    return reduce(mul, inputs), (inputs if rule else None)


def multiply_backward(layer: Multiply, p, signal, trace, rule, shapes, trim):
    others = [trace[:i] + trace[i + 1:] for i in range(len(trace))]
    products = (reduce(mul, factors, signal) for factors in others)
    return tuple(narrowed(product, layer.output_shape(*shapes), shape) for product, shape in zip(products, shapes))


def narrowed(signal: tf.Tensor, shape: Shape, to: Shape) -> tf.Tensor:
    """A signal on a map of that shape, added up where an input of one cell or channel stood at many places of it."""
    axes = [axis for axis, (many, one) in enumerate(zip(shape, to), 1) if one == 1 and many > 1]
    return tf.reduce_sum(signal, axes, keepdims=True) if axes else signal


def concatenate_forward(layer: Concatenate, p, *inputs, rule):
    return tf.concat(inputs, 3), None


def concatenate_backward(layer: Concatenate, p, signal, trace, rule, shapes, trim):
    return tuple(tf.split(signal, [shape[2] for shape in shapes], 3))


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
