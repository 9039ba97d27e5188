"""Operators that are functions of each value, or work along the channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ...network.layers import GLU, RELU, Activation, LogSoftmax, Softmax
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .operator_call import Made, OperatorCall

Table = dict[str, Callable[[OperatorCall], Made]]


def function(layer: Activation, name: str, call: OperatorCall) -> Made:
    return kinds.Function(layer, name), call.tensor("self")


def of_value(layer: Activation, call: OperatorCall) -> Made:
    return function(layer, "", call)


def with_constant(name: str, argument: str, default: float, call: OperatorCall) -> Made:
    """One with a number, of which Activation has it as its constant."""
    return of_value(Activation(name, constant=call.number(argument, default)), call)


def clipped(floor: float | None, ceiling: float | None) -> Activation:
    """min(max(x, floor), ceiling): a ReLU where the floor is 0."""
    if floor == 0 and (ceiling is None or ceiling > 0):
        return replace(RELU, ceiling=ceiling)
    return Activation("clip", floor=floor, ceiling=ceiling)


def hardtanh(call: OperatorCall) -> Made:
    return of_value(clipped(call.number("min_val", -1), call.number("max_val", 1)), call)


def leaky_relu(call: OperatorCall) -> Made:
    return of_value(Activation(slope=call.number("negative_slope", 0.01)), call)


def rrelu(call: OperatorCall) -> Made:
    """After training, a leaky ReLU with the mean of the slopes."""
    call.allow("training", False)
    call.ignore("noise", "generator")
    slope = (call.number("lower", 1 / 8) + call.number("upper", 1 / 3)) / 2
    return of_value(Activation(slope=slope), call)


def elu(call: OperatorCall) -> Made:
    """SELU is an ELU with two numbers of its own, which scale the whole."""
    alpha, scale = call.number("alpha", 1), call.number("scale", 1)
    call.allow("input_scale", 1, 1.0)
    if (round(alpha, 6), round(scale, 6)) == SELU:
        return of_value(Activation("selu"), call)
    if scale == 1:
        return of_value(Activation("elu", constant=alpha), call)
    inner = call.step(kinds.Function(Activation("elu", constant=alpha)), call.tensor("self"))
    return kinds.Elementwise("multiply"), inner, call.constant(scale)


# Klambauer et al. 2017
SELU = (1.673263, 1.050701)


def gelu(call: OperatorCall) -> Made:
    name = {"none": "gelu", "tanh": "gelu_tanh"}.get(call.text("approximate", "none"))
    if name is None:
        raise NotUnderstood(
            f"its approximation is {call.text('approximate')!r}, which is not understood"
        )
    return of_value(Activation(name), call)


def softplus(call: OperatorCall) -> Made:
    """Where beta * x is above a threshold torch takes x itself, which at 20 differs by 2e-9."""
    beta = call.number("beta", 1)
    if call.number("threshold", 20) < 15:
        raise NotUnderstood(
            f"its threshold is {call.number('threshold'):g}, which is not understood"
        )
    return of_value(Activation("softplus", constant=beta), call)


def threshold(call: OperatorCall) -> Made:
    """x where it is above, and another value elsewhere."""
    limit, value = call.number("threshold"), call.number("value")
    if value == limit:
        return of_value(clipped(limit, None), call)
    if value != 0 or limit < 0:
        raise NotUnderstood(f"what is not above {limit:g} becomes {value:g}")
    return of_value(Activation(threshold=limit), call)


def clamp(call: OperatorCall) -> Made:
    """Its limits are numbers, or tensors."""
    limits = call.argument("min"), call.argument("max")
    are_numbers = all(limit is None or type(limit) in (int, float) for limit in limits)
    if are_numbers and not call.is_constant("self"):
        numbers = [call.number(name) if call.has(name) else None for name in ("min", "max")]
        return of_value(clipped(numbers[0], numbers[1]), call)
    x = call.tensor("self")
    if call.has("min"):
        x = call.step(kinds.Elementwise("maximum"), x, call.tensor("min"))
    if not call.has("max"):
        return kinds.Idle(), x
    return kinds.Elementwise("minimum"), x, call.tensor("max")


def prelu(call: OperatorCall) -> Made:
    return kinds.LearnedSlope(1), call.tensor("self"), call.tensor("weight")


def softmax(layer: Softmax | LogSoftmax, call: OperatorCall) -> Made:
    call.floating()
    return kinds.AlongChannels(layer, call.integer("dim")), call.tensor("self")


def glu(call: OperatorCall) -> Made:
    return kinds.AlongChannels(GLU(), call.integer("dim", -1)), call.tensor("self")


# by torch's name
FUNCTIONS = {
    "relu": RELU,
    "relu6": replace(RELU, ceiling=6.0),
    "sigmoid": Activation("sigmoid"),
    "tanh": Activation("tanh"),
    "silu": Activation("silu"),
    "hardswish": Activation("hard_silu"),
    "hardsigmoid": Activation("hard_sigmoid"),
    "mish": Activation("mish"),
    "selu": Activation("selu"),
    "log_sigmoid": Activation("log_sigmoid"),
    "log_sigmoid_forward": Activation("log_sigmoid"),
    "tanhshrink": Activation("tanh_shrink"),
    "softsign": Activation("softsign"),
    "erf": Activation("erf"),
}
# of constants, too: {torch's name: (ours, numpy's in the graph's folding)}
OF_NUMBERS = {
    "abs": ("abs", "abs"),
    "exp": ("exponential", "exp"),
    "log": ("log", "log"),
    "neg": ("negative", "negative"),
    "reciprocal": ("reciprocal", "reciprocal"),
    "sqrt": ("sqrt", "sqrt"),
    "square": ("square", "square"),
}
TABLE: Table = {
    **{name: partial(of_value, layer) for name, layer in FUNCTIONS.items()},
    **{
        name: partial(function, Activation(own), numpys)
        for name, (own, numpys) in OF_NUMBERS.items()
    },
    "rsqrt": partial(function, Activation("power", constant=-0.5), "rsqrt"),
    "hardtanh": hardtanh,
    "leaky_relu": leaky_relu,
    "rrelu": rrelu,
    "rrelu_with_noise": rrelu,
    "rrelu_with_noise_functional": rrelu,
    "elu": elu,
    "celu": partial(with_constant, "celu", "alpha", 1.0),
    "hardshrink": partial(with_constant, "hard_shrink", "lambd", 0.5),
    "softshrink": partial(with_constant, "soft_shrink", "lambd", 0.5),
    "gelu": gelu,
    "softplus": softplus,
    "threshold": threshold,
    "clamp": clamp,
    "clamp_min": clamp,
    "clamp_max": clamp,
    "clip": clamp,
    "prelu": prelu,
    "_prelu_kernel": prelu,
    "softmax": partial(softmax, Softmax()),
    "_softmax": partial(softmax, Softmax()),
    "log_softmax": partial(softmax, LogSoftmax()),
    "_log_softmax": partial(softmax, LogSoftmax()),
    "special_log_softmax": partial(softmax, LogSoftmax()),
    "special_softmax": partial(softmax, Softmax()),
    "glu": glu,
}
