"""Norms and softmaxes that are written out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ....network.layers import LogSoftmax, Softmax
from .. import kinds
from .algebra import Applied, Sum, apply, as_sum, power
from .pattern import (
    ADD,
    BETA,
    CEILING,
    EPSILON,
    FLOOR,
    GAMMA,
    MULTIPLY,
    OVER,
    Maker,
    Pattern,
    Steps,
    X,
)


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


def unit_norm_of_limited(bound: Mapping[str, Any]) -> Steps | None:
    """x times the inverse of its length, which is limited from above (Keras)."""
    floor, ceiling = bound["floor"], bound["ceiling"]
    if len(bound["axes"]) != 1 or floor > 0 or not 0 < ceiling < math.inf:
        return None
    return [(kinds.UnitNormalization(bound["axes"][0], ceiling**-2), ())]


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
    Pattern(X * as_sum(Applied("clip", (power(SQUARES, -0.5),), LEAST)), unit_norm_of_limited),
]
SOFTMAXES = []
for exponential in EXPONENTIALS:
    SOFTMAXES.append(Pattern(exponential / over("sum", exponential), along(Softmax())))
SOFTMAXES += [
    Pattern(X - apply("log", over("sum", EXPONENTIALS[0])), along(LogSoftmax())),
    Pattern(X - over("max", X) - apply("log", over("sum", EXPONENTIALS[1])), along(LogSoftmax())),
]

NORMS_AND_SOFTMAXES = (*NORMS, *SOFTMAXES)
