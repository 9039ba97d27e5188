"""Operations that are one by their formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ....limits import MAX_RECOGNITION_STEPS
from .. import kinds
from ..operation import Constant, Graph, Operation
from .algebra import Applied, Base, Leaf, Sum, TooComplex
from .matching import matches
from .patterns import PATTERNS, Negated, Pattern, Steps
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
    for pattern in PATTERNS:
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
    steps_left = MAX_RECOGNITION_STEPS
    for root in reversed(range(len(graph.operations))):
        if root in taken or steps_left < 0:
            continue
        found, work = largest_found(index, root, taken)
        steps_left -= work
        if found is not None:
            region, steps = found
            taken |= region.operations
            replaced[root] = written(index, region, root, steps, constants)
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


def written(
    index: Index, region: Region, root: int, steps: Steps, constants: dict[str, Constant]
) -> list[Operation]:
    """The operations that are put in a region's place; the last has the name of its last."""
    last = index.operations[root]
    aliases: list[str] = list(last.aliases)
    steps = list(steps)
    for position in sorted(region.operations - {root}):
        inner = index.operations[position]
        aliases += [inner.name, *inner.outputs, *inner.aliases]
        if isinstance(inner.kind, kinds.Expand | kinds.Reshape):
            # to the shape that there is by now, or it is refused
            steps.append((expansion(inner.kind), inner.inputs[1:]))
    operations: list[Operation] = []
    x = region.x
    for number, (kind, others) in enumerate(steps):
        is_last = number == len(steps) - 1
        name = last.name if is_last else f"{last.name}/{number}"
        inputs = [x]
        for each in others:
            inputs.append(named(each, name, constants, operations))
        output = last.outputs[0] if is_last else f"{last.outputs[0]}/{number}"
        own = tuple(aliases) if is_last else ()
        operations.append(Operation(name, kind, tuple(inputs), (output,), last.title, own))
        x = output
    return operations


def expansion(kind: kinds.Expand | kinds.Reshape) -> kinds.Expand:
    if isinstance(kind, kinds.Expand) or kind.shape is None:
        return kinds.Expand(kind.shape)
    return kinds.Expand(tuple(extent or -1 for extent in kind.shape))


def named(
    value: Any, name: str, constants: dict[str, Constant], operations: list[Operation]
) -> str:
    """The name of the tensor that is a constant, a number, or a constant's negative."""
    if isinstance(value, str):
        return value
    if isinstance(value, Negated):
        tensor = f"{name}/-{value.name}"
        kind = kinds.Computation("negative")
        operations.append(Operation(tensor, kind, (value.name,), (tensor,)))
        return tensor
    tensor = f"{name}/{value}"
    constants[tensor] = Constant.of_array(np.array(value))
    return tensor
