"""Comparisons, and what is chosen by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .algebra import ONE, Applied, Atom, Sum, TooComplex, apply, as_sum, sum_of


def is_condition(argument: Sum) -> bool:
    atoms: list[Atom] = []
    for monomial, _ in argument.terms:
        atoms.extend(atom for atom, _ in monomial)
    return all(
        isinstance(atom, Applied) and atom.function in ("above", "below", "either")
        for atom in atoms
    )


def above(arguments: Sequence[Sum]) -> Sum:
    """The first is more than the second: a monomial is, than a number."""
    return compared("above", "below", arguments[0] - arguments[1])


def below(arguments: Sequence[Sum]) -> Sum:
    return compared("below", "above", arguments[0] - arguments[1])


def compared(name: str, other: str, difference: Sum) -> Sum:
    """Whether a sum is on that side of 0; divided by a negative number, on the other."""
    terms = dict(difference.terms)
    shift = terms.pop(ONE, 0.0)
    if len(terms) != 1:
        raise TooComplex
    ((monomial, number),) = terms.items()
    limit = -shift / number
    return apply(name if number > 0 else other, sum_of({monomial: 1.0}), limit)


def chosen(arguments: Sequence[Sum]) -> Sum:
    return as_sum(Applied("where", tuple(arguments)))


def either(arguments: Sequence[Sum]) -> Sum:
    return as_sum(Applied("either", tuple(arguments)))


COMPUTATIONS: dict[str, Callable[[Sequence[Sum]], Sum]] = {
    "greater": above,
    "less": below,
    "logical_or": either,
    "where": chosen,
}
