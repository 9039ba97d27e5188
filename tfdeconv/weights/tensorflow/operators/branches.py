"""Branches of which a constant chooses one: training or not, in graphs of TensorFlow 1.

Switch hands its input on by its first output or, where its condition is true, by the second; the
other one is dead, and so is all that takes it. Merge hands on the input that is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ....formats.lazy_tensor import Tensor
from ..graphs.operations import Operation, Source, renamed

SWITCH, MERGE, NOT, IDENTITY = "Switch", "Merge", "LogicalNot", "Identity"
# a condition that nobody gives has its own value
PASSING = (IDENTITY, "PlaceholderWithDefault")


def with_branches(operations: Iterable[Operation]) -> dict[str, Operation]:
    """Operations in order, without those of branches that are not taken.

    Where the condition is not known, they stay.
    """
    kept: dict[str, Operation] = {}
    handed: dict[Source, Source] = {}
    dead: set[str] = set()
    dead_outputs: set[Source] = set()

    def is_dead(source: Source) -> bool:
        return source.operation in dead or source in dead_outputs

    for operation in operations:
        operation = renamed(operation, lambda source: handed.get(source, source))
        taken = condition(kept, operation) if operation.op == SWITCH else None
        alive = [source for source in operation.inputs if not is_dead(source)]
        if operation.op == MERGE and len(alive) == 1 < len(operation.inputs):
            kept[operation.name] = replace(operation, op=IDENTITY, inputs=tuple(alive))
            # which input it was
            dead_outputs.add(Source(operation.name, 1))
        elif len(alive) < len(operation.inputs):
            dead.add(operation.name)
        elif taken is not None:
            handed[Source(operation.name, int(taken))] = operation.inputs[0]
            dead_outputs.add(Source(operation.name, int(not taken)))
        else:
            kept[operation.name] = operation
    return kept


def condition(operations: Mapping[str, Operation], switch: Operation) -> bool | None:
    """Whether the condition of a Switch is true; None where that is not known."""
    if len(switch.inputs) != 2:
        return None
    negated = False
    operation = operations.get(switch.inputs[1].operation)
    while operation and operation.op in (NOT, *PASSING) and len(operation.inputs) == 1:
        negated ^= operation.op == NOT
        operation = operations.get(operation.inputs[0].operation)
    value = operation.attributes.get("value") if operation and operation.op == "Const" else None
    if not isinstance(value, Tensor) or value.shape or value.dtype != "bool":
        return None
    return bool(value.read()) ^ negated
