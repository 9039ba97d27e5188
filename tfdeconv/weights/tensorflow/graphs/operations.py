"""A graph's operations: each after those whose outputs it takes, functions inlined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ....formats.graph_def.nodes import TensorInfo

# it brings to the beginning of a loop what the loop's end made: the only way to go round
NEXT_ROUND = "NextIteration"


class Source(NamedTuple):
    """An output of an operation, by its number."""

    operation: str
    number: int


@dataclass(frozen=True)
class Operation:
    """An operation and what it takes; what it only waits for is left out.

    attributes: values as in formats.graph_def.attributes. The values of a constant (`Const`), and
    of a variable of known values, which is made one, are the tensor `value`.
    """

    name: str
    op: str
    inputs: tuple[Source, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """Operations in order, what goes into them, and what comes out."""

    operations: tuple[Operation, ...]
    # what an operation without inputs is given; the name is the operation's
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[Source, ...]


def in_order(
    operations: Mapping[str, Operation], outputs: Iterable[Source]
) -> tuple[Operation, ...]:
    """The operations that outputs depend on, each after those whose outputs it takes.

    Raises ValueError where one depends on itself, or on what is not there.
    """
    ordered: dict[str, Operation] = {}
    started: set[str] = set()
    waiting = [source.operation for source in reversed(list(outputs))]
    while waiting:
        name = waiting[-1]
        if name in ordered:
            waiting.pop()
            continue
        operation = operations.get(name)
        if operation is None:
            raise ValueError(f"its graph lacks the operation {ascii(name)[:80]}")
        missing = [source.operation for source in inputs_in_order(operation)]
        missing = [each for each in missing if each not in ordered]
        if not missing:
            ordered[name] = operation
        elif name in started:
            raise ValueError(f"its operation {ascii(name)[:80]} depends on itself")
        started.add(name)
        waiting += reversed(missing)
    return tuple(ordered.values())


def inputs_in_order(operation: Operation) -> tuple[Source, ...]:
    """The inputs that come before an operation."""
    return () if operation.op == NEXT_ROUND else operation.inputs


def renamed(operation: Operation, source: Callable[[Source], Source]) -> Operation:
    """An operation whose inputs are found elsewhere."""
    inputs = tuple(source(each) for each in operation.inputs)
    return Operation(operation.name, operation.op, inputs, operation.attributes)
