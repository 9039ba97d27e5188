"""What is computed from constants alone, where it is small: norms' scales, limits, epsilons."""

from __future__ import annotations

import math
from dataclasses import replace

from ....limits import MAX_FOLDED_VALUES
from .. import kinds
from ..folding import MANY_VALUES, fold
from ..not_understood import NotUnderstood
from ..operation import Constant, Graph, Operation


def with_constants(graph: Graph) -> Graph:
    """The graph with these as constants; what has no value stays, and will be named."""
    constants = dict(graph.constants)
    operations: list[Operation] = []
    values_left = MAX_FOLDED_VALUES
    for operation in graph.operations:
        made: list[Constant] = []
        inputs = [constants.get(name) for name in operation.inputs if name]
        if inputs and values_left > 0 and all(map(is_small, inputs)):
            made = outputs_of(operation, constants)
        if len(made) < len(operation.outputs) or not made:
            operations.append(operation)
            continue
        for name, constant in zip(operation.outputs, made):
            constants[name] = constant
            values_left -= math.prod(constant.shape or ())
    return replace(graph, operations=tuple(operations), constants=constants)


def is_small(constant: Constant | None) -> bool:
    if constant is None or constant.shape is None:
        return False
    return math.prod(constant.shape) <= MANY_VALUES


def outputs_of(operation: Operation, constants: dict[str, Constant]) -> list[Constant]:
    if isinstance(operation.kind, kinds.Unknown):
        return []
    inputs = [constants[name] if name else None for name in operation.inputs]
    try:
        return fold(operation.kind, inputs)
    except NotUnderstood:
        return []
