"""Slices of tensors."""

from __future__ import annotations

from ...graph import kinds
from ...graph.kinds import Kind
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Operation
from ...graph.strided_slices import FAR, StridedSlice, steps_of
from .node import Node

MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")


def slice_of(node: Node) -> Operation:
    """From `begin` on so many; -1: all that are left."""
    starts, sizes = node.numbers(1), node.numbers(2)
    if len(starts) != len(sizes):
        raise NotUnderstood("its begin and size do not fit each other")
    stops = [FAR if size == -1 else start + size for start, size in zip(starts, sizes)]
    kind = kinds.Slice(starts, tuple(stops), tuple(range(len(starts))))
    return node.operation_of(kind, node.inputs[:1])


def reverse(node: Node) -> Operation:
    """From the last to the first along axes: of channels, from blue to red."""
    axes = node.numbers(1)
    backwards = (-1,) * len(axes)
    kind = kinds.Slice(backwards, (-FAR,) * len(axes), axes, backwards)
    return node.operation_of(kind, node.inputs[:1])


def strided_slice(node: Node) -> Kind | Operation | list[Operation]:
    """Python's x[a:b:c, ..., None, d], with a bit for each place in the masks."""
    masks = {name: node.whole(f"{name}_mask", 0) for name in MASKS}
    if not any(masks.values()) and any(node.constant(place) is None for place in (1, 2)):
        x, start, stop, step = node.take(4)
        return node.operation_of(kinds.Slice(), (x, start, stop, "", step))
    starts, stops, steps = (node.numbers(place) for place in (1, 2, 3))
    spec = StridedSlice(starts, stops, steps, **masks)
    return node.chain(*steps_of(spec), inputs=node.inputs[:1])
