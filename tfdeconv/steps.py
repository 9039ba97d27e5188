"""For each kind of layer one step up and, under it, one step down.

up(layer, p, *inputs, rule) -> output, trace. The trace is what the way down needs, laid on the output's grid: a pool's
switches, a rectifier's sign where the rule masks, otherwise None. With rule None nothing comes down and no trace is kept.

down(layer, p, signal, trace, rule, shape, trim) -> a signal for each input. The unpadded transpose on whatever part of the map
the signal covers; `shape` is the input map's, and `trim` cells at the ends of the axes need not be computed.

p holds the layer's parameters as prepare() made them ready.
"""
from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

import tensorflow as tf

from . import ops
from .layers import LRN, Add, BatchNorm, Conv, Dense, Flatten, GlobalAvgPool, Layer, MaxPool, Relu, Shape
from .rules import Rule
from .spans import Pads

Parameters = Mapping[str, tf.Tensor]
Step = tuple[tf.Tensor, tf.Tensor | None]


@singledispatch
def up(layer: Layer, p: Parameters, *inputs: tf.Tensor, rule: Rule | None) -> Step:
    raise TypeError(f"{type(layer).__name__} has no step up")


@singledispatch
def down(layer: Layer, p: Parameters, signal: tf.Tensor, trace: tf.Tensor | None, rule: Rule, shape: Shape,
         trim: Pads) -> tuple[tf.Tensor, ...]:
    raise TypeError(f"{type(layer).__name__} has no step down")


def prepare(layer: Layer, p: Parameters) -> Parameters:
    """The parameters with what is worth computing once for the way down: a convolution's turned kernel."""
    return {**p, "turned": ops.turn(p["kernel"], layer.window)} if isinstance(layer, Conv) else p


def rectify(y: tf.Tensor, rule: Rule | None) -> Step:
    """Up through a rectifier; under a rule that masks the trace is the sign."""
    return ops.rectify(y), (y > 0 if rule and rule.mask else None)


def rectify_signal(signal: tf.Tensor, sign: tf.Tensor | None, rule: Rule) -> tf.Tensor:
    """Down through a rectifier, as the rule has it."""
    if rule.rectify:
        signal = ops.rectify(signal)
    return ops.mask(signal, sign) if rule.mask else signal


@up.register
def _(layer: Conv, p, x, *, rule):
    y = ops.conv2d(x, p["kernel"], layer.window, layer.groups)
    if layer.bias:
        y = tf.nn.bias_add(y, p["bias"])
    return rectify(y, rule) if layer.rectify else (y, None)


@down.register
def _(layer: Conv, p, signal, trace, rule, shape, trim):
    signal = rectify_signal(signal, trace, rule) if layer.rectify else signal
    return (ops.conv2d_transpose(signal, p["turned"], layer.window, layer.groups, trim),)


@up.register
def _(layer: Dense, p, x, *, rule):
    y = tf.nn.bias_add(ops.dense(x, p["kernel"]), p["bias"])
    return rectify(y, rule) if layer.rectify else (y, None)


@down.register
def _(layer: Dense, p, signal, trace, rule, shape, trim):
    signal = rectify_signal(signal, trace, rule) if layer.rectify else signal
    return (ops.dense_transpose(signal, p["kernel"]),)


@up.register
def _(layer: Relu, p, x, *, rule):
    return rectify(x, rule)


@down.register
def _(layer: Relu, p, signal, trace, rule, shape, trim):
    return (rectify_signal(signal, trace, rule),)


@up.register
def _(layer: MaxPool, p, x, *, rule):
    return ops.max_pool(x, layer.window) if rule else (ops.max_pool_alone(x, layer.window), None)


@down.register
def _(layer: MaxPool, p, signal, trace, rule, shape, trim):
    return (ops.unpool(signal, trace, layer.window, trim),)


@up.register
def _(layer: GlobalAvgPool, p, x, *, rule):
    return ops.global_average_pool(x), None


@down.register
def _(layer: GlobalAvgPool, p, signal, trace, rule, shape, trim):
    return (ops.global_average_pool_transpose(signal, *shape[:2]),)


@up.register
def _(layer: Flatten, p, x, *, rule):
    return tf.reshape(x, (-1, *layer.output_shape(x.shape[1:]))), None


@down.register
def _(layer: Flatten, p, signal, trace, rule, shape, trim):
    return (tf.reshape(signal, (-1, *shape)),)


def batch_norm_scale(layer: BatchNorm, p: Parameters) -> tuple[tf.Tensor, tf.Tensor]:
    """Batch normalisation as x * scale + shift; the way down takes the scale alone."""
    scale = p["gamma"] / tf.sqrt(p["variance"] + tf.constant(layer.epsilon, p["variance"].dtype))
    return scale, p["beta"] - p["mean"] * scale


@up.register
def _(layer: BatchNorm, p, x, *, rule):
    scale, shift = batch_norm_scale(layer, p)
    return x * scale + shift, None


@down.register
def _(layer: BatchNorm, p, signal, trace, rule, shape, trim):
    return (signal * batch_norm_scale(layer, p)[0],)


@up.register
def _(layer: LRN, p, x, *, rule):
    return ops.lrn(x, layer.depth, layer.k, layer.alpha, layer.beta), (x if rule and rule.normalise else None)


@down.register
def _(layer: LRN, p, signal, trace, rule, shape, trim):
    return (ops.lrn_transpose(signal, trace, layer.depth, layer.k, layer.alpha, layer.beta) if rule.normalise else signal,)


@up.register
def _(layer: Add, p, *inputs, rule):
    return tf.add_n(inputs), None


@down.register
def _(layer: Add, p, signal, trace, rule, shape, trim):
    return signal, signal
