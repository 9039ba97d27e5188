"""What moves values, or takes some of them."""

from __future__ import annotations

from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from .kernels import CHANNEL_AXIS
from .node import Node
from .norms import require_no_training


def reshape(node: Node) -> Kind:
    return kinds.Reshape(node.wholes("shape"), copy_zeros=not node.flag("allowzero"))


def flatten(node: Node) -> Kind:
    return kinds.Flattened(node.whole("axis", 1), two=True)


def transpose(node: Node) -> Kind:
    return kinds.Transpose(node.wholes("perm"))


def squeeze(node: Node) -> Kind:
    return kinds.Squeeze(node.wholes("axes"))


def unsqueeze(node: Node) -> Kind:
    return kinds.Unsqueeze(node.wholes("axes"))


def expand(node: Node) -> Kind:
    return kinds.Expand()


def pad(node: Node) -> Kind:
    """An attribute has the beginnings of all axes first, as the input has in later versions."""
    pads = node.wholes("pads")
    mode = node.word("mode", "constant")
    if pads is None:
        return kinds.Padding(mode=mode)
    half = len(pads) // 2
    pairs = tuple(zip(pads[:half], pads[half:]))
    return kinds.Padding(pairs, node.number("value", 0.0), mode)


def slice_of(node: Node) -> Kind:
    starts, stops, axes = (node.wholes(name) for name in ("starts", "ends", "axes"))
    if starts is not None and axes is None:
        axes = tuple(range(len(starts)))
    return kinds.Slice(starts, stops, axes)


def gather(node: Node) -> Kind:
    return kinds.Take(node.whole("axis", 0))


def gather_cells(node: Node) -> Kind:
    """Along the first axis, as torch writes an index of channels between two transposes."""
    numbers = node.few_numbers(1)
    node.require("batch_dims", 0)
    if numbers is None or numbers.ndim != 2 or numbers.shape[1] != 1:
        raise NotUnderstood("it selects single values")
    return kinds.Take(0, tuple(map(int, numbers[:, 0])))


def tile(node: Node) -> Kind:
    return kinds.Tile()


def split(node: Node) -> Kind:
    """In pieces whose sizes are an attribute or an input, or in as many as there are outputs."""
    axis, sizes = node.whole("axis", 0), node.wholes("split")
    outputs = len(node.operation.outputs)
    count = node.whole("num_outputs", outputs)
    if count != outputs:
        raise NotUnderstood(f"its num_outputs is {count}, but it has {outputs} outputs")
    return kinds.Split(axis, sizes, count)


def concatenation(node: Node) -> Kind:
    return kinds.Joined(node.required("axis"))


def depth_to_space(node: Node) -> Kind:
    match node.word("mode", "DCR"):
        case "DCR":
            return kinds.DepthToSpace(CHANNEL_AXIS, node.required("blocksize"), "dcr")
        case "CRD":
            return kinds.DepthToSpace(CHANNEL_AXIS, node.required("blocksize"), "crd")
    raise NotUnderstood(f"its mode is {node.word('mode', '')[:40]}, which is not understood")


def space_to_depth(node: Node) -> Kind:
    return kinds.SpaceToDepth(CHANNEL_AXIS, node.required("blocksize"), "dcr")


def idle(node: Node) -> Kind:
    return kinds.Idle()


def dropout(node: Node) -> Kind:
    """Nothing after the training."""
    node.skip("ratio", "seed")
    require_no_training(node)
    training = node.few_numbers(2)
    if node.input(2) and (training is None or training.any()):
        raise NotUnderstood("it drops values, as in training")
    return kinds.Idle()
