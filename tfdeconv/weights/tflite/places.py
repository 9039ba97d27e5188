"""What moves values, takes some of them, joins tensors, or changes a map's size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Operation
from ..graph.strided_slices import StridedSlice, steps_of
from .kernels import CHANNEL_AXIS, activated
from .node import Node

REFLECT, SYMMETRIC = 0, 1


def reshape(node: Node) -> Kind | list[Operation]:
    """To a shape that is an input, or, in old files, an option."""
    node.skip("new_shape")
    if node.tensor(1) is not None:
        return kinds.Reshape()
    return kinds.Reshape(tuple(node.option("new_shape")))


def squeeze(node: Node) -> Kind:
    return kinds.Squeeze(tuple(node.option("squeeze_dims", ())) or None)


def expand_axes(node: Node) -> Kind:
    return kinds.Unsqueeze()


def transpose(node: Node) -> list[Operation]:
    return [node.operation_of(kinds.Transpose(node.integers(1)), [node.input(0)])]


def broadcast(node: Node) -> Kind:
    return kinds.Expand()


def repeated(node: Node) -> Kind:
    return kinds.Tile()


def reduction(kind: Literal["mean", "max", "min", "sum"]) -> Callable[[Node], Kind]:
    return lambda node: kinds.Reduction(kind, None, node.option("keep_dims", False))


def pairs_of(node: Node, position: int) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis."""
    numbers = node.integers(position)
    return tuple(zip(numbers[::2], numbers[1::2]))


def padded(node: Node) -> list[Operation]:
    value = 0.0
    if node.tensor(2) is not None:
        found = node.few_numbers(2)
        if found is None or found.size != 1:
            raise NotUnderstood("it pads with a value that is not constant")
        value = float(np.ravel(found)[0])
    return [node.operation_of(kinds.Padding(pairs_of(node, 1), value), [node.input(0)])]


def mirrored(node: Node) -> list[Operation]:
    modes = {REFLECT: "reflect", SYMMETRIC: "symmetric"}
    mode = modes.get(node.option("mode"))
    if mode is None:
        raise NotUnderstood(f"its mode is {node.option('mode')}, which is not understood")
    return [node.operation_of(kinds.Padding(pairs_of(node, 1), mode=mode), [node.input(0)])]


def piece(node: Node) -> list[Operation]:
    """SLICE: from a beginning so many, or (-1) all that are left."""
    starts, sizes = node.integers(1), node.integers(2)
    stops = []
    for start, size in zip(starts, sizes):
        stops.append(np.iinfo(np.int32).max if size == -1 else start + size)
    kind = kinds.Slice(starts, tuple(stops))
    return [node.operation_of(kind, [node.input(0)])]


def strided_slice(node: Node) -> list[Operation]:
    node.require("offset", False)
    masks = {
        name: node.option(f"{name}_mask", 0)
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    spec = StridedSlice(node.integers(1), node.integers(2), node.integers(3), **masks)
    return node.chain(*steps_of(spec), inputs=[node.input(0)])


def gather(node: Node) -> Kind:
    node.require("batch_dims", 0)
    return kinds.Take(node.option("axis", 0))


def joined(node: Node) -> list[Operation]:
    return activated(node, kinds.Joined(node.option("axis")))


def stacked(node: Node) -> Kind:
    node.skip("values_count")
    return kinds.Joined(node.option("axis", 0), new_axis=True)


def split(node: Node) -> list[Operation]:
    """SPLIT: the axis comes first."""
    kind = kinds.Split(node.integer(0), count=node.option("num_splits"))
    return [node.operation_of(kind, [node.input(1)])]


def split_by_sizes(node: Node) -> list[Operation]:
    """SPLIT_V: one size may be -1, what is left."""
    node.skip("num_splits")
    kind = kinds.Split(node.integer(2), node.integers(1))
    return [node.operation_of(kind, [node.input(0)])]


def unstacked(node: Node) -> list[Operation]:
    """UNPACK: one after the other, without their axis."""
    node.skip("num")
    axis = node.option("axis", 0)
    pieces = [f"{node.name}/{number}" for number in range(len(node.outputs))]
    operations = [node.operation_of(kinds.Split(axis, piece=1), None, pieces, "/pieces")]
    for number, (inner, output) in enumerate(zip(pieces, node.outputs)):
        suffix = f"/{number}" if number else ""
        operations.append(node.operation_of(kinds.Squeeze((axis,)), [inner], [output], suffix))
    return operations


def resized(interpolation: Literal["nearest", "bilinear"]) -> Callable[[Node], Kind]:
    """To rows and columns that are an input."""

    def kind_of(node: Node) -> Kind:
        corners = node.option("align_corners", False)
        centers = node.option("half_pixel_centers", False)
        if corners and centers:
            raise NotUnderstood("it aligns corners and centers")
        coordinates, rounding = "asymmetric", "floor"
        if corners or centers:
            coordinates = "align_corners" if corners else "half_pixel"
            rounding = "round_prefer_ceil"
        return kinds.Resizing(CHANNEL_AXIS, interpolation, coordinates, rounding)

    return kind_of


def blocks_to_cells(node: Node) -> Kind:
    return kinds.DepthToSpace(CHANNEL_AXIS, node.option("block_size"), "dcr")


def cells_to_blocks(node: Node) -> Kind:
    return kinds.SpaceToDepth(CHANNEL_AXIS, node.option("block_size"), "dcr")


def space_to_batch(node: Node) -> Kind:
    return kinds.SpaceToBatch()


def batch_to_space(node: Node) -> Kind:
    return kinds.BatchToSpace()
