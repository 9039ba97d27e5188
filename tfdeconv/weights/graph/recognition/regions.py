"""A piece of a graph with one tensor going in and one coming out, as an expression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import kinds
from ..not_understood import NotUnderstood
from ..operation import Constant, Graph, Operation
from ..shape_arithmetic import integers
from .algebra import Leaf, Sum, TooComplex, as_sum
from .matching import CONSTANT
from .meaning import MEANINGS, NAMES
from .ranks import ranks_of

# operations of the largest formula: a softplus, a tanh, a product, with casts between
MOST_OPERATIONS = 20
# values of a constant that may be axes or one number
FEW = 8


@dataclass
class Index:
    """Which operation makes each tensor of a graph, and which ones read it.

    maps: the tensors that depend on the image's values, not on its size alone. ranks: how many axes
    each has, where that is known.
    """

    operations: Sequence[Operation]
    constants: Mapping[str, Constant]
    outputs: frozenset[str]
    maker: dict[str, int]
    readers: dict[str, set[int]]
    maps: set[str]
    ranks: Mapping[str, int | None]

    @classmethod
    def of_graph(cls, graph: Graph) -> Index:
        maker: dict[str, int] = {}
        readers: dict[str, set[int]] = {}
        maps = {each.name for each in graph.inputs} - graph.constants.keys()
        for position, operation in enumerate(graph.operations):
            for name in operation.inputs:
                readers.setdefault(name, set()).add(position)
            depends = not maps.isdisjoint(operation.inputs)
            for name in operation.outputs:
                maker[name] = position
                if depends and not isinstance(operation.kind, kinds.ShapeOf):
                    maps.add(name)
        outputs = frozenset(graph.outputs)
        ranks = ranks_of(graph)
        return cls(graph.operations, graph.constants, outputs, maker, readers, maps, ranks)


@dataclass(frozen=True)
class Region:
    """operations: their positions in the graph. x: the tensor that goes in."""

    operations: frozenset[int]
    x: str


def regions(index: Index, root: int, taken: set[int]) -> Iterator[Region]:
    """The pieces that end at an operation, from the smallest on; none has an operation of `taken`.

    No tensor inside is read from outside.
    """
    if not can_be_inside(index, root):
        return
    inside = {root}
    frontier = map_inputs(index, root)
    while frontier and len(inside) <= MOST_OPERATIONS:
        if len(frontier) == 1:
            yield Region(frozenset(inside), next(iter(frontier)))
        # what comes last is read by none of those before it
        latest = max(frontier, key=lambda name: index.maker.get(name, -1))
        position = index.maker.get(latest, -1)
        closed = index.readers[latest] <= inside and latest not in index.outputs
        if position < 0 or position in taken or not closed or not can_be_inside(index, position):
            return
        inside.add(position)
        frontier.discard(latest)
        frontier |= map_inputs(index, position)


def map_inputs(index: Index, position: int) -> set[str]:
    return index.maps.intersection(index.operations[position].inputs)


def can_be_inside(index: Index, position: int) -> bool:
    operation = index.operations[position]
    return type(operation.kind) in MEANINGS and len(operation.outputs) == 1


def functions(index: Index, position: int) -> frozenset[str]:
    """What an operation is besides arithmetic, as SIGNS names it."""
    kind = index.operations[position].kind
    if isinstance(kind, kinds.Function):
        return frozenset(SIGNS[name] for name in NAMES.get(kind.layer.kind, ()))
    if isinstance(kind, kinds.Reduction):
        return frozenset({kind.kind})
    if isinstance(kind, kinds.Elementwise) and kind.operation in ("maximum", "minimum"):
        return frozenset({"limit"})
    if isinstance(kind, kinds.Computation):
        return frozenset({"choice"})
    return frozenset()


# functions that can stand for each other have the same sign
SIGNS = {
    "clip": "limit",
    "maximum": "limit",
    "softplus": "logistic",
    "sigmoid": "logistic",
    "exponential": "logistic",
    "log": "logistic",
    "above": "choice",
    "below": "choice",
    "either": "choice",
    "not": "choice",
    "sign": "choice",
    "where": "choice",
    "abs": "abs",
    "tanh": "tanh",
    "erf": "erf",
    "mean": "mean",
    "sum": "sum",
    "max": "max",
}


def expression(index: Index, region: Region) -> Sum:
    """What comes out of a region, where x goes in; raises TooComplex."""
    known: dict[str, Sum] = {region.x: as_sum(Leaf("x"))}
    result = known[region.x]
    for position in sorted(region.operations):
        operation = index.operations[position]
        arguments: list[Sum] = []
        numbers: list[Any] = []
        for name in operation.inputs:
            constant = index.constants.get(name)
            if name in known:
                arguments.append(known[name])
                numbers.append(None)
            elif constant is not None:
                arguments.append(of_constant(name, constant, index.ranks.get(region.x)))
                numbers.append(whole_numbers(constant))
            elif isinstance(operation.kind, kinds.Expand):
                numbers.append(None)
            else:
                raise TooComplex
        try:
            result = MEANINGS[type(operation.kind)](operation.kind, arguments, numbers)
        except (ArithmeticError, IndexError, ValueError):
            raise TooComplex from None
        known[operation.outputs[0]] = result
    return result


def of_constant(name: str, constant: Constant, rank: int | None) -> Sum:
    """A constant's number; a variable where it has several, or more axes than x."""
    shape = constant.shape
    if shape is None or len(shape) > max(rank or 0, 1) or np.prod(shape) != 1:
        return as_sum(Leaf(name, CONSTANT))
    value = constant.read()
    if value.dtype.kind not in "fiu":
        raise TooComplex
    return as_sum(float(value.reshape(())))


def whole_numbers(constant: Constant) -> tuple[int, ...] | None:
    if constant.shape is None or len(constant.shape) > 1 or np.prod(constant.shape) > FEW:
        return None
    try:
        return integers(constant.read())
    except NotUnderstood:
        return None
