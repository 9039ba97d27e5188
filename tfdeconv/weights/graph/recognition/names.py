"""Names that are each of one thing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ....errors import UserError
from ....formats.checked_json import shown
from ....network.base import INPUT
from ..operation import Graph, Operation


def with_own_names(graph: Graph) -> Graph:
    """The graph with another name for each operation that has an earlier one's, or none.

    Its first output is called as no other is. Raises UserError where two make the same tensor.
    """
    tensors = {each.name for each in graph.inputs} | graph.constants.keys()
    for operation in graph.operations:
        for name in filter(None, operation.outputs):
            if name in tensors:
                raise UserError(f"the model makes the tensor {shown(name)} twice")
            tensors.add(name)
    taken = {INPUT}
    operations: list[Operation] = []
    for operation in graph.operations:
        name = operation.name
        if not name or name in taken:
            name = fresh((*operation.outputs, "unnamed")[0] or "unnamed", taken)
            operation = replace(operation, name=name)
        taken.add(name)
        operations.append(operation)
    return replace(graph, operations=tuple(operations))


def fresh(name: str, taken: Collection[str]) -> str:
    """A name, with a number behind it where it is taken."""
    number = 2
    candidate = name
    while candidate in taken:
        candidate = f"{name}_{number}"
        number += 1
    return candidate
