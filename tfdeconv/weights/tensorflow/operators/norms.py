"""Norms."""

from __future__ import annotations

from ...graph import kinds
from ...graph.kinds import Kind
from ...graph.not_understood import NotUnderstood
from ...graph.operation import Operation
from .node import Node


def batch_norm(node: Node) -> Kind:
    """FusedBatchNorm of all versions, with the statistics of the training."""
    if node.flag("is_training", True):
        raise NotUnderstood("it normalises with the statistics of the images that go in")
    # how much of the old statistics is kept in training
    node.skip("exponential_avg_factor")
    return kinds.BatchNormalization(node.channel_axis(), node.number("epsilon", 1e-4))


def old_batch_norm(node: Node) -> Operation:
    """TensorFlow's first: x, mean, variance, shift, scale."""
    x, mean, variance, shift, scale = node.take(5)
    if not node.flag("scale_after_normalization"):
        scale = ""
    kind = kinds.BatchNormalization(3, node.number("variance_epsilon", 0.0))
    return node.operation_of(kind, (x, scale, shift, mean, variance))


def local_response(node: Node) -> Kind:
    depth = 2 * node.whole("depth_radius", 5) + 1
    k, alpha, beta = node.number("bias", 1), node.number("alpha", 1), node.number("beta", 0.5)
    return kinds.LocalResponse(3, depth, k, alpha, beta)
