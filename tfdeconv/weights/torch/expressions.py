"""What several operations of a program are together, and which of them nobody else reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ...formats.exported_argument import Argument, Reference, references
from ...formats.exported_program import Operation, Program
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from .memory import Memory
from .table import in_place, operator_name


@dataclass(frozen=True)
class Expression:
    """One operation of the graph, of several of the program: the last, and those within it.

    inner: the numbers of those that nobody else reads.
    """

    kind: Kind
    inputs: tuple[str, ...]
    inner: frozenset[int]


class Expressions:
    """The operations of a program by what they make."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.makers: dict[str, int] = {}
        self.uses: Counter[str] = Counter(program.outputs)
        for number, operation in enumerate(program.operations):
            self.makers.update(dict.fromkeys(operation.results, number))
            self.uses.update(reads(operation))

    def maker(self, value: Argument) -> int | None:
        """The number of the operation that makes a value."""
        return self.makers.get(value.name) if isinstance(value, Reference) else None

    def operation(self, number: int) -> Operation:
        return self.program.operations[number]

    def operator(self, number: int) -> str:
        """An operator's name; "" where it writes to what it reads."""
        target = self.operation(number).target
        return "" if in_place(target) else operator_name(target)

    def read_by_none_but(self, last: int, inner: Iterable[int]) -> frozenset[int]:
        """Those of the operations before the last one that only each other and the last read."""
        alone = set(inner)
        while True:
            read_here: Counter[str] = Counter()
            for number in (last, *alone):
                read_here.update(reads(self.operation(number)))
            others = set()
            for number in alone:
                results = self.operation(number).results
                if any(self.uses[result] > read_here[result] for result in results):
                    others.add(number)
            if not others:
                return frozenset(alone)
            alone -= others


def reads(operation: Operation) -> list[str]:
    return references(tuple(operation.arguments.values()))


def unwritten(program: Program, found: dict[int, Expression]) -> dict[int, Expression]:
    """Those expressions of whose inputs no operation in place has changed one before their end."""
    memory = Memory()
    kept = {}
    for number, operation in enumerate(program.operations):
        if number in found and all(is_current(memory, name) for name in found[number].inputs):
            kept[number] = found[number]
        operator = operator_name(operation.target)
        memory.record(operation, operator, in_place(operation.target), understood=True)
    return kept


def is_current(memory: Memory, name: str) -> bool:
    try:
        return memory.latest(name) == name
    except NotUnderstood:
        return False
