"""What is computed from constants alone, where it is small: norms' scales, limits, epsilons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from ....limits import MAX_FOLDED_VALUES
from .. import kinds
from ..folding import MANY_VALUES, fold
from ..not_understood import NotUnderstood
from ..operation import Constant, Graph, Operation


class SmallConstants:
    """The constants of a graph, and what is computed from small ones among them."""

    def __init__(self, constants: Mapping[str, Constant]) -> None:
        self.constants = dict(constants)
        self.values_left = MAX_FOLDED_VALUES

    def computes(self, operation: Operation) -> bool:
        """Whether an operation's outputs are such; they are constants from then on."""
        made: list[Constant] = []
        inputs = [self.constants.get(name) for name in operation.inputs if name]
        if inputs and self.values_left > 0 and all(map(is_small, inputs)):
            made = outputs_of(operation, self.constants)
        if len(made) < len(operation.outputs) or not made:
            return False
        for name, constant in zip(operation.outputs, made):
            self.constants[name] = constant
            self.values_left -= math.prod(constant.shape or ())
        return True


def with_constants(graph: Graph) -> Graph:
    """The graph with these as constants; what has no value stays, and will be named."""
    small = SmallConstants(graph.constants)
    operations = [each for each in graph.operations if not small.computes(each)]
    return replace(graph, operations=tuple(operations), constants=small.constants)


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
