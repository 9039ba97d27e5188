"""Norms."""

from __future__ import annotations

from ..graph import kinds
from ..graph.kinds import Kind
from ..graph.not_understood import NotUnderstood
from .kernels import CHANNEL_AXIS
from .node import Node

OF_THE_BATCH = (
    "it normalises with the statistics of the batch, as in training: export the model for inference"
)


def batch_norm(node: Node) -> Kind:
    # how the statistics were learned
    node.skip("momentum")
    node.require("spatial", 1)
    require_no_training(node)
    if node.whole("training_mode", 0):
        raise NotUnderstood(OF_THE_BATCH)
    return kinds.BatchNormalization(CHANNEL_AXIS, node.number("epsilon", 1e-5))


def require_no_training(node: Node) -> None:
    """Before version 7 an attribute says it, and training is the usual case."""
    if node.version < 7 and not node.has("is_test"):
        raise NotUnderstood("its is_test is missing, so it normalises as in training")
    node.require("is_test", 1)


def instance_norm(node: Node) -> Kind:
    return kinds.GroupNormalization(CHANNEL_AXIS, node.number("epsilon", 1e-5))


def group_norm(node: Node) -> Kind:
    # in which precision it is computed
    node.skip("stash_type")
    if node.version < 21:
        raise NotUnderstood("it scales groups, as before version 21, not channels")
    groups = node.required("num_groups")
    if groups < 1:
        raise NotUnderstood(f"it has {groups} groups")
    return kinds.GroupNormalization(CHANNEL_AXIS, node.number("epsilon", 1e-5), groups)


def layer_norm(node: Node) -> Kind:
    """Over an axis and all behind it."""
    node.skip("stash_type")
    return kinds.LayerNormalization(last_axes(node), node.number("epsilon", 1e-5))


def rms_norm(node: Node) -> Kind:
    node.skip("stash_type")
    axes = last_axes(node)
    if axes != (-1,):
        raise NotUnderstood("it normalises over several axes")
    return kinds.RmsNormalization(-1, node.number("epsilon", 1e-5))


def last_axes(node: Node) -> tuple[int, ...]:
    """The axes from `axis` to the last: the scale has just these."""
    axis = node.whole("axis", -1)
    if axis < 0:
        return tuple(range(axis, 0))
    scale = node.constants.get(node.input(1))
    if scale is None or scale.shape is None or not scale.shape:
        raise NotUnderstood(f"its axis is {axis}, and the number of axes is not known")
    return tuple(range(-len(scale.shape), 0))


def local_response(node: Node) -> Kind:
    depth = node.required("size")
    if depth < 1:
        raise NotUnderstood(f"its size is {depth}, which is not understood")
    return kinds.LocalResponse(
        CHANNEL_AXIS,
        depth,
        k=node.number("bias", 1.0),
        alpha=node.number("alpha", 1e-4) / depth,
        beta=node.number("beta", 0.75),
        before=(depth - 1) // 2,
    )
