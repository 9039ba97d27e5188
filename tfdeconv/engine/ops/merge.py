"""Layers of several inputs, each with its transpose under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import Any

import tensorflow as tf

from ...network.base import Shape
from ...network.layers import (
    Add,
    Average,
    Concatenate,
    Divide,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from ..rules import Rule
from ..types import Parameters, Shapes, Signals, Trace, Traced
from .slicing import number_type


def sum_broadcast(signal: tf.Tensor, shape: Shape, input_shape: Shape) -> tf.Tensor:
    """Transpose of broadcasting an input to a map of `shape`: the sum over all its copies.

    An input of 1 x 1 cells stands at every place of the map, one of a single channel in all of its
    channels; what comes back to it is the sum of what comes back to them.
    """
    axes = []
    for axis in range(3):
        if input_shape[axis] == 1 and shape[axis] > 1:
            axes.append(axis + 1)
    if not axes:
        return signal
    return tf.reduce_sum(signal, axes, keepdims=True)


def total(inputs: Sequence[tf.Tensor]) -> tf.Tensor:
    """The sum of the inputs, of which some may be one tensor.

    That is multiplied: TensorFlow takes apart sums of a tensor and itself, which in a chain of them
    takes exponential time.
    """
    tensors = {id(tensor): tensor for tensor in inputs}
    counts = Counter(map(id, inputs))
    terms = []
    for key, tensor in tensors.items():
        count = counts[key]
        terms.append(tensor if count == 1 else tensor * count)
    return sum(terms[1:], terms[0])


def add_forward(layer: Add, p: Parameters, *inputs: tf.Tensor, rule: Rule | None) -> Traced:
    return total(inputs), None


def add_backward(
    layer: Add, p: Parameters, signal: tf.Tensor, trace: None, rule: Rule, shapes: Shapes, *_: Any
) -> Signals:
    """Every input gets the whole signal."""
    output = layer.output_shape(*shapes)
    return tuple(sum_broadcast(signal, output, shape) for shape in shapes)


def average_forward(layer: Average, p: Parameters, *inputs: tf.Tensor, rule: Rule | None) -> Traced:
    return total(inputs) / len(inputs), None


def average_backward(
    layer: Average,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    """Every input gets an equal part."""
    output = layer.output_shape(*shapes)
    part = signal / len(shapes)
    return tuple(sum_broadcast(part, output, shape) for shape in shapes)


def subtract_forward(
    layer: Subtract, p: Parameters, x: tf.Tensor, y: tf.Tensor, *, rule: Rule | None
) -> Traced:
    return x - y, None


def subtract_backward(
    layer: Subtract,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    output = layer.output_shape(*shapes)
    return sum_broadcast(signal, output, shapes[0]), sum_broadcast(-signal, output, shapes[1])


def extremum_forward(
    layer: Maximum | Minimum, p: Parameters, *inputs: tf.Tensor, rule: Rule | None
) -> Traced:
    """The trace: in each cell the number of the input that it was, the first on a tie."""
    best = inputs[0]
    dtype = number_type(len(inputs))
    winner = tf.zeros_like(best, dtype)
    for number, values in enumerate(inputs[1:], 1):
        beats = values > best if isinstance(layer, Maximum) else values < best
        best = tf.where(beats, values, best)
        winner = tf.where(beats, tf.constant(number, dtype), winner)
    return best, winner if rule else None


def extremum_backward(
    layer: Maximum | Minimum,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    """In each cell the input that it was gets the whole signal, the others nothing."""
    output = layer.output_shape(*shapes)
    signals = []
    for number, shape in enumerate(shapes):
        part = signal * tf.cast(trace == number, signal.dtype)
        signals.append(sum_broadcast(part, output, shape))
    return tuple(signals)


def multiply_forward(
    layer: Multiply, p: Parameters, *inputs: tf.Tensor, rule: Rule | None
) -> Traced:
    """The trace: the factors."""
    return reduce(mul, inputs), inputs if rule else None


def multiply_backward(
    layer: Multiply,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    """Every input gets the signal times all other factors."""
    output = layer.output_shape(*shapes)
    signals = []
    for i, shape in enumerate(shapes):
        others = trace[:i] + trace[i + 1 :]
        signals.append(sum_broadcast(reduce(mul, others, signal), output, shape))
    return tuple(signals)


def divide_forward(
    layer: Divide, p: Parameters, x: tf.Tensor, y: tf.Tensor, *, rule: Rule | None
) -> Traced:
    """The trace: the quotient and the divisor."""
    quotient = x / y
    return quotient, (quotient, y) if rule else None


def divide_backward(
    layer: Divide,
    p: Parameters,
    signal: tf.Tensor,
    trace: Trace,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    """The derivative of x / y by x is 1 / y, by y it is -(x / y) / y."""
    output = layer.output_shape(*shapes)
    quotient, divisor = trace
    part = signal / divisor
    return sum_broadcast(part, output, shapes[0]), sum_broadcast(
        -part * quotient, output, shapes[1]
    )


def concatenate_forward(
    layer: Concatenate, p: Parameters, *inputs: tf.Tensor, rule: Rule | None
) -> Traced:
    return tf.concat(inputs, 3), None


def concatenate_backward(
    layer: Concatenate,
    p: Parameters,
    signal: tf.Tensor,
    trace: None,
    rule: Rule,
    shapes: Shapes,
    *_: Any,
) -> Signals:
    """Every input gets its own channels of the signal."""
    return tuple(tf.split(signal, [shape[2] for shape in shapes], 3))
