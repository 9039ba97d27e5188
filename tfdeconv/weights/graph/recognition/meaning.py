"""What operations mean, as expressions of their inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....network.layers import Activation
from .. import kinds
from ..kinds import Kind
from .algebra import Applied, Sum, TooComplex, apply, as_sum, clip, power
from .choices import COMPUTATIONS, is_condition


def added(arguments: Sequence[Sum]) -> Sum:
    result = arguments[0]
    for argument in arguments[1:]:
        result = result + argument
    return result


def multiplied(arguments: Sequence[Sum]) -> Sum:
    result = arguments[0]
    for argument in arguments[1:]:
        result = result * argument
    return result


def largest(arguments: Sequence[Sum]) -> Sum:
    """Of two: a limit, where one is a number."""
    one, another = arguments
    for value, limit in ((one, another.number), (another, one.number)):
        if limit is not None:
            return clip(value, floor=limit)
    return as_sum(Applied("maximum", (one, another)))


def smallest(arguments: Sequence[Sum]) -> Sum:
    one, another = arguments
    for value, limit in ((one, another.number), (another, one.number)):
        if limit is not None:
            return clip(value, ceiling=limit)
    raise TooComplex


ARITHMETIC: dict[str, Callable[[Sequence[Sum]], Sum]] = {
    "add": added,
    "subtract": lambda arguments: arguments[0] - arguments[1],
    "multiply": multiplied,
    "divide": lambda arguments: arguments[0] / arguments[1],
    "maximum": largest,
    "minimum": smallest,
}


def relu(layer: Activation, x: Sum) -> Sum:
    if layer.slope or layer.threshold:
        raise TooComplex
    return clip(x, 0.0) if layer.ceiling is None else clip(x, 0.0, layer.ceiling)


def limited(layer: Activation, x: Sum) -> Sum:
    if layer.floor is not None:
        x = clip(x, floor=layer.floor)
    return x if layer.ceiling is None else clip(x, ceiling=layer.ceiling)


def hard_sigmoid(layer: Activation, x: Sum) -> Sum:
    slope = layer.constant or 1 / 6
    offset = getattr(layer, "offset", None)
    return clip(x * slope + (0.5 if offset is None else offset), 0.0, 1.0)


def softplus(layer: Activation, x: Sum) -> Sum:
    beta = layer.constant or 1.0
    return apply("softplus", x * beta) / beta


ACTIVATIONS: dict[str, Callable[[Activation, Sum], Sum]] = {
    "relu": relu,
    "clip": limited,
    "hard_sigmoid": hard_sigmoid,
    "softplus": softplus,
    "sigmoid": lambda layer, x: apply("sigmoid", x),
    "tanh": lambda layer, x: apply("tanh", x),
    "erf": lambda layer, x: apply("erf", x),
    "exponential": lambda layer, x: apply("exponential", x),
    "log": lambda layer, x: apply("log", x),
    "abs": lambda layer, x: apply("abs", x),
    "square": lambda layer, x: power(x, 2.0),
    "sqrt": lambda layer, x: power(x, 0.5),
    "reciprocal": lambda layer, x: power(x, -1.0),
    "negative": lambda layer, x: x * -1.0,
    "power": lambda layer, x: power(x, layer.constant or 1.0),
}


def of_computation(
    kind: kinds.Computation, arguments: Sequence[Sum], numbers: Sequence[Any]
) -> Sum:
    if kind.function not in COMPUTATIONS or kind.arguments:
        raise TooComplex
    return COMPUTATIONS[kind.function](arguments)


def of_function(kind: kinds.Function, arguments: Sequence[Sum], numbers: Sequence[Any]) -> Sum:
    if kind.layer.kind not in ACTIVATIONS:
        raise TooComplex
    return ACTIVATIONS[kind.layer.kind](kind.layer, arguments[0])


def of_elementwise(
    kind: kinds.Elementwise, arguments: Sequence[Sum], numbers: Sequence[Any]
) -> Sum:
    if kind.operation not in ARITHMETIC or len(arguments) != 2:
        raise TooComplex
    return ARITHMETIC[kind.operation](arguments)


def of_power(kind: kinds.Power, arguments: Sequence[Sum], numbers: Sequence[Any]) -> Sum:
    exponent = arguments[1].number
    if exponent is None:
        raise TooComplex
    return power(arguments[0], exponent)


def of_reduction(kind: kinds.Reduction, arguments: Sequence[Sum], numbers: Sequence[Any]) -> Sum:
    """With the axes that it leaves in the shape."""
    axes = kind.axes
    if axes is None and len(numbers) > 1:
        axes = numbers[1]
    if not kind.keep or not axes:
        raise TooComplex
    return apply(kind.kind, arguments[0], tuple(sorted(axes)))


def of_cast(kind: kinds.Cast, arguments: Sequence[Sum], numbers: Sequence[Any]) -> Sum:
    is_choice = kind.dtype == "bool" and is_condition(arguments[0])
    if not is_choice and not kind.dtype.startswith(("float", "bfloat")):
        raise TooComplex
    return arguments[0]


def of_reshape(kind: kinds.Reshape, arguments: Sequence[Sum], numbers: Sequence[Any]) -> Sum:
    """What leaves a reduction's output as it is: of one cell along its axes, of more along others.

    Whether those are as long as they were is seen later, of what is put in the formula's place.
    """
    shape = kind.shape
    if shape is None and len(numbers) > 1:
        shape = numbers[1]
    axes = axes_of_reduction(arguments[0])
    if shape is None or axes is None:
        raise TooComplex
    for number, extent in enumerate(shape):
        reduced = number in axes or number - len(shape) in axes
        if (extent == 1) != reduced:
            raise TooComplex
    return arguments[0]


def axes_of_reduction(argument: Sum) -> tuple[int, ...] | None:
    """Those of a mean, where an expression is one."""
    for monomial, _ in argument.terms:
        for atom, exponent in monomial:
            if len(monomial) == len(argument.terms) == exponent == 1:
                if isinstance(atom, Applied) and atom.function in ("mean", "sum", "max"):
                    return atom.attributes[0]
    return None


def unchanged(kind: Kind, arguments: Sequence[Sum], numbers: Sequence[Any]) -> Sum:
    return arguments[0]


# an operation, its inputs as expressions, and those that are a few whole numbers
Meaning = Callable[[Any, Sequence[Sum], Sequence[Any]], Sum]
MEANINGS: Mapping[type[Kind], Meaning] = {
    kinds.Function: of_function,
    kinds.Elementwise: of_elementwise,
    kinds.Power: of_power,
    kinds.Reduction: of_reduction,
    kinds.Idle: unchanged,
    kinds.Cast: of_cast,
    # what is repeated to the shape of what it then meets
    kinds.Expand: unchanged,
    kinds.Reshape: of_reshape,
    kinds.Computation: of_computation,
}
# {Activation: the functions that are left of it in an expression}
NAMES = {
    "relu": ("clip",),
    "clip": ("clip",),
    "hard_sigmoid": ("clip",),
    "softplus": ("softplus",),
    "sigmoid": ("sigmoid",),
    "tanh": ("tanh",),
    "erf": ("erf",),
    "exponential": ("exponential",),
    "log": ("log",),
    "abs": ("abs",),
}
