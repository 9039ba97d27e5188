"""Names that are each of one thing."""

from __future__ import annotations

from dataclasses import replace

from ....errors import UserError, printable
from ....formats.checked_json import shown
from ....limits import MAX_NAME
from ....network.base import INPUT
from ..operation import Graph, Operation

# of a name: what layers before an operation's last are called has more behind it
LONGEST = MAX_NAME // 2


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
    names = Names({INPUT})
    operations: list[Operation] = []
    for operation in graph.operations:
        name = printable(operation.name)[:LONGEST]
        if not name or name in names.taken:
            first = (*operation.outputs, "")[0]
            name = names.new(printable(first)[:LONGEST] or "unnamed")
        names.taken.add(name)
        operations.append(replace(operation, name=name))
    return replace(graph, operations=tuple(operations))


class Names:
    """Names that are taken, and new ones beside them."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        # how often each was asked for
        self.counts: dict[str, int] = {}

    def new(self, name: str) -> str:
        """A name, with a number behind it where it is taken."""
        candidate = name
        while candidate in self.taken:
            self.counts[name] = self.counts.get(name, 1) + 1
            candidate = f"{name}_{self.counts[name]}"
        self.taken.add(candidate)
        return candidate
