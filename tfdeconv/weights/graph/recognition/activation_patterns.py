"""Activations that are written out, and those of two operations of limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ....network.layers import Activation
from .. import kinds
from .algebra import Applied, Leaf, Sum, apply, as_sum, clip
from .matching import NUMBER
from .pattern import (
    CEILING,
    FACTOR,
    FLOOR,
    GAMMA,
    MULTIPLY,
    SHIFT,
    SLOPE,
    Maker,
    Negated,
    Pattern,
    Steps,
    X,
    function,
    variable,
)


def relu(x: Sum) -> Sum:
    return clip(x, 0.0)


# Klambauer et al. 2017, equation 2
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
ZERO = as_sum(0.0)
LIMIT, LOWER = Leaf("limit", NUMBER), Leaf("-limit", NUMBER)
BELOW = as_sum(Applied("below", (X,), (LOWER,)))
ABOVE = as_sum(Applied("above", (X,), (LIMIT,)))
INVERSE, SCALE, OTHER_SHIFT = (variable(name, NUMBER) for name in ("1/k", "m", "b2"))
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
    sixth = math.isclose(slope, 1 / 6, rel_tol=1e-6)
    half = math.isclose(offset, 0.5, rel_tol=1e-6)
    layer = Activation(
        "hard_sigmoid", constant=None if sixth else slope, offset=None if half else offset
    )
    return [(kinds.Function(layer), ())]


def prelu(sign: float) -> Maker:
    """With the slope, or its negative."""

    def make(bound: Mapping[str, Any]) -> Steps:
        if sign > 0:
            return [(kinds.LearnedSlope(), (bound["gamma"],))]
        return [(kinds.LearnedSlope(), (Negated(bound["gamma"]),))]

    return make


def chosen(limit: float | Leaf, above: Sum, below: Sum) -> Sum:
    """above where x is more than a limit, otherwise below."""
    condition = Applied("above", (X,), (limit,))
    return as_sum(Applied("where", (as_sum(condition), above, below)))


def elu(bound: Mapping[str, Any]) -> Steps | None:
    """m * (x above 0; s * (exp(k * x) - 1) below)"""
    scale, slope, factor = bound["m"], bound["s"], bound["k"]
    if slope <= 0 or factor <= 0:
        return None
    if math.isclose(scale, SELU_SCALE, rel_tol=1e-6):
        is_selu = factor == 1 and math.isclose(slope, SELU_ALPHA, rel_tol=1e-6)
        return [(kinds.Function(Activation("selu")), ())] if is_selu else None
    if scale != 1:
        return None
    if factor == 1:
        return [(kinds.Function(Activation("elu", constant=slope)), ())]
    if not is_inverse(factor, slope):
        return None
    return [(kinds.Function(Activation("celu", constant=slope)), ())]


def softplus_below(bound: Mapping[str, Any]) -> Steps | None:
    """torch's: x itself where it is more than 20, which in single precision is the same."""
    if bound["limit"] * bound["k"] < 16.7 or not is_inverse(bound["k"], bound["1/k"]):
        return None
    return softplus(bound)


def mish_below(bound: Mapping[str, Any]) -> Steps | None:
    """Likewise."""
    return [(kinds.Function(Activation("mish")), ())] if bound["limit"] >= 16.7 else None


def threshold(bound: Mapping[str, Any]) -> Steps | None:
    if bound["limit"] < 0:
        return None
    return [(kinds.Function(Activation(threshold=bound["limit"])), ())]


def shrink(kind: str) -> Maker:
    def make(bound: Mapping[str, Any]) -> Steps | None:
        width = bound["limit"]
        if width <= 0 or not math.isclose(bound["-limit"], -width, rel_tol=1e-6):
            return None
        if kind == "soft_shrink":
            shifts = bound["b"], bound["b2"]
            if not all(math.isclose(shift, width, rel_tol=1e-6) for shift in shifts):
                return None
        return [(kinds.Function(Activation(kind, constant=width)), ())]

    return make


def far(kind: str) -> Maker:
    """0 where |x| is not more than a limit."""

    def make(bound: Mapping[str, Any]) -> Steps | None:
        width = bound["limit"]
        if width <= 0 or not math.isclose(bound.get("width", width), width, rel_tol=1e-6):
            return None
        return [(kinds.Function(Activation(kind, constant=width)), ())]

    return make


def is_inverse(one: float, another: float) -> bool:
    return math.isclose(one * another, 1.0, rel_tol=1e-6)


# whether |x| is more than a limit
FAR = as_sum(Applied("above", (apply("abs", X),), (LIMIT,)))
WIDTH = variable("width", NUMBER)
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
        as_sum(Applied("softplus", (FACTOR * X,))) * INVERSE,
        lambda bound: softplus(bound) if is_inverse(bound["k"], bound["1/k"]) else None,
    ),
    Pattern(as_sum(Applied("maximum", (X, SLOPE * X))), leaky_relu),
    Pattern(relu(X) + SLOPE * clip(X, ceiling=0.0), leaky_relu),
    Pattern(relu(X) + GAMMA * clip(X, ceiling=0.0), prelu(1.0)),
    Pattern(relu(X) - GAMMA * clip(X, ceiling=0.0), prelu(-1.0)),
    Pattern(LIMITED, limits),
    Pattern(apply("log", apply("sigmoid", X)), function("log_sigmoid")),
    Pattern(X / (1.0 + apply("abs", X)), function("softsign")),
    Pattern(X - apply("tanh", X), function("tanh_shrink")),
    Pattern(chosen(0.0, X, SLOPE * X), leaky_relu),
    Pattern(chosen(0.0, X, GAMMA * X), prelu(1.0)),
    Pattern(SCALE * chosen(0.0, X, SLOPE * apply("exponential", FACTOR * X) - SLOPE), elu),
    Pattern(chosen(LIMIT, X, INVERSE * apply("softplus", FACTOR * X)), softplus_below),
    Pattern(X * apply("tanh", chosen(LIMIT, X, apply("softplus", X))), mish_below),
    Pattern(chosen(LIMIT, X, ZERO), threshold),
    Pattern(
        chosen(LIMIT, X - SHIFT, ZERO) + as_sum(Applied("where", (BELOW, X + OTHER_SHIFT, ZERO))),
        shrink("soft_shrink"),
    ),
    Pattern(
        as_sum(Applied("where", (as_sum(Applied("either", (ABOVE, BELOW))), X, ZERO))),
        shrink("hard_shrink"),
    ),
    Pattern(
        as_sum(Applied("where", (FAR, X - WIDTH * apply("sign", X), ZERO))), far("soft_shrink")
    ),
    Pattern(as_sum(Applied("where", (FAR, X, ZERO))), far("hard_shrink")),
    Pattern(FACTOR * LIMITED + SHIFT, hard_sigmoid),
)
