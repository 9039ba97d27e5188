"""The table of all kinds of operations, and what translates each."""

from __future__ import annotations

from collections.abc import Callable

from .. import kinds
from ..call import Call
from ..feature_map import FeatureMap
from ..kinds import Kind
from ..not_understood import NotUnderstood
from . import (
    channel_sums,
    elementwise,
    linear,
    norms,
    phases,
    pieces,
    places,
    pools,
    scaling,
    transposed,
)

# from an operation to its output, or its outputs; raises NotUnderstood
Translation = Callable[[Call], FeatureMap | list[FeatureMap]]


def cast(call: Call) -> FeatureMap:
    """Between floats nothing changes."""
    if not call.kind.dtype.startswith(("float", "bfloat")):
        raise NotUnderstood(f"it converts its input to {call.kind.dtype}")
    return call.map()


def choice(call: Call) -> FeatureMap:
    """What was chosen, where a constant says it."""
    if len(call.inputs) != 1:
        raise NotUnderstood("its condition depends on the image")
    return call.map()


def unknown(call: Call) -> FeatureMap:
    raise NotUnderstood(call.kind.reason)


def computation(call: Call) -> FeatureMap:
    raise NotUnderstood(f"it computes {call.kind.function} of a map")


TRANSLATIONS: dict[type[Kind], Translation] = {
    kinds.Unknown: unknown,
    kinds.Convolution: linear.convolution,
    kinds.TransposedConvolution: transposed.transposed_convolution,
    kinds.Linear: linear.linear,
    kinds.MatrixProduct: linear.matrix_product,
    kinds.BatchNormalization: norms.batch_normalization,
    kinds.Scaling: scaling.scaling,
    kinds.Standardization: scaling.standardization,
    kinds.GroupNormalization: norms.group_normalization,
    kinds.LayerNormalization: norms.layer_normalization,
    kinds.RmsNormalization: norms.rms_normalization,
    kinds.UnitNormalization: norms.unit_normalization,
    kinds.LocalResponse: norms.local_response,
    kinds.Function: elementwise.function,
    kinds.LearnedSlope: elementwise.learned_slope,
    kinds.AlongChannels: elementwise.along_channels,
    kinds.Idle: elementwise.idle,
    kinds.Elementwise: elementwise.elementwise,
    kinds.Power: elementwise.power,
    kinds.Joined: pieces.joined,
    kinds.Split: pieces.split,
    kinds.Pooling: pools.pooling,
    kinds.ChannelMean: channel_sums.channel_means,
    kinds.AdaptiveMean: pools.adaptive_mean,
    kinds.Reduction: pools.reduction,
    kinds.Reshape: places.reshape,
    kinds.Flattened: places.flattened,
    kinds.Transpose: places.transpose,
    kinds.MovedAxis: places.moved_axis,
    kinds.Squeeze: places.squeeze,
    kinds.Unsqueeze: places.unsqueeze,
    kinds.Expand: places.expand,
    kinds.Tile: places.tiled,
    kinds.SpaceToBatch: phases.space_to_batch,
    kinds.BatchToSpace: phases.batch_to_space,
    kinds.Padding: pieces.padding,
    kinds.Slice: pieces.sliced,
    kinds.Take: pieces.take,
    kinds.Resizing: pools.resizing,
    kinds.DepthToSpace: pools.depth_to_space,
    kinds.SpaceToDepth: pools.space_to_depth,
    kinds.Cast: cast,
    kinds.Choice: choice,
    kinds.Computation: computation,
}
