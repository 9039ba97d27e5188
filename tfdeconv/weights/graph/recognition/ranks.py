"""How many axes tensors have, as far as that shows before their shapes are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import kinds
from ..kinds import Kind
from ..operation import Graph

# from a kind and the axes of the inputs to those of the outputs
Rank = Callable[[Any, Sequence[int | None]], int | None]


def same(kind: Kind, inputs: Sequence[int | None]) -> int | None:
    return inputs[0]


def most(kind: Kind, inputs: Sequence[int | None]) -> int | None:
    known = [rank for rank in inputs if rank is not None]
    return max(known) if len(known) == len(inputs) else None


def four(kind: Kind, inputs: Sequence[int | None]) -> int | None:
    return 4


def of_reshape(kind: kinds.Reshape, inputs: Sequence[int | None]) -> int | None:
    return None if kind.shape is None else len(kind.shape)


def of_flattened(kind: kinds.Flattened, inputs: Sequence[int | None]) -> int | None:
    return 2 if kind.two else None


def of_transpose(kind: kinds.Transpose, inputs: Sequence[int | None]) -> int | None:
    return inputs[0] if kind.order is None else len(kind.order)


def of_reduction(kind: kinds.Reduction, inputs: Sequence[int | None]) -> int | None:
    return inputs[0] if kind.keep else None


RANKS: dict[type[Kind], Rank] = {
    **dict.fromkeys(
        (kinds.Convolution, kinds.TransposedConvolution, kinds.Pooling, kinds.Resizing), four
    ),
    **dict.fromkeys(
        (
            kinds.BatchNormalization,
            kinds.GroupNormalization,
            kinds.LayerNormalization,
            kinds.Function,
            kinds.Idle,
            kinds.Cast,
            kinds.Padding,
            kinds.Slice,
            kinds.AlongChannels,
            kinds.Linear,
        ),
        same,
    ),
    kinds.Elementwise: most,
    kinds.Reshape: of_reshape,
    kinds.Flattened: of_flattened,
    kinds.Transpose: of_transpose,
    kinds.Reduction: of_reduction,
}


def ranks_of(graph: Graph) -> dict[str, int | None]:
    """{tensor: how many axes it has}; None where that is not known."""
    ranks: dict[str, int | None] = {}
    for name, constant in graph.constants.items():
        ranks[name] = None if constant.shape is None else len(constant.shape)
    for each in graph.inputs:
        ranks[each.name] = len(each.shape)
    for operation in graph.operations:
        rank_of = RANKS.get(type(operation.kind))
        rank = None
        if rank_of is not None and operation.inputs:
            rank = rank_of(operation.kind, [ranks.get(name) for name in operation.inputs])
        ranks.update(dict.fromkeys(operation.outputs, rank))
    return ranks
