"""TensorFlow's dilated convolutions, written as three operations, found and made one again.

Cells that are a block apart are moved to maps of their own, where neighbours are; a plain
convolution, and back. Its pads are what the first pads and the last does not crop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from ...network.spans import Pads
from . import kinds
from .operation import Graph, Operation

NO_PADS = (0, ((0, 0), (0, 0)))


def with_dilations(graph: Graph) -> Graph:
    """The graph with dilated convolutions instead of the three operations that they are."""
    makers: dict[str, Operation] = {}
    uses: Counter[str] = Counter(graph.outputs)
    for operation in graph.operations:
        makers |= dict.fromkeys(operation.outputs, operation)
        uses.update(operation.inputs)
    found: dict[str, Operation] = {}
    for operation in graph.operations:
        parts = parts_of(operation, makers)
        if parts is None or uses[parts[1].outputs[0]] > 1:
            continue
        convolution = dilated(*parts)
        if convolution is not None:
            first, middle, last = parts
            uses[middle.outputs[0]] = 0
            # others may read the same
            uses[first.outputs[0]] -= 1
            found[last.outputs[0]] = convolution
    operations = []
    for operation in graph.operations:
        is_gone = isinstance(operation.kind, (kinds.SpaceToBatch, kinds.Convolution))
        if operation.outputs and operation.outputs[0] in found:
            operations.append(found[operation.outputs[0]])
        elif not found or not is_gone or uses[operation.outputs[0]]:
            operations.append(operation)
    return replace(graph, operations=tuple(operations))


def parts_of(
    last: Operation, makers: Mapping[str, Operation]
) -> tuple[Operation, Operation, Operation] | None:
    """The three operations of which an operation is the last; None where it is not."""
    if not isinstance(last.kind, kinds.BatchToSpace):
        return None
    middle = makers.get(last.inputs[0])
    first = middle and makers.get(middle.inputs[0])
    if middle is None or not isinstance(middle.kind, kinds.Convolution):
        return None
    if first is None or not isinstance(first.kind, kinds.SpaceToBatch):
        return None
    return first, middle, last


def dilated(first: Operation, middle: Operation, last: Operation) -> Operation | None:
    """The convolution that three operations are; None where they are something else."""
    outer, kind, inner = first.kind, middle.kind, last.kind
    assert isinstance(outer, kinds.SpaceToBatch) and isinstance(inner, kinds.BatchToSpace)
    assert isinstance(kind, kinds.Convolution)
    pads = difference(outer, inner)
    if pads is None or kind.pad not in NO_PADS or kind.channel_axis % 4 != 3:
        return None
    if (kind.stride, kind.dilation) != ((1, 1), (1, 1)) or outer.block != inner.block:
        return None
    assert outer.block is not None
    rows, columns = outer.block
    inputs = (first.inputs[0], *middle.inputs[1:])
    # the name says that it is a convolution
    return replace(
        middle,
        kind=replace(kind, pad=pads, dilation=(rows, columns)),
        inputs=inputs,
        outputs=last.outputs,
    )


def difference(first: kinds.SpaceToBatch, last: kinds.BatchToSpace) -> Pads | None:
    """Pads less crops; None where these are not for two axes, or crop more than is padded."""
    if first.block is None or first.pads is None or last.crops is None:
        return None
    if not len(first.block) == len(first.pads) == len(last.crops) == 2:
        return None
    pads = []
    for (before, after), (top, bottom) in zip(first.pads, last.crops):
        pads.append((before - top, after - bottom))
    if min(map(min, pads)) < 0:
        return None
    return pads[0], pads[1]
