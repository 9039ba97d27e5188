"""Expressions in one form, however they are grouped: sums of products with a number before each.

x * 0.5 * (1 + erf(x / sqrt(2))) and (x / 2) * erf(0.707 x) + x / 2 are the same Sum:

    0.5 * x + 0.5 * x * erf(0.707 * x)

Products are multiplied out, constants gathered, roots and quotients are powers, and limits are put
around what they limit: relu(-x) is -min(x, 0).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

# more than any known layer has when it is multiplied out
MOST_TERMS = 12
MOST_POWERS = 8


class TooComplex(Exception):
    """What has no such form, or one of too many terms."""


@dataclass(frozen=True)
class Leaf:
    """A tensor by its name. In a pattern: a variable, which stands for a `sort` of thing."""

    name: str
    sort: str = "tensor"


@dataclass(frozen=True)
class Applied:
    """A function of sums; attributes: numbers, axes, or variables for such."""

    function: str
    arguments: tuple[Sum, ...]
    attributes: tuple = ()


@dataclass(frozen=True)
class Base:
    """A sum of which a power is taken that is not multiplied out."""

    sum: Sum


Atom = Leaf | Applied | Base
# atoms with their exponents
Monomial = frozenset[tuple[Atom, float]]
ONE: Monomial = frozenset()


@dataclass(frozen=True)
class Sum:
    """Monomials, each with the number before it."""

    terms: frozenset[tuple[Monomial, float]]

    def __add__(self, other: Sum | float) -> Sum:
        counted = dict(self.terms)
        for monomial, number in as_sum(other).terms:
            counted[monomial] = counted.get(monomial, 0.0) + number
        return sum_of(counted)

    def __mul__(self, other: Sum | float) -> Sum:
        counted: dict[Monomial, float] = {}
        for one, number in self.terms:
            for another, factor in as_sum(other).terms:
                monomial = joined(one, another)
                counted[monomial] = counted.get(monomial, 0.0) + number * factor
        return sum_of(counted)

    def __sub__(self, other: Sum | float) -> Sum:
        return self + as_sum(other) * -1.0

    def __truediv__(self, other: Sum | float) -> Sum:
        return self * power(as_sum(other), -1.0)

    __radd__ = __add__
    __rmul__ = __mul__

    @property
    def number(self) -> float | None:
        """Its value, where it is a number."""
        terms = dict(self.terms)
        if terms.keys() <= {ONE}:
            return terms.get(ONE, 0.0)
        return None


def as_sum(value: Sum | Atom | float) -> Sum:
    if isinstance(value, Sum):
        return value
    if isinstance(value, Leaf | Applied | Base):
        return Sum(frozenset({(frozenset({(value, 1.0)}), 1.0)}))
    return sum_of({ONE: float(value)})


def sum_of(counted: dict[Monomial, float]) -> Sum:
    terms = frozenset((monomial, number) for monomial, number in counted.items() if number != 0)
    if len(terms) > MOST_TERMS or not all(math.isfinite(number) for _, number in terms):
        raise TooComplex
    return Sum(terms)


def joined(one: Monomial, another: Monomial) -> Monomial:
    """The product of two."""
    exponents = dict(one)
    for atom, exponent in another:
        exponents[atom] = exponents.get(atom, 0.0) + exponent
    if 0.0 in exponents.values() or len(exponents) > MOST_POWERS:
        # x / x is not 1 where x is 0
        raise TooComplex
    return frozenset(exponents.items())


def power(base: Sum, exponent: float) -> Sum:
    if exponent in (1.0, 2.0, 3.0):
        result = base
        for _ in range(int(exponent) - 1):
            result = result * base
        return result
    logistic = logistic_of(base)
    if exponent == -1.0 and logistic is not None:
        return logistic
    if len(base.terms) == 1:
        ((monomial, number),) = base.terms
        return single_power(monomial, number, exponent)
    if not base.terms:
        raise TooComplex
    return as_sum(1.0) * Sum(frozenset({(frozenset({(Base(base), exponent)}), 1.0)}))


def single_power(monomial: Monomial, number: float, exponent: float) -> Sum:
    whole = exponent.is_integer()
    if number < 0 and not whole or abs(exponent) > MOST_POWERS:
        raise TooComplex
    exponents: dict[Atom, float] = {}
    for atom, inner in monomial:
        # the root of a square is no number's own value
        if not whole and inner % 2 == 0:
            raise TooComplex
        exponents[atom] = inner * exponent
    return sum_of({frozenset(exponents.items()): number**exponent})


def logistic_of(base: Sum) -> Sum | None:
    """The sigmoid, where it is 1 / base: base is 1 + exp(-x)."""
    exponential = one_and_exponential(base)
    return None if exponential is None else apply("sigmoid", exponential * -1.0)


def one_and_exponential(sum: Sum) -> Sum | None:
    """x of 1 + exp(x)."""
    terms = dict(sum.terms)
    if len(terms) != 2 or set(terms.values()) != {1.0} or ONE not in terms:
        return None
    (monomial,) = terms.keys() - {ONE}
    if len(monomial) != 1:
        return None
    ((atom, exponent),) = monomial
    if exponent == 1 and isinstance(atom, Applied) and atom.function == "exponential":
        return atom.arguments[0]
    return None


def apply(function: str, argument: Sum, *attributes: object) -> Sum:
    """A function of a sum."""
    if function == "log":
        inner = one_and_exponential(argument)
        if inner is not None:
            return apply("softplus", inner)
    return as_sum(Applied(function, (argument,), attributes))


def clip(argument: Sum, floor: float = -math.inf, ceiling: float = math.inf) -> Sum:
    """min(max(argument, floor), ceiling), around a monomial without number where it is one."""
    terms = dict(argument.terms)
    shift = terms.pop(ONE, 0.0)
    if len(terms) != 1 or floor > ceiling:
        if not terms or floor > ceiling:
            raise TooComplex
        return apply("clip", argument, floor, ceiling)
    ((monomial, number),) = terms.items()
    limits = sorted(((floor - shift) / number, (ceiling - shift) / number))
    inner = sum_of({monomial: 1.0})
    if len(monomial) == 1:
        ((atom, exponent),) = monomial
        if isinstance(atom, Applied) and atom.function == "clip" and exponent == 1:
            return clip_of_clip(atom, limits) * number + shift
    return apply("clip", inner, *limits) * number + shift


def clip_of_clip(atom: Applied, limits: list[float]) -> Sum:
    floor, ceiling = atom.attributes
    if not all(isinstance(limit, float) for limit in atom.attributes):
        raise TooComplex
    lowest = min(max(floor, limits[0]), limits[1])
    highest = min(max(ceiling, limits[0]), limits[1])
    return apply("clip", atom.arguments[0], lowest, highest)


Function = Callable[[Sum], Sum]
