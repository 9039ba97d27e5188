"""Activations that run_decompositions() writes as a choice: where(x > 0, x, slope * x).

Each of FORMS is a tree of operators, whose letters are tensors and whose words are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...formats.exported_argument import Argument, Reference
from ...network.layers import RELU, Activation
from ..graph import kinds
from ..graph.kinds import Kind
from .expressions import Expression, Expressions

Bound = dict[str, Argument]
Form = tuple[Any, ...]
# the arguments of an operator, in their order
OPERANDS = {
    "where": ("condition", "self", "other"),
    **dict.fromkeys(("gt", "le", "mul", "div", "sub"), ("self", "other")),
    **dict.fromkeys(("abs", "exp", "expm1", "log1p", "sign"), ("self",)),
}
MAKERS_OF_NUMBERS = {"scalar_tensor": "s", "full": "fill_value"}
X, W = "X", "W"
# beyond it exp(x) + 1 is exp(x) in single precision
FAR = 15


def of_x(layer: Callable[[Mapping[str, float]], Activation]) -> Callable[[Bound], Any]:
    """What makes a function of each value, with a form's numbers."""

    def make(bound: Bound) -> tuple[Kind, tuple[str, ...]]:
        numbers = {name: value for name, value in bound.items() if type(value) in (int, float)}
        return kinds.Function(layer(numbers)), (name_of(bound[X]),)  # type: ignore[arg-type]

    return make


def learned_slope(bound: Bound) -> tuple[Kind, tuple[str, ...]]:
    return kinds.LearnedSlope(), (name_of(bound[X]), name_of(bound[W]))


def softplus(bound: Bound) -> Any:
    if bound["far"] < FAR:  # type: ignore[operator]
        return None
    constant = float(bound.get("beta", 1.0))  # type: ignore[arg-type]
    kind = kinds.Function(Activation("softplus", constant=constant))
    return kind, (name_of(bound[X]),)


def threshold(bound: Bound) -> Any:
    limit, value = float(bound["limit"]), float(bound["value"])  # type: ignore[arg-type]
    if value == limit:
        layer = RELU if limit == 0 else Activation("clip", floor=limit)
    elif value == 0 and limit > 0:
        layer = Activation(threshold=limit)
    else:
        return None
    return kinds.Function(layer), (name_of(bound[X]),)


SCALED = ("mul", X, "beta")
FORMS: tuple[tuple[Form, Callable[[Bound], Any]], ...] = (
    (
        ("where", ("gt", X, 0), X, ("mul", X, "slope")),
        of_x(lambda numbers: Activation(slope=numbers["slope"])),
    ),
    (("where", ("gt", X, 0), X, ("mul", X, W)), learned_slope),
    (
        ("where", ("gt", X, 0), X, ("mul", ("expm1", ("div", X, "a")), "a")),
        of_x(lambda numbers: Activation("celu", constant=numbers["a"])),
    ),
    (
        ("where", ("gt", X, 0), X, ("mul", ("expm1", X), "a")),
        of_x(lambda numbers: Activation("elu", constant=numbers["a"])),
    ),
    (("where", ("gt", SCALED, "far"), X, ("div", ("log1p", ("exp", SCALED)), "beta")), softplus),
    (("where", ("gt", X, "far"), X, ("log1p", ("exp", X))), softplus),
    (
        ("where", ("gt", ("abs", X), "l"), ("sub", X, ("mul", ("sign", X), "l")), ("mul", X, 0)),
        of_x(lambda numbers: Activation("soft_shrink", constant=numbers["l"])),
    ),
    (
        ("where", ("le", ("abs", X), "l"), 0, X),
        of_x(lambda numbers: Activation("hard_shrink", constant=numbers["l"])),
    ),
    (("where", ("le", X, "limit"), "value", X), threshold),
)


def choices(expressions: Expressions) -> dict[int, Expression]:
    """{number of a choice: the activation that it is}"""
    found = {}
    for number in range(len(expressions.program.operations)):
        if expressions.operator(number) == "where":
            choice = activation_of(expressions, number)
            if choice:
                found[number] = choice
    return found


def activation_of(expressions: Expressions, number: int) -> Expression | None:
    """The activation of the first of FORMS that a choice has."""
    for form, make in FORMS:
        match = Match(expressions, {}, [])
        if match.operation_has(form, number):
            made = make(match.bound)
            if made:
                kind, inputs = made
                inner = expressions.read_by_none_but(number, match.numbers[1:])
                return Expression(kind, inputs, inner)
    return None


@dataclass
class Match:
    """A form compared with operations: what its letters and words are, and the operations."""

    expressions: Expressions
    bound: Bound
    numbers: list[int]

    def operation_has(self, form: Form, number: int | None) -> bool:
        """Whether an operation, and what it reads, has a form."""
        operator, *parts = form
        if number is None or self.expressions.operator(number) != operator:
            return False
        arguments = self.expressions.operation(number).arguments
        names = OPERANDS[operator]
        if arguments.keys() - set(names):
            return False
        values = [arguments.get(name) for name in names]
        # a product has either order
        orders = (parts, parts[::-1]) if operator == "mul" else (parts,)
        before = dict(self.bound), list(self.numbers)
        for order in orders:
            self.numbers.append(number)
            if all(self.value_has(part, value) for part, value in zip(order, values)):
                return True
            self.bound, self.numbers = dict(before[0]), list(before[1])
        return False

    def value_has(self, form: Any, value: Argument) -> bool:
        if isinstance(form, tuple):
            return self.operation_has(form, self.expressions.maker(value))
        if form in (X, W):
            return isinstance(value, Reference) and self.bound.setdefault(form, value) == value
        number = self.number(value)
        if isinstance(form, str):
            return number is not None and self.bound.setdefault(form, number) == number
        return number == form

    def number(self, value: Argument) -> float | None:
        """A number, as it is or as a tensor that is made of it."""
        maker = self.expressions.maker(value)
        if maker is not None:
            source = MAKERS_OF_NUMBERS.get(self.expressions.operator(maker), "")
            value = self.expressions.operation(maker).arguments.get(source)
        return value if type(value) in (int, float) else None  # type: ignore[return-value]


def name_of(value: Argument) -> str:
    assert isinstance(value, Reference)
    return value.name
