"""Layers of several inputs, each with its transpose under it."""

from __future__ import annotations

from functools import reduce
from operator import mul

import tensorflow as tf

from ...network.base import Shape
from ...network.layers import Add, Concatenate, Multiply


def add_forward(layer: Add, p, *inputs, rule):
    return sum(inputs[1:], inputs[0]), None


def add_backward(layer: Add, p, signal, trace, rule, shapes, trim):
    return tuple(narrowed(signal, layer.output_shape(*shapes), shape) for shape in shapes)


def multiply_forward(layer: Multiply, p, *inputs, rule):
    return reduce(mul, inputs), (inputs if rule else None)


def multiply_backward(layer: Multiply, p, signal, trace, rule, shapes, trim):
    others = [trace[:i] + trace[i + 1 :] for i in range(len(trace))]
    products = (reduce(mul, factors, signal) for factors in others)
    return tuple(
        narrowed(product, layer.output_shape(*shapes), shape)
        for product, shape in zip(products, shapes)
    )


def narrowed(signal: tf.Tensor, shape: Shape, to: Shape) -> tf.Tensor:
    """A signal on a map of that shape, added up where an input of one cell or channel stood at many places of it."""
    axes = [axis for axis, (many, one) in enumerate(zip(shape, to), 1) if one == 1 and many > 1]
    return tf.reduce_sum(signal, axes, keepdims=True) if axes else signal


def concatenate_forward(layer: Concatenate, p, *inputs, rule):
    return tf.concat(inputs, 3), None


def concatenate_backward(layer: Concatenate, p, signal, trace, rule, shapes, trim):
    return tuple(tf.split(signal, [shape[2] for shape in shapes], 3))
