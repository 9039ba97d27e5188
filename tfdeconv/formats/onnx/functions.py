"""A model's own functions, put where they are called, so that a model is one row of operations.

torch's exporter writes some operators as functions of others, which stand beside the graph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from ...errors import printable
from ...limits import MAX_FUNCTIONS_DEEP, MAX_INLINED, MAX_VALUE_NAME
from .model import Attribute, Operation, Reference

# domain, name, and what tells functions of the same name apart
FunctionName = tuple[str, str, str]


@dataclass(frozen=True)
class Call:
    """An operation of ONNX's, or a call of one of the model's functions."""

    name: str
    type: str
    domain: str
    version: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute | Reference]
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
    defaults: Mapping[str, Attribute | Reference]
    calls: tuple[Call, ...]


class Inliner:
    """Puts functions where they are called, and counts how much comes of that."""

    def __init__(self, functions: Mapping[FunctionName, Function]) -> None:
        self.functions = functions
        self.left = MAX_INLINED

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
            function = self.functions.get(call.function)
            if function is None:
                yield operation(call)
                continue
            self.spend(function.inputs, function.outputs, function.defaults)
            if depth == MAX_FUNCTIONS_DEEP:
                raise ValueError(
                    f"its function {printable(call.type)[:80]} is called by functions within "
                    f"functions, more than {MAX_FUNCTIONS_DEEP} deep"
                )
            yield from self.expanded(body(function, call), depth + 1)


def operation(call: Call) -> Operation:
    """A call of ONNX's own operators."""
    for name, value in call.attributes.items():
        if isinstance(value, Reference):
            raise ValueError(
                f"its operation {printable(call.name or call.type)[:80]} takes the attribute "
                f"{printable(name)[:80]} from a function, and is in none"
            )
    return Operation(
        call.name,
        call.type,
        call.domain,
        call.version,
        call.inputs,
        call.outputs,
        cast(Mapping[str, Attribute], call.attributes),
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
    place = call.name or next(filter(None, call.outputs), "")
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


def resolved(
    inner: Mapping[str, Attribute | Reference], given: Mapping[str, Attribute | Reference]
) -> dict[str, Attribute | Reference]:
    """Attributes with the values of what they refer to; those that nobody gives are left out."""
    found: dict[str, Attribute | Reference] = {}
    for name, value in inner.items():
        if not isinstance(value, Reference):
            found[name] = value
        elif value.name in given:
            found[name] = given[value.name]
    return found
