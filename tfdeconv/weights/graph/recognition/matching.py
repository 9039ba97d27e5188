"""Whether an expression is one of a pattern's, and what the pattern's variables are then."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from .algebra import Applied, Atom, Base, Leaf, Monomial, Sum

# sorts of variables in a pattern: a number, a constant tensor, the axes of a reduction
NUMBER, CONSTANT, AXES = "number", "constant", "axes"
# numbers are in single precision in a file
TOLERANCE = 1e-6

Bound = dict[str, Any]


def matches(pattern: Sum, found: Sum, bound: Bound) -> Iterator[Bound]:
    """What the variables can stand for."""
    if len(pattern.terms) == len(found.terms):
        # those with the fewest variables first
        ordered = sorted(pattern.terms, key=lambda term: count_variables(term[0]))
        yield from matches_of_terms(ordered, list(found.terms), bound)


def count_variables(monomial: Monomial) -> int:
    return sum(isinstance(atom, Leaf) and atom.sort != "tensor" for atom, _ in monomial)


Term = tuple[Monomial, float]


def matches_of_terms(
    patterns: Sequence[Term], found: Sequence[Term], bound: Bound
) -> Iterator[Bound]:
    if not patterns:
        yield bound
        return
    for number, term in enumerate(found):
        left = [*found[:number], *found[number + 1 :]]
        for inner in matches_of_term(patterns[0], term, bound):
            yield from matches_of_terms(patterns[1:], left, inner)


def matches_of_term(pattern: Term, found: Term, bound: Bound) -> Iterator[Bound]:
    """A monomial with its number, in which a variable may stand for that."""
    monomial, factor = pattern
    variables: list[str] = []
    atoms: list[tuple[Atom, float]] = []
    for atom, exponent in monomial:
        if isinstance(atom, Leaf) and atom.sort == NUMBER:
            variables.append(atom.name)
        else:
            atoms.append((atom, exponent))
    for inner in matches_of_atoms(atoms, list(found[0]), bound):
        number = found[1] / factor
        for variable in variables:
            if variable in inner:
                number /= inner[variable] or math.nan
        unknown = [variable for variable in variables if variable not in inner]
        if len(unknown) == 1:
            yield inner | {unknown[0]: number}
        elif not unknown and close(number, 1.0):
            yield inner


def matches_of_atoms(
    patterns: Sequence[tuple[Atom, float]], found: Sequence[tuple[Atom, float]], bound: Bound
) -> Iterator[Bound]:
    if len(patterns) != len(found):
        return
    if not patterns:
        yield bound
        return
    pattern, exponent = patterns[0]
    for number, (atom, power) in enumerate(found):
        if not close(exponent, power):
            continue
        left = [*found[:number], *found[number + 1 :]]
        for inner in matches_of_atom(pattern, atom, bound):
            yield from matches_of_atoms(patterns[1:], left, inner)


def matches_of_atom(pattern: Atom, found: Atom, bound: Bound) -> Iterator[Bound]:
    if isinstance(pattern, Leaf):
        yield from matches_of_leaf(pattern, found, bound)
    elif isinstance(pattern, Base) and isinstance(found, Base):
        yield from matches(pattern.sum, found.sum, bound)
    elif isinstance(pattern, Applied) and isinstance(found, Applied):
        same = pattern.function == found.function
        if same and len(pattern.arguments) == len(found.arguments):
            for inner in matches_of_attributes(pattern, found, bound):
                yield from matches_of_arguments(pattern.arguments, found.arguments, inner)


def matches_of_leaf(pattern: Leaf, found: Atom, bound: Bound) -> Iterator[Bound]:
    if not isinstance(found, Leaf) or found.sort != pattern.sort:
        return
    if bound.get(pattern.name, found.name) == found.name:
        yield bound | {pattern.name: found.name}


def matches_of_attributes(pattern: Applied, found: Applied, bound: Bound) -> Iterator[Bound]:
    if len(pattern.attributes) != len(found.attributes):
        return
    for wanted, value in zip(pattern.attributes, found.attributes):
        if isinstance(wanted, Leaf):
            # bound already, or bound here
            bound = {wanted.name: value} | bound
            wanted = bound[wanted.name]
        if not same_value(wanted, value):
            return
    yield bound


def matches_of_arguments(
    patterns: Sequence[Sum], found: Sequence[Sum], bound: Bound
) -> Iterator[Bound]:
    """Those of a function of two in either order; of others as they are."""
    orders = [found, found[::-1]] if len(patterns) == 2 else [found]
    for ordered in orders:
        yield from matches_in_order(patterns, ordered, bound)


def matches_in_order(
    patterns: Sequence[Sum], found: Sequence[Sum], bound: Bound
) -> Iterator[Bound]:
    if not patterns:
        yield bound
        return
    for inner in matches(patterns[0], found[0], bound):
        yield from matches_in_order(patterns[1:], found[1:], inner)


def same_value(one: Any, another: Any) -> bool:
    if isinstance(one, float) and isinstance(another, float):
        return close(one, another)
    return bool(one == another)


def close(one: float, another: float) -> bool:
    return math.isclose(one, another, rel_tol=TOLERANCE)
