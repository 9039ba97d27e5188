"""Slices of tensors."""

from __future__ import annotations

from collections.abc import Sequence

from ...graph import kinds
from ...graph.kinds import Kind
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Operation
from .node import Node

# the end of a slice that goes as far as it can, forward and backward
FAR = 1 << 60
MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def slice_of(node: Node) -> Operation:
    """From `begin` on so many; -1: all that are left."""
    starts, sizes = node.numbers(1), node.numbers(2)
    if len(starts) != len(sizes):
        raise NotUnderstood("its begin and size do not fit each other")
    stops = [FAR if size == -1 else start + size for start, size in zip(starts, sizes)]
    kind = kinds.Slice(starts, tuple(stops), tuple(range(len(starts))))
    return node.operation_of(kind, node.inputs[:1])


def strided_slice(node: Node) -> Kind | Operation | list[Operation]:
    """Python's x[a:b:c, ..., None, d], with a bit for each place in the masks."""
    masks = {name: node.whole(name, 0) for name in MASKS}
    if not any(masks.values()) and any(node.constant(place) is None for place in (1, 2)):
        x, start, stop, step = node.take(4)
        return node.operation_of(kinds.Slice(), (x, start, stop, "", step))
    starts, stops, steps = (node.numbers(place) for place in (1, 2, 3))
    if not len(starts) == len(stops) == len(steps):
        raise NotUnderstood("its begin, end and strides do not fit each other")
    pieces, dropped, new = pieces_of(masks, starts, stops, steps)
    made: list[Kind] = []
    if pieces:
        axes, begins, ends, strides = zip(*pieces)
        made.append(kinds.Slice(begins, ends, axes, strides))
    if dropped:
        made.append(kinds.Squeeze(tuple(dropped)))
    if new:
        made.append(kinds.Unsqueeze(tuple(new)))
    return node.chain(*(made or [kinds.Idle()]), inputs=node.inputs[:1])


def pieces_of(
    masks: dict[str, int], starts: Sequence[int], stops: Sequence[int], steps: Sequence[int]
) -> tuple[list[tuple[int, int, int, int]], list[int], list[int]]:
    """(axis, start, stop, step) of each slice, the axes that are dropped, and the new ones."""
    count = len(starts)

    def has(name: str, place: int) -> bool:
        return bool(masks[name] >> place & 1)

    ellipsis = [place for place in range(count) if has("ellipsis_mask", place)]
    if len(ellipsis) > 1:
        raise NotUnderstood("it has two ellipses")
    pieces: list[tuple[int, int, int, int]] = []
    dropped: list[int] = []
    new: list[int] = []
    # of the input, and of the output; those behind an ellipsis are counted from the end
    axis, made = 0, 0
    for place in range(count):
        if has("ellipsis_mask", place):
            behind = range(place + 1, count)
            axis = -sum(not has("new_axis_mask", other) for other in behind)
            made = -sum(not has("shrink_axis_mask", other) for other in behind)
            continue
        if has("new_axis_mask", place):
            new.append(made)
            made += 1
            continue
        start, stop, step = starts[place], stops[place], steps[place]
        if has("shrink_axis_mask", place):
            stop, step = start + 1 or FAR, 1
            dropped.append(axis)
        else:
            made += 1
            if has("begin_mask", place):
                start = 0 if step > 0 else FAR
            if has("end_mask", place):
                stop = FAR if step > 0 else -FAR
        if not (start == 0 and stop == FAR and step == 1):
            pieces.append((axis, start, stop, step))
        axis += 1
    return pieces, dropped, new
