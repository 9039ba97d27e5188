"""Operations that are one by their formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....limits import MAX_RECOGNITION_STEPS
from .. import kinds
from ..operation import Constant, Graph, Operation
from .activation_patterns import ACTIVATIONS
from .algebra import Applied, Base, Sum, TooComplex
from .matching import matches
from .names import Names
from .norm_patterns import NORMS_AND_SOFTMAXES
from .pattern import Negated, Pattern, Steps
from .regions import SIGNS, Index, Region, expression, functions, regions


def signs(formula: Sum) -> frozenset[str]:
    """The functions in a formula, as the operations of a region have them."""
    found: set[str] = set()
    for monomial, _ in formula.terms:
        for atom, _ in monomial:
            if isinstance(atom, Base):
                found |= signs(atom.sum)
            elif isinstance(atom, Applied):
                found.add(SIGNS[atom.function])
                for argument in atom.arguments:
                    found |= signs(argument)
    return frozenset(found)


def patterns_by_signs() -> dict[frozenset[str], list[Pattern]]:
    table: dict[frozenset[str], list[Pattern]] = {}
    for pattern in (*ACTIVATIONS, *NORMS_AND_SOFTMAXES):
        table.setdefault(signs(pattern.formula), []).append(pattern)
    return table


TABLE = patterns_by_signs()


def with_formulas(graph: Graph) -> Graph:
    """The graph with the operations of each formula as one, the last ones first.

    A graph in which that takes long keeps what is left as it is.
    """
    index = Index.of_graph(graph)
    taken: set[int] = set()
    replaced: dict[int, list[Operation]] = {}
    constants = dict(graph.constants)
    used = {*constants, *index.maker}
    for each in graph.inputs:
        used.add(each.name)
    for operation in graph.operations:
        used.add(operation.name)
    steps_left = MAX_RECOGNITION_STEPS
    for root in reversed(range(len(graph.operations))):
        if root in taken or steps_left < 0:
            continue
        found, work = largest_found(index, root, taken)
        steps_left -= work
        if found is not None:
            region, steps = found
            taken |= region.operations
            replaced[root] = written(index, region, root, steps, NewTensors(constants, Names(used)))
    operations: list[Operation] = []
    for position, operation in enumerate(graph.operations):
        if position in replaced:
            operations.extend(replaced[position])
        elif position not in taken:
            operations.append(operation)
    return replace(graph, operations=tuple(operations), constants=constants)


def largest_found(
    index: Index, root: int, taken: set[int]
) -> tuple[tuple[Region, Steps] | None, int]:
    """The largest region that ends there and is a pattern's, and how much work it was to find."""
    found = None
    work = 0
    present = functions(index, root)
    seen: frozenset[int] = frozenset({root})
    for region in regions(index, root, taken):
        for position in region.operations - seen:
            present |= functions(index, position)
        seen = region.operations
        work += 1
        candidates = TABLE.get(present, ())
        if len(region.operations) > 1 and candidates:
            work += len(region.operations)
            steps = recognise(index, region, candidates)
            if steps is not None:
                found = region, steps
    return found, work


def recognise(index: Index, region: Region, candidates: Sequence[Pattern]) -> Steps | None:
    try:
        found = expression(index, region)
    except TooComplex:
        return None
    for pattern in candidates:
        for bound in matches(pattern.formula, found, {}):
            steps = pattern.make(bound)
            if steps is not None:
                return steps
    return None


@dataclass
class NewTensors:
    """The constants of a graph that is being changed, and the names that are used in it."""

    constants: dict[str, Constant]
    names: Names

    def tensor_of(self, value: str | float | Negated, name: str, before: list[Operation]) -> str:
        """The tensor that is a constant, a number, or a constant's negative.

        What makes it is added to the operations before.
        """
        if isinstance(value, str):
            return value
        if isinstance(value, Negated):
            tensor = self.names.new(f"{name}/negative")
            kind = kinds.Computation("negative")
            before.append(Operation(tensor, kind, (value.name,), (tensor,)))
            return tensor
        tensor = self.names.new(f"{name}/constant")
        self.constants[tensor] = Constant.of_array(np.array(value))
        return tensor


def written(
    index: Index, region: Region, root: int, steps: Steps, new: NewTensors
) -> list[Operation]:
    """The operations that are put in a region's place; the last has the name of its last."""
    last = index.operations[root]
    parts: list[str] = list(last.parts)
    steps = list(steps)
    for position in sorted(region.operations - {root}):
        inner = index.operations[position]
        parts += inner.names
        if isinstance(inner.kind, kinds.Expand | kinds.Reshape):
            # to the shape that there is by now, or it is refused
            steps.append((expansion(inner.kind), inner.inputs[1:]))
    operations: list[Operation] = []
    x = region.x
    for kind, others in steps[:-1]:
        inputs = (x, *(new.tensor_of(each, last.name, operations) for each in others))
        x = new.names.new(f"{last.name}/inner")
        operations.append(Operation(x, kind, inputs, (x,), last.title))
    kind, others = steps[-1]
    inputs = (x, *(new.tensor_of(each, last.name, operations) for each in others))
    made = replace(last, kind=kind, inputs=inputs, parts=tuple(parts))
    return [*operations, made]


def expansion(kind: kinds.Expand | kinds.Reshape) -> kinds.Expand:
    if isinstance(kind, kinds.Expand) or kind.shape is None:
        return kinds.Expand(kind.shape)
    return kinds.Expand(tuple(extent or -1 for extent in kind.shape))
