"""Operators that compute with several tensors, or with a tensor and a number."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from ...network.layers import Activation
from ..graph import kinds
from ..graph.kinds.values import Arithmetic
from ..graph.not_understood import NotUnderstood
from .operator_call import Made, OperatorCall

ATTENTION = "attention between the cells of a map is not understood"
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "bool")


def scaled(call: OperatorCall, tensor: str, factor: str) -> str:
    """A tensor times the number that an argument is."""
    number = call.number(factor, 1)
    if number == 1:
        return tensor
    return call.step(kinds.Elementwise("multiply"), tensor, call.constant(number))


def add(call: OperatorCall) -> Made:
    """self + alpha * other"""
    other = scaled(call, call.tensor("other"), "alpha")
    return kinds.Elementwise("add"), call.tensor("self"), other


def subtract(call: OperatorCall) -> Made:
    """self - alpha * other"""
    other = scaled(call, call.tensor("other"), "alpha")
    return kinds.Elementwise("subtract"), call.tensor("self"), other


def subtract_from(call: OperatorCall) -> Made:
    """other - alpha * self"""
    own = scaled(call, call.tensor("self"), "alpha")
    return kinds.Elementwise("subtract"), call.tensor("other"), own


def elementwise(operation: str, call: OperatorCall) -> Made:
    kind = kinds.Elementwise(cast(Arithmetic, operation))
    return kind, call.tensor("self"), call.tensor("other")


def divide(call: OperatorCall) -> Made:
    """Of two whole numbers it makes a fraction; with a rounding mode it is of numbers alone."""
    x, other = call.tensor("self"), call.tensor("other")
    mode = call.argument("rounding_mode")
    if mode == "floor":
        return kinds.Computation("floor_divide"), x, other
    call.allow("rounding_mode")
    if call.dtype("self") in INTEGERS and call.dtype("other") in INTEGERS:
        x = call.step(kinds.Cast("float64"), x)
    return kinds.Elementwise("divide"), x, other


def power(call: OperatorCall) -> Made:
    return kinds.Power(), call.tensor("self"), call.tensor("exponent")


def add_product(operation: str, call: OperatorCall) -> Made:
    """self + value * tensor1 * tensor2, or over it"""
    kind = kinds.Elementwise(cast(Arithmetic, operation))
    product = call.step(kind, call.tensor("tensor1"), call.tensor("tensor2"))
    return kinds.Elementwise("add"), call.tensor("self"), scaled(call, product, "value")


def logarithm_of_1_and(call: OperatorCall) -> Made:
    """log(1 + x)"""
    total = call.step(kinds.Elementwise("add"), call.tensor("self"), call.constant(1.0))
    return kinds.Function(Activation("log"), "log"), total


def exponential_less_1(call: OperatorCall) -> Made:
    """exp(x) - 1"""
    kind = kinds.Function(Activation("exponential"), "exp")
    grown = call.step(kind, call.tensor("self"))
    return kinds.Elementwise("subtract"), grown, call.constant(1.0)


def computation(function: str, first: str, second: str, call: OperatorCall) -> Made:
    """Of constants and sizes alone."""
    return kinds.Computation(function), call.tensor(first), call.tensor(second)


def compared(function: str, negated: bool, call: OperatorCall) -> Made:
    made = computation(function, "self", "other", call)
    if not negated:
        return made
    assert made is not None
    kind, *inputs = made
    return kinds.Computation("logical_not"), call.step(kind, *inputs)


def computed(function: str, call: OperatorCall) -> Made:
    """Of constants and sizes alone, or as a part of what is recognised."""
    return kinds.Computation(function), call.tensor("self")


def where(call: OperatorCall) -> Made:
    """One of two values, where a condition holds."""
    kind = kinds.Computation("where")
    return kind, call.tensor("condition"), call.tensor("self"), call.tensor("other")


def of_sizes(operation: str, call: OperatorCall) -> Made:
    """Python's operators on sizes."""
    a, b = call.tensor("a"), call.tensor("b")
    if operation == "truediv":
        return kinds.Elementwise("divide"), call.step(kinds.Cast("float64"), a), b
    if operation in ("floor_divide", "mod"):
        return kinds.Computation(operation), a, b
    return kinds.Elementwise(cast(Arithmetic, operation)), a, b


def refused(reason: str, call: OperatorCall) -> Made:
    raise NotUnderstood(reason)


TABLE: dict[str, Callable[[OperatorCall], Made]] = {
    "add": add,
    "sub": subtract,
    "subtract": subtract,
    "rsub": subtract_from,
    "mul": partial(elementwise, "multiply"),
    "multiply": partial(elementwise, "multiply"),
    "div": divide,
    "true_divide": divide,
    "divide": divide,
    "maximum": partial(elementwise, "maximum"),
    "minimum": partial(elementwise, "minimum"),
    "max.other": partial(elementwise, "maximum"),
    "min.other": partial(elementwise, "minimum"),
    "pow": power,
    "addcmul": partial(add_product, "multiply"),
    "addcdiv": partial(add_product, "divide"),
    "log1p": logarithm_of_1_and,
    "expm1": exponential_less_1,
    "floor_divide": partial(computation, "floor_divide", "self", "other"),
    "remainder": partial(computation, "mod", "self", "other"),
    "gt": partial(compared, "greater", False),
    "lt": partial(compared, "less", False),
    "eq": partial(compared, "equal", False),
    "le": partial(compared, "greater", True),
    "ge": partial(compared, "less", True),
    "ne": partial(compared, "equal", True),
    **{name: partial(computed, name) for name in ("ceil", "floor", "round", "sign")},
    "where": where,
    "_operator.add": partial(of_sizes, "add"),
    "_operator.sub": partial(of_sizes, "subtract"),
    "_operator.mul": partial(of_sizes, "multiply"),
    "_operator.floordiv": partial(of_sizes, "floor_divide"),
    "_operator.truediv": partial(of_sizes, "truediv"),
    "_operator.mod": partial(of_sizes, "mod"),
    "scaled_dot_product_attention": partial(refused, ATTENTION),
    "_scaled_dot_product_flash_attention_for_cpu": partial(refused, ATTENTION),
}
