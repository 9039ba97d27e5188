"""A model's own functions, put where they are called, so that a model is one row of operations.

torch's exporter writes some operators as functions of others, which stand beside the graph. The
graphs between which an If chooses are put before it: it takes the outputs of both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import printable
from ...limits import MAX_FUNCTIONS_DEEP, MAX_INLINED, MAX_VALUE_NAME
from ..lazy_tensor import Tensor
from .model import Attribute, Operation, Reference, Unread

# the attributes of If: where its condition holds, and where it does not
BRANCHES = ("then_branch", "else_branch")
# domain, name, and what tells functions of the same name apart
FunctionName = tuple[str, str, str]


@dataclass(frozen=True)
class Branch:
    """A graph that an If may choose; it reads values of the graph around it by their names."""

    outputs: tuple[str, ...]
    calls: tuple[Call, ...]
    initializers: Mapping[str, Tensor]


Attributes = Mapping[str, Attribute | Reference | Branch]


@dataclass(frozen=True)
class Call:
    """An operation of ONNX's, or a call of one of the model's functions."""

    name: str
    type: str
    domain: str
    version: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Attributes
    overload: str = ""

    @property
    def function(self) -> FunctionName:
        return self.domain, self.type, self.overload


@dataclass(frozen=True)
class Function:
    """A function: calls between the names of what it takes and gives."""

    name: FunctionName
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    # attributes that a call may leave out
    defaults: Attributes
    calls: tuple[Call, ...]


class Inliner:
    """Puts functions where they are called, and counts how much comes of that."""

    def __init__(self, functions: Mapping[FunctionName, Function]) -> None:
        self.functions = functions
        self.left = MAX_INLINED
        # of branches
        self.initializers: dict[str, Tensor] = {}

    def operations(self, calls: Sequence[Call]) -> tuple[Operation, ...]:
        """The operations that calls come to; raises ValueError where they are too many."""
        return tuple(self.expanded(calls, 0))

    def spend(self, *parts: Collection[str]) -> None:
        """Counts an operation, and the inputs, outputs and attributes that it has."""
        self.left -= 1 + sum(map(len, parts))
        if self.left < 0:
            raise ValueError(
                f"its operations have more than {MAX_INLINED:,} inputs, outputs and attributes"
            )

    def expanded(self, calls: Sequence[Call], depth: int) -> Iterator[Operation]:
        for call in calls:
            self.spend(call.inputs, call.outputs, call.attributes)
            branches = [call.attributes.get(name) for name in BRANCHES]
            if call.type == "If" and not call.domain and all(map(is_branch, branches)):
                yield from self.choice(call, branches, depth)
                continue
            function = self.functions.get(call.function)
            if function is None:
                yield operation(call)
                continue
            self.spend(function.inputs, function.outputs, function.defaults)
            check_depth(call, depth)
            yield from self.expanded(body(function, call), depth + 1)

    def choice(self, call: Call, branches: Sequence[Any], depth: int) -> Iterator[Operation]:
        """An If: the operations of its branches, and one that takes what both of them give."""
        check_depth(call, depth)
        outputs: list[str] = []
        for label, branch in zip(BRANCHES, branches):
            place = within(place_of(call), label)
            made = [name for inner in branch.calls for name in inner.outputs]
            renamed = {name: within(place, name) for name in (*branch.initializers, *made) if name}
            self.spend(branch.initializers, branch.outputs)
            for name, tensor in branch.initializers.items():
                self.initializers[renamed[name]] = tensor
            calls = []
            for inner in branch.calls:
                name = within(place, inner.name) if inner.name else ""
                calls.append(replace(renamed_values(inner, renamed), name=name))
            yield from self.expanded(calls, depth + 1)
            outputs += [renamed.get(name, name) for name in branch.outputs]
        yield operation(replace(call, inputs=(*call.inputs, *outputs), attributes={}))


def is_branch(value: Any) -> bool:
    return isinstance(value, Branch)


def check_depth(call: Call, depth: int) -> None:
    if depth == MAX_FUNCTIONS_DEEP:
        raise ValueError(
            f"its {printable(call.type)[:80]} is within functions or branches, "
            f"more than {MAX_FUNCTIONS_DEEP} deep"
        )


def place_of(call: Call) -> str:
    """What the names of all within a call begin with."""
    return call.name or next(filter(None, call.outputs), "")


def renamed_values(call: Call, renamed: Mapping[str, str]) -> Call:
    """A call of a branch with the names that the branch's values have outside of it."""
    attributes: dict[str, Attribute | Reference | Branch] = {}
    for name, value in call.attributes.items():
        if isinstance(value, Branch):
            inner = tuple(renamed_values(each, renamed) for each in value.calls)
            outputs = tuple(renamed.get(each, each) for each in value.outputs)
            value = replace(value, outputs=outputs, calls=inner)
        attributes[name] = value
    return replace(
        call,
        inputs=tuple(renamed.get(name, name) for name in call.inputs),
        outputs=tuple(renamed.get(name, name) for name in call.outputs),
        attributes=attributes,
    )


def operation(call: Call) -> Operation:
    """A call of ONNX's own operators."""
    attributes: dict[str, Attribute] = {}
    for name, value in call.attributes.items():
        if isinstance(value, Reference):
            raise ValueError(
                f"its operation {printable(call.name or call.type)[:80]} takes the attribute "
                f"{printable(name)[:80]} from a function, and is in none"
            )
        attributes[name] = Unread("a graph") if isinstance(value, Branch) else value
    return Operation(
        call.name, call.type, call.domain, call.version, call.inputs, call.outputs, attributes
    )


def body(function: Function, call: Call) -> list[Call]:
    """The calls within a function, between the values that a call of it takes and gives."""
    too_many = len(call.inputs) > len(function.inputs) or len(call.outputs) > len(function.outputs)
    if too_many:
        raise ValueError(
            f"its function {printable(call.type)[:80]} is called with {len(call.inputs)} inputs "
            f"and {len(call.outputs)} outputs, but has {len(function.inputs)} "
            f"and {len(function.outputs)}"
        )
    place = place_of(call)
    # an input that the call leaves out is left out within, too
    renamed = {"": ""} | dict.fromkeys(function.inputs, "")
    renamed |= dict(zip(function.inputs, call.inputs))
    renamed |= {name: given for name, given in zip(function.outputs, call.outputs) if given}
    attributes = {**function.defaults, **call.attributes}
    calls = []
    for inner in function.calls:
        for name in (*inner.inputs, *inner.outputs):
            if name not in renamed:
                renamed[name] = within(place, name)
        calls.append(
            replace(
                inner,
                name=within(place, inner.name) if inner.name else "",
                inputs=tuple(renamed[name] for name in inner.inputs),
                outputs=tuple(renamed[name] for name in inner.outputs),
                attributes=resolved(inner.attributes, attributes),
            )
        )
    return calls


def within(place: str, name: str) -> str:
    """What a name within a function is called where it is put."""
    whole = f"{place}/{name}"
    if len(whole) > MAX_VALUE_NAME:
        raise ValueError(f"its functions make names of more than {MAX_VALUE_NAME} characters")
    return whole


def resolved(inner: Attributes, given: Attributes) -> Attributes:
    """Attributes with the values of what they refer to; those that nobody gives are left out."""
    found: dict[str, Attribute | Reference | Branch] = {}
    for name, value in inner.items():
        if isinstance(value, Branch):
            found[name] = Unread("a graph within a function")
        elif not isinstance(value, Reference):
            found[name] = value
        elif value.name in given:
            found[name] = given[value.name]
    return found
