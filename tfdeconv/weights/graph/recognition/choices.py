"""Comparisons, and what is chosen by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .algebra import ONE, Applied, Atom, Sum, TooComplex, apply, as_sum, sum_of

CONDITIONS = ("above", "below", "either", "not")


def is_condition(argument: Sum) -> bool:
    atoms: list[Atom] = []
    for monomial, _ in argument.terms:
        atoms.extend(atom for atom, _ in monomial)
    return all(isinstance(atom, Applied) and atom.function in CONDITIONS for atom in atoms)


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
    """The second where the first is true, otherwise the third."""
    condition, one, another = arguments
    opposite = opposite_of(condition)
    if opposite is not None:
        condition, one, another = opposite, another, one
    return as_sum(Applied("where", (condition, one, another)))


def opposite_of(condition: Sum) -> Sum | None:
    """What is true where a condition is not, as far as that is how it is said."""
    for monomial, _ in condition.terms:
        for atom, _ in monomial:
            if isinstance(atom, Applied) and atom.function == "not":
                return atom.arguments[0]
    return None


def either(arguments: Sequence[Sum]) -> Sum:
    return as_sum(Applied("either", tuple(arguments)))


COMPUTATIONS: dict[str, Callable[[Sequence[Sum]], Sum]] = {
    "greater": above,
    "less": below,
    "logical_not": lambda arguments: apply("not", arguments[0]),
    "logical_or": either,
    "sign": lambda arguments: apply("sign", arguments[0]),
    "where": chosen,
}
