"""Operators that take the variance or the length of vectors, in operations that the graph has.

Of weights, which some networks normalise each time, they are worked out beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from ...network.layers import Activation
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .operator_call import Made, OperatorCall

ROOT = kinds.Function(Activation("sqrt"), "sqrt")


def squares_about_mean(
    call: OperatorCall, x: str, axes: tuple[int, ...], keep: bool = True
) -> tuple[str, str]:
    """x less its mean over axes, and the mean of the squares of that."""
    mean = call.step(kinds.Reduction("mean", axes, True), x)
    rest = call.step(kinds.Elementwise("subtract"), x, mean)
    squares = call.step(kinds.Elementwise("multiply"), rest, rest)
    return rest, call.step(kinds.Reduction("mean", axes, keep), squares)


def variance(rooted: bool, call: OperatorCall) -> Made:
    """With one value less in the divisor, unless another correction is said."""
    shape = call.shape("self")
    axes = call.integers("dim") if call.has("dim") else tuple(range(len(shape)))
    correction = call.number("correction", 1)
    if call.has("unbiased"):
        correction = float(call.flag("unbiased"))
    count = count_over(shape, axes)
    if count - correction <= 0:
        raise NotUnderstood("it divides by 0")
    over_cells = any(axis % len(shape) > 1 for axis in axes)
    if correction and over_cells and not call.is_constant("self"):
        raise NotUnderstood(
            "its divisor is less than the number of cells, which differs from image to image"
        )
    _, squares = squares_about_mean(call, call.tensor("self"), axes, call.flag("keepdim"))
    number = call.constant(count / (count - correction))
    if not rooted:
        return kinds.Elementwise("multiply"), squares, number
    return ROOT, call.step(kinds.Elementwise("multiply"), squares, number)


def count_over(shape: tuple[int | None, ...], axes: tuple[int, ...]) -> int:
    """How many values there are along axes."""
    extents = []
    for axis in axes:
        extent = shape[axis] if -len(shape) <= axis < len(shape) else None
        if extent is None:
            raise NotUnderstood("the program leaves open how many values it covers")
        extents.append(extent)
    return math.prod(extents)


def vector_norm(call: OperatorCall) -> Made:
    """The root of the sum of squares."""
    call.floating()
    if call.number("ord", 2) != 2 or call.number("p", 2) != 2:
        raise NotUnderstood("it is a norm other than the root of the sum of squares")
    x = call.tensor("self")
    axes = call.integers("dim") if call.has("dim") else None
    squares = call.step(kinds.Elementwise("multiply"), x, x)
    total = call.step(kinds.Reduction("sum", axes, call.flag("keepdim")), squares)
    return ROOT, total


def weight_norm(call: OperatorCall) -> Made:
    """g * v over the length of v along all axes but one (Salimans & Kingma 2016)."""
    rank, own = len(call.shape("v")), call.integer("dim", 0)
    axes = tuple(axis for axis in range(rank) if axis != own % rank)
    v = call.tensor("v")
    squares = call.step(kinds.Elementwise("multiply"), v, v)
    length = call.step(ROOT, call.step(kinds.Reduction("sum", axes, True), squares))
    direction = call.step(kinds.Elementwise("divide"), v, length)
    return kinds.Elementwise("multiply"), direction, call.tensor("g")


def norm_of_weights(call: OperatorCall) -> Made:
    """A batch norm in training, of weights: (x - mean) / sqrt(variance + epsilon), by channel."""
    rank = len(call.shape("input"))
    axes = tuple(axis for axis in range(rank) if axis != 1)
    rest, squares = squares_about_mean(call, call.tensor("input"), axes)
    epsilon = call.constant(call.number("eps"))
    total = call.step(kinds.Elementwise("add"), squares, epsilon)
    y = call.step(kinds.Elementwise("divide"), rest, call.step(ROOT, total))
    by_channel = kinds.Reshape((1, -1, *(1,) * (rank - 2)))
    scale_and_shift = ("weight", kinds.Elementwise("multiply")), ("bias", kinds.Elementwise("add"))
    for name, kind in scale_and_shift:
        if call.has(name):
            values = call.step(by_channel, call.tensor(name))
            y = call.step(kind, y, values)
        call.ignore(name)
    return kinds.Idle(), y


TABLE: dict[str, Callable[[OperatorCall], Made]] = {
    "var": partial(variance, False),
    "std": partial(variance, True),
    "linalg_vector_norm": vector_norm,
    "norm": vector_norm,
    "_weight_norm": weight_norm,
    "_weight_norm_interface": weight_norm,
}
