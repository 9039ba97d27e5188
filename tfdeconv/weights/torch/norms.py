"""Operators that normalise."""

from __future__ import annotations

import numpy as np

from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .operator_call import Made, OperatorCall
from .statistics import norm_of_weights

OF_THE_BATCH = "it normalises with the statistics of the batch, as in training: model.eval() first"


def batch_norm(call: OperatorCall) -> Made:
    if call.argument("training", False) is False:
        return with_statistics(call)
    if call.has("running_mean") and not call.is_constant("input"):
        raise NotUnderstood(OF_THE_BATCH)
    # what would be updated, and is not used
    call.ignore("running_mean", "running_var")
    return norm_without_statistics(call)


def with_statistics(call: OperatorCall) -> Made:
    kind = kinds.BatchNormalization(1, call.number("eps"))
    inputs = [call.tensor("input"), call.optional("weight"), call.optional("bias")]
    return kind, *inputs, call.tensor("running_mean"), call.tensor("running_var")


def norm_without_statistics(call: OperatorCall) -> Made:
    """Of one image an instance norm, which run_decompositions() writes so for several, too.

    Then images and channels are one axis.
    """
    call.allow("training", True)
    if call.is_constant("input"):
        return norm_of_weights(call)
    if call.shape("input")[0] != 1:
        raise NotUnderstood(OF_THE_BATCH)
    kind = kinds.GroupNormalization(1, call.number("eps"))
    return kind, call.tensor("input"), call.optional("weight"), call.optional("bias")


def instance_norm(call: OperatorCall) -> Made:
    if not call.flag("use_input_stats", True):
        return with_statistics(call)
    # statistics that would be updated, and are not used
    call.ignore("running_mean", "running_var")
    kind = kinds.GroupNormalization(1, call.number("eps"))
    return kind, call.tensor("input"), call.optional("weight"), call.optional("bias")


def group_norm(call: OperatorCall) -> Made:
    """N, C and HxW say what the input's shape is."""
    call.ignore("N", "C", "HxW")
    groups = call.integer("num_groups" if call.has("num_groups") else "group")
    kind = kinds.GroupNormalization(1, call.number("eps", 1e-5), groups)
    return kind, call.tensor("input"), call.optional("weight"), call.optional("bias")


def layer_norm(call: OperatorCall) -> Made:
    """Over the last axes, as many as the shape of its weights has."""
    count = len(call.integers("normalized_shape"))
    kind = kinds.LayerNormalization(tuple(range(-count, 0)), call.number("eps", 1e-5))
    return kind, call.tensor("input"), call.optional("weight"), call.optional("bias")


def rms_norm(call: OperatorCall) -> Made:
    if len(call.integers("normalized_shape")) != 1:
        raise NotUnderstood("it normalises over several axes")
    epsilon = call.number("eps", float(np.finfo(np.float32).eps))
    return kinds.RmsNormalization(-1, epsilon), call.tensor("input"), call.optional("weight")


TABLE = {
    "batch_norm": batch_norm,
    "_native_batch_norm_legit_no_training": with_statistics,
    "_native_batch_norm_legit.no_stats": norm_without_statistics,
    "instance_norm": instance_norm,
    "group_norm": group_norm,
    "native_group_norm": group_norm,
    "layer_norm": layer_norm,
    "native_layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "_fused_rms_norm": rms_norm,
}
