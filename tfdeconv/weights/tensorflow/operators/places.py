"""What moves values, takes some of them, or changes a map's size."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ....network.spans import Pair
from ...graph import kinds
from ...graph.kinds import Kind
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Operation
from .node import Node


def idle(node: Node) -> Kind:
    return kinds.Idle()


def reshape(node: Node) -> Kind:
    return kinds.Reshape()


def squeeze(node: Node) -> Kind:
    # what TensorFlow calls it in files, and once did
    axes = node.wholes("squeeze_dims") or node.wholes("axis")
    return kinds.Squeeze(axes or None)


def expand_dims(node: Node) -> Kind:
    return kinds.Unsqueeze()


def transpose(node: Node) -> Operation:
    return node.operation_of(kinds.Transpose(node.numbers(1)), node.inputs[:1])


def concatenation(node: Node) -> Operation:
    """Tensors, and behind them the axis."""
    kind = kinds.Joined(node.axis(len(node.inputs) - 1))
    return node.operation_of(kind, node.inputs[:-1])


def old_concatenation(node: Node) -> Operation:
    """The axis, and behind it tensors."""
    return node.operation_of(kinds.Joined(node.axis(0)), node.inputs[1:])


def pack(node: Node) -> Kind:
    return kinds.Joined(node.whole("axis", 0), new_axis=True)


def unpack(node: Node) -> list[Operation]:
    """Pieces of one cell, each without the axis."""
    axis, count = node.whole("axis", 0), node.count("num")
    whole = node.operation_of(kinds.Split(axis, (1,) * count), count=count)
    pieces = tuple(node.part(str(number)) for number in range(count))
    operations = [replace(whole, name=node.part("pieces"), outputs=pieces, aliases=())]
    for piece, output in zip(pieces, whole.outputs):
        operations.append(node.operation_of(kinds.Squeeze((axis,)), (piece,), output))
    return operations


def split(node: Node) -> Operation:
    """The axis, and what is split in equal pieces."""
    count = node.count("num_split")
    kind = kinds.Split(node.axis(0), count=count)
    return node.operation_of(kind, node.inputs[1:2], count=count)


def split_in_sizes(node: Node) -> Operation:
    """What is split, how long the pieces are, and the axis."""
    sizes = node.numbers(1)
    if len(sizes) != node.whole("num_split", len(sizes)):
        raise NotUnderstood(f"it splits into {list(sizes)[:8]}, which is not understood")
    return node.operation_of(kinds.Split(node.axis(2), sizes), node.inputs[:1], count=len(sizes))


def gather(node: Node) -> Operation:
    """Those of some numbers along an axis."""
    node.skip("validate_indices")
    if node.whole("batch_dims", 0):
        raise NotUnderstood("its indices differ from image to image")
    axis = node.axis(2) if len(node.inputs) > 2 else 0
    return node.operation_of(kinds.Take(axis), node.inputs[:2])


def broadcast(node: Node) -> Kind:
    return kinds.Expand()


def tile(node: Node) -> Kind:
    return kinds.Tile()


def space_to_batch(node: Node) -> Kind:
    return kinds.SpaceToBatch(*block_and_cells(node))


def batch_to_space(node: Node) -> Kind:
    return kinds.BatchToSpace(*block_and_cells(node))


def block_and_cells(node: Node) -> tuple[tuple[int, ...] | None, tuple[Pair, ...] | None]:
    """A block, and cells before and behind rows and columns; None, None as the inputs say."""
    block, cells = node.constant(1), node.constant(2)
    if block is None or cells is None or block.ndim != 1 or cells.shape != (len(block), 2):
        return None, None
    pairs = tuple((int(before), int(behind)) for before, behind in cells)
    return tuple(int(size) for size in block), pairs


def pad(node: Node) -> Kind | list[Operation]:
    """Zeros, or a constant, around all axes: [axis, 2] cells."""
    return padded(node, "constant")


def mirror_pad(node: Node) -> Kind | list[Operation]:
    modes = {"REFLECT": "reflect", "SYMMETRIC": "symmetric"}
    mode = node.word("mode", "")
    if mode not in modes:
        raise NotUnderstood(f"its mode is {mode}, which is not understood")
    return padded(node, modes[mode])


def padded(node: Node, mode: str) -> Kind | list[Operation]:
    x, pads, *value = node.take(2, 3)
    found = node.constant(1)
    inputs = (x, "", *value)
    if found is not None and found.ndim == 2 and found.shape[1] == 2:
        cells = tuple((int(before), int(after)) for before, after in found)
        return [node.operation_of(kinds.Padding(cells, mode=mode), inputs)]
    # ONNX's order: all before, then all behind
    turned, flat = node.part("turned"), node.part("flat")
    return [
        node.operation_of(kinds.Transpose((1, 0)), (pads,), turned),
        node.operation_of(kinds.Reshape((-1,)), (turned,), flat),
        node.operation_of(kinds.Padding(mode=mode), (x, flat, *value)),
    ]


def resize(node: Node, interpolation: Literal["nearest", "bilinear"]) -> Kind:
    """To a number of rows and columns."""
    coordinates, rounding = "asymmetric", "floor"
    if node.flag("half_pixel_centers"):
        coordinates, rounding = "half_pixel", "round_prefer_ceil"
    if node.flag("align_corners"):
        coordinates, rounding = "align_corners", "round_prefer_ceil"
    return kinds.Resizing(3, interpolation, coordinates, rounding)


def resize_nearest(node: Node) -> Kind:
    return resize(node, "nearest")


def resize_bilinear(node: Node) -> Kind:
    return resize(node, "bilinear")


def depth_to_space(node: Node) -> Kind:
    return kinds.DepthToSpace(node.channel_axis(), node.whole("block_size", 1), "dcr")


def space_to_depth(node: Node) -> Kind:
    return kinds.SpaceToDepth(node.channel_axis(), node.whole("block_size", 1), "dcr")
