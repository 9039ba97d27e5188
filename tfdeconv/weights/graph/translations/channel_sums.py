"""Operations along the channels that are sums of them, as convolutions of 1 x 1.

Pads of channels are in the shortcuts of He et al.'s ResNets for CIFAR (2015, section 4.2), means of
neighbouring ones in what torch writes for a local response norm.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....network.layers import Conv
from ....network.spans import Pair
from .. import kinds
from ..axes import CHANNELS
from ..call import Call, constant_parameter
from ..feature_map import FeatureMap
from ..not_understood import NotUnderstood
from ..shape_arithmetic import refuse_large


def padded_channels(
    call: Call, x: FeatureMap, number: int, pad: Pair, suffix: str = ""
) -> FeatureMap:
    """Zeros before and behind the channels, which are the axis of that number."""
    before, after = pad
    count = x.channels + before + after
    refuse_large(x.channels * count)
    return summed(call, x, number, np.eye(x.channels, count, before, np.float32), suffix)


def chosen_channels(call: Call, x: FeatureMap, number: int, chosen: Sequence[int]) -> FeatureMap:
    """Channels in any order, some of them several times; they are the axis of that number."""
    refuse_large(x.channels * len(chosen))
    places = np.arange(x.channels)[:, None] == np.array(chosen)
    return summed(call, x, number, places.astype(np.float32))


def channel_means(call: Call) -> FeatureMap:
    """Of each window of so many channels that fits."""
    kind: kinds.ChannelMean = call.kind
    x = call.with_channels_at(call.map(), kind.axis)
    count = x.channels - kind.size + 1
    if count < 1 or kind.size < 1:
        raise NotUnderstood(f"its window is of {kind.size} channels, its input has {x.channels}")
    refuse_large(x.channels * count)
    offsets = np.arange(x.channels)[:, None] - np.arange(count)
    weights = ((offsets >= 0) & (offsets < kind.size)) / np.float32(kind.size)
    return summed(call, x, x.axis(kind.axis), weights.astype(np.float32))


def summed(
    call: Call, x: FeatureMap, number: int, weights: np.ndarray, suffix: str = ""
) -> FeatureMap:
    """Sums of the channels along an axis; weights: of each [channel, sum]."""
    kernel = constant_parameter(weights[None, None])
    layer = Conv(weights.shape[1], 1, bias=False)
    y = call.add(layer, x, parameters={"kernel": kernel}, suffix=suffix)
    axes = list(x.axes)
    axes[number] = y.whole(CHANNELS)
    return y.with_axes(tuple(axes))
