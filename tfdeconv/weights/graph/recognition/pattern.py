"""A formula of what exporters write in several operations, and the operation that it is.

A formula is matched whatever its grouping and the order of its terms (algebra.py). X is the tensor
that goes in; the other capital letters are variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ....network.layers import Activation
from .. import kinds
from ..kinds import Kind
from .algebra import Leaf, Sum, as_sum
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
