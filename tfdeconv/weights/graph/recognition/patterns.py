"""What exporters write in several operations: the formula of each, and the operation that it is.

A formula is matched whatever its grouping and the order of its terms (algebra.py). X is the tensor
that goes in; the other capital letters are variables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ....network.layers import Activation, LogSoftmax, Softmax
from .. import kinds
from ..kinds import Kind
from .algebra import Applied, Leaf, Sum, apply, as_sum, clip, power
from .matching import AXES, CONSTANT, NUMBER

# what an operation that is recognised becomes: operations one behind the other, each of the one
# before it and these other inputs: names of constants, or numbers
Step = tuple[Kind, tuple["str | float | Negated", ...]]
Steps = list[Step]
Maker = Callable[[Mapping[str, Any]], "Steps | None"]


@dataclass(frozen=True)
class Negated:
    """The negative of a constant."""

    name: str


@dataclass(frozen=True)
class Pattern:
    """make: the operations, from what the variables are; None where those are not such."""

    formula: Sum
    make: Maker


def variable(name: str, sort: str) -> Sum:
    return as_sum(Leaf(name, sort))


X = as_sum(Leaf("x"))
EPSILON, SLOPE, FACTOR, SHIFT = (variable(name, NUMBER) for name in ("e", "s", "k", "b"))
GAMMA, BETA = variable("gamma", CONSTANT), variable("beta", CONSTANT)
FLOOR, CEILING = Leaf("floor", NUMBER), Leaf("ceiling", NUMBER)
OVER = Leaf("axes", AXES)


ADD, MULTIPLY = kinds.Elementwise("add"), kinds.Elementwise("multiply")


def function(name: str, **options: Any) -> Maker:
    return lambda bound: [(kinds.Function(Activation(name, **options)), ())]


def relu(x: Sum) -> Sum:
    return clip(x, 0.0)


# activations

CUBE = X + 0.044715 * X * X * X
LIMITED = as_sum(Applied("clip", (X,), (FLOOR, CEILING)))


def swish(bound: Mapping[str, Any]) -> Steps | None:
    """x * sigmoid(k * x) is silu(k * x) / k."""
    factor = bound["k"]
    silu = (kinds.Function(Activation("silu")), ())
    if factor <= 0:
        return None
    if math.isclose(factor, 1.0, rel_tol=1e-6):
        return [silu]
    return [(MULTIPLY, (factor,)), silu, (MULTIPLY, (1 / factor,))]


def softplus(bound: Mapping[str, Any]) -> Steps | None:
    """softplus(k * x) / k"""
    if bound["k"] <= 0:
        return None
    return [(kinds.Function(Activation("softplus", constant=bound["k"])), ())]


def leaky_relu(bound: Mapping[str, Any]) -> Steps | None:
    if not 0 <= bound["s"] < 1:
        return None
    return [(kinds.Function(Activation(slope=bound["s"])), ())]


def limits(bound: Mapping[str, Any]) -> Steps | None:
    floor, ceiling = bound["floor"], bound["ceiling"]
    if floor == 0 and ceiling > 0:
        layer = Activation(ceiling=None if ceiling == math.inf else ceiling)
    else:
        layer = Activation(
            "clip",
            floor=None if floor == -math.inf else floor,
            ceiling=None if ceiling == math.inf else ceiling,
        )
    return [(kinds.Function(layer), ())]


def hard_sigmoid(bound: Mapping[str, Any]) -> Steps | None:
    """min(max(k * x + b, 0), 1)"""
    slope, offset = bound["k"], bound["b"]
    lowest, highest = slope * bound["floor"] + offset, slope * bound["ceiling"] + offset
    if slope <= 0 or abs(lowest) > 1e-6 or abs(highest - 1) > 1e-6:
        return None
    if not math.isclose(offset, 0.5, rel_tol=1e-6):
        return None
    sixth = math.isclose(slope, 1 / 6, rel_tol=1e-6)
    layer = Activation("hard_sigmoid", constant=None if sixth else slope)
    return [(kinds.Function(layer), ())]


def prelu(sign: float) -> Maker:
    """With the slope, or its negative."""

    def make(bound: Mapping[str, Any]) -> Steps:
        if sign > 0:
            return [(kinds.LearnedSlope(), (bound["gamma"],))]
        return [(kinds.LearnedSlope(), (Negated(bound["gamma"]),))]

    return make


ACTIVATIONS = (
    Pattern(0.5 * X * (1.0 + apply("erf", X * math.sqrt(0.5))), function("gelu")),
    Pattern(0.5 * X * (1.0 + apply("tanh", math.sqrt(2 / math.pi) * CUBE)), function("gelu_tanh")),
    # tanh(x) is 2 * sigmoid(2 * x) - 1
    Pattern(X * apply("sigmoid", math.sqrt(8 / math.pi) * CUBE), function("gelu_tanh")),
    Pattern(X * apply("sigmoid", FACTOR * X), swish),
    Pattern(X * (clip(X, -3.0, 3.0) + 3.0) / 6.0, function("hard_silu")),
    Pattern(X * apply("tanh", apply("softplus", X)), function("mish")),
    Pattern(apply("sigmoid", X), function("sigmoid")),
    Pattern(
        as_sum(Applied("softplus", (FACTOR * X,))) * variable("1/k", NUMBER),
        lambda bound: softplus(bound) if is_inverse(bound["k"], bound["1/k"]) else None,
    ),
    Pattern(as_sum(Applied("maximum", (X, SLOPE * X))), leaky_relu),
    Pattern(relu(X) + SLOPE * clip(X, ceiling=0.0), leaky_relu),
    Pattern(relu(X) + GAMMA * clip(X, ceiling=0.0), prelu(1.0)),
    Pattern(relu(X) - GAMMA * clip(X, ceiling=0.0), prelu(-1.0)),
    Pattern(LIMITED, limits),
    Pattern(FACTOR * LIMITED + SHIFT, hard_sigmoid),
)


def is_inverse(one: float, another: float) -> bool:
    return math.isclose(one * another, 1.0, rel_tol=1e-6)


# over axes


def over(reduction: str, x: Sum) -> Sum:
    return as_sum(Applied(reduction, (x,), (OVER,)))


def along(layer: Softmax | LogSoftmax) -> Maker:
    def make(bound: Mapping[str, Any]) -> Steps | None:
        if len(bound["axes"]) != 1:
            return None
        return [(kinds.AlongChannels(layer, bound["axes"][0]), ())]

    return make


def unit_norm(epsilon: Callable[[Mapping[str, Any]], float]) -> Maker:
    """epsilon: the least square of a length."""

    def make(bound: Mapping[str, Any]) -> Steps | None:
        unlimited = bound.get("ceiling", math.inf) == math.inf
        if len(bound["axes"]) != 1 or not unlimited or epsilon(bound) <= 0:
            return None
        return [(kinds.UnitNormalization(bound["axes"][0], epsilon(bound)), ())]

    return make


def rms_norm(bound: Mapping[str, Any]) -> Steps | None:
    if len(bound["axes"]) != 1 or bound["e"] <= 0:
        return None
    return [(kinds.RmsNormalization(bound["axes"][0], bound["e"]), ())]


def layer_norm(bound: Mapping[str, Any]) -> Steps | None:
    if bound["e"] <= 0:
        return None
    steps: Steps = [(kinds.LayerNormalization(bound["axes"], bound["e"]), ())]
    for name, kind in (("gamma", MULTIPLY), ("beta", ADD)):
        if name in bound:
            steps.append((kind, (bound[name],)))
    return steps


def normalised(variance: Sum) -> Sum:
    return (X - over("mean", X)) * power(variance + EPSILON, -0.5)


MEAN = over("mean", X)
# the mean of squared differences; the mean of squares less the square of the mean
VARIANCES = (over("mean", (X - MEAN) * (X - MEAN)), over("mean", X * X) - MEAN * MEAN)
SQUARES = over("sum", X * X)
LEAST = (FLOOR, CEILING)
EXPONENTIALS = (apply("exponential", X), apply("exponential", X - over("max", X)))

NORMS = []
for spread in VARIANCES:
    core = normalised(spread)
    for formula in (core, core * GAMMA, core * GAMMA + BETA):
        NORMS.append(Pattern(formula, layer_norm))
NORMS += [
    Pattern(X * power(over("mean", X * X) + EPSILON, -0.5), rms_norm),
    Pattern(
        X * power(as_sum(Applied("clip", (SQUARES,), LEAST)), -0.5),
        unit_norm(lambda bound: bound["floor"]),
    ),
    Pattern(
        X / as_sum(Applied("clip", (power(SQUARES, 0.5),), LEAST)),
        unit_norm(lambda bound: bound["floor"] ** 2),
    ),
]
SOFTMAXES = []
for exponential in EXPONENTIALS:
    SOFTMAXES.append(Pattern(exponential / over("sum", exponential), along(Softmax())))
SOFTMAXES += [
    Pattern(X - apply("log", over("sum", EXPONENTIALS[0])), along(LogSoftmax())),
    Pattern(X - over("max", X) - apply("log", over("sum", EXPONENTIALS[1])), along(LogSoftmax())),
]

PATTERNS = (*ACTIVATIONS, *NORMS, *SOFTMAXES)
