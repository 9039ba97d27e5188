"""A tensor whose axes are parts of a map's dimensions, as layers that bring it into order.

Reshape and Transpose only rename axes (axes.py). Where a layer then needs rows, columns and
channels, what they came to is one of:

    the channels in another order              a channel shuffle
    rows (h, a part of c), columns likewise    depth to space: blocks of cells out of channels
    parts of h and w among the channels        space to depth
"""

from __future__ import annotations

from collections.abc import Callable

from ...network.layers import DepthToSpace, ShuffleChannels, SpaceToDepth
from .axes import BATCH, CHANNELS, COLUMNS, ROWS, Axis, Factor, dimensions, indices, length
from .feature_map import FeatureMap
from .not_understood import NotUnderstood

# adds a layer behind a map, with a suffix to its name: Call.add
AddLayer = Callable[..., FeatureMap]
OUT_OF_ORDER = NotUnderstood("its input has rows, columns and channels mixed")


def permuted(add: AddLayer, x: FeatureMap, number: int) -> FeatureMap:
    """The tensor with the channels along an axis in their order: of two factors exchanged."""
    factors = x.axes[number]
    if len(factors) != 2 or sorted(indices(factors)) != list(range(x.channels)):
        raise OUT_OF_ORDER
    y = add(ShuffleChannels(factors[1].size), x, suffix="/shuffled")
    axes = list(x.axes)
    axes[number] = y.whole(CHANNELS)
    return y.with_axes(tuple(axes))


def rearranged(add: AddLayer, x: FeatureMap, channel_axis: int) -> FeatureMap:
    """The tensor as a map with its channels at that axis of four."""
    places = [number for number in range(1, 4) if number != channel_axis]
    rows, columns, channels = (x.axes[number] for number in (*places, channel_axis))
    if x.axes[0] != x.whole(BATCH):
        raise OUT_OF_ORDER
    if CHANNELS in dimensions(rows) | dimensions(columns):
        x = blocks_from_channels(add, x, rows, columns, channels)
    elif {ROWS, COLUMNS} & dimensions(channels):
        x = channels_from_blocks(add, x, rows, columns, channels)
    elif (rows, columns) == (x.whole(ROWS), x.whole(COLUMNS)):
        x = permuted(add, x, channel_axis)
    else:
        raise OUT_OF_ORDER
    return x.with_axes(x.canonical_axes(channel_axis))


def blocks_from_channels(
    add: AddLayer, x: FeatureMap, rows: Axis, columns: Axis, channels: Axis
) -> FeatureMap:
    """Depth to space: the last factor of rows and of columns is a part of the channels."""
    blocks = rows[len(x.whole(ROWS)) :], columns[len(x.whole(COLUMNS)) :]
    if rows[: len(x.whole(ROWS))] != x.whole(ROWS):
        raise OUT_OF_ORDER
    if columns[: len(x.whole(COLUMNS))] != x.whole(COLUMNS):
        raise OUT_OF_ORDER
    block = length(blocks[0])
    if length(blocks[1]) != block or dimensions(channels) - {CHANNELS}:
        raise OUT_OF_ORDER
    # TensorFlow's order, and torch's
    for order, name in (
        ((*blocks[0], *blocks[1], *channels), "dcr"),
        ((*channels, *blocks[0], *blocks[1]), "crd"),
    ):
        if indices(order) == list(range(x.channels)):
            return add(DepthToSpace(block, name), x, suffix="/blocks")
    raise OUT_OF_ORDER


def channels_from_blocks(
    add: AddLayer, x: FeatureMap, rows: Axis, columns: Axis, channels: Axis
) -> FeatureMap:
    """Space to depth: the inner part of rows and columns is among the channels."""
    inner = {}
    for factor in channels:
        if factor.dimension != CHANNELS:
            inner[factor.dimension] = factor.size
    block = inner.get(ROWS, 1)
    height, width, _ = x.shape
    if inner.get(COLUMNS, 1) != block or height % block or width % block:
        raise OUT_OF_ORDER
    outer_rows = (Factor(ROWS, height // block, block),) if height > block else ()
    outer_columns = (Factor(COLUMNS, width // block, block),) if width > block else ()
    if (rows, columns) != (outer_rows, outer_columns):
        raise OUT_OF_ORDER
    # where the parts are among the new channels, in TensorFlow's order and in torch's
    depth = x.channels
    for steps, name in (
        ({ROWS: block * depth, COLUMNS: depth, CHANNELS: 1}, "dcr"),
        ({CHANNELS: block * block, ROWS: block, COLUMNS: 1}, "crd"),
    ):
        wanted = []
        for factor in channels:
            stride = factor.stride * steps[factor.dimension]
            wanted.append(Factor(CHANNELS, factor.size, stride))
        if indices(wanted) == list(range(depth * block * block)):
            return add(SpaceToDepth(block, name), x, suffix="/blocks")
    raise OUT_OF_ORDER
