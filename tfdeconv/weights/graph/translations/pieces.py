"""Operations that take some of the values of a map, or join maps: pads, slices, pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ....network.base import BORDERS
from ....network.layers import AvgPool, BorderPad, Channels, Concatenate, ZeroPad
from .. import kinds
from ..axes import CHANNELS, COLUMNS, ROWS, axis_of, dimensions, reshaped
from ..call import Call
from ..feature_map import FeatureMap
from ..not_understood import NotUnderstood
from ..shape_arithmetic import pads_of, slices, split_sizes
from .cells import enlarged, kind_of_cells
from .channel_sums import chosen_channels, padded_channels
from .places import without

# where exporters end a slice that ends with the axis
OPEN_END = 1 << 30


def padding(call: Call) -> FeatureMap:
    """Zeros or the map again around rows and columns, or fewer of them."""
    kind: kinds.Padding = call.kind
    x = call.map()
    pads = pads_of(kind, len(x.axes), call.arrays())
    if not any(map(any, pads)):
        return x
    value = kind.value
    found = call.array(2)
    if found is not None and found.size:
        value = float(np.ravel(found)[0])
    repeats = kind.mode in BORDERS and min(map(min, pads)) >= 0
    zeros = kind.mode == "constant" and value == 0
    if max(map(max, pads)) > 0 and not (repeats or zeros):
        raise NotUnderstood(f"it pads with other than zeros ({kind.mode}, {value:g})")
    padded = [number for number, pad in enumerate(pads) if any(pad)]
    for number in padded:
        if zeros and x.has_channels_at(number) and min(pads[number]) >= 0:
            suffix = "/channels" if len(padded) > 1 else ""
            x = padded_channels(call, x, number, pads[number], suffix)
            padded.remove(number)
            break
    if not padded:
        return x
    channel_axis = channel_axis_between(x, padded)
    x = call.as_map(x, channel_axis)
    rows, columns = (pads[number] for number in range(1, 4) if number != channel_axis)
    if repeats:
        return call.add_map(BorderPad((rows, columns), kind.mode), x, channel_axis)
    return call.add_map(ZeroPad((rows, columns)), x, channel_axis)


def channel_axis_between(x: FeatureMap, numbers: Sequence[int]) -> int:
    """Which axis is the channels, where these others are rows or columns."""
    for channel_axis in (1, 3, 2):
        axes = x.canonical_axes(channel_axis)
        if len(x.axes) == 4 and x.axes == axes and not {0, channel_axis} & set(numbers):
            return channel_axis
    raise NotUnderstood("it pads along axes other than rows and columns")


def sliced(call: Call) -> FeatureMap:
    """Less of rows and columns, or every so manieth of them, then some of the channels."""
    x = call.map()
    along_map: dict[int, slice] = {}
    along_channels: dict[int, range] = {}
    for number, piece in slices(call.kind, len(x.axes), call.arrays()).items():
        chosen = range(*piece.indices(x.lengths[number]))
        if dimensions(x.axes[number]) == {CHANNELS}:
            if chosen != range(x.lengths[number]):
                along_channels[number] = chosen
        elif not is_whole(call, x, piece, x.lengths[number]):
            along_map[number] = piece
    if along_map:
        x = less_of_map(call, x, along_map, is_last=not along_channels)
    for number, chosen in along_channels.items():
        x = channels_taken(call, call.with_channels_at(x, number), number, chosen)
    return x


def is_whole(call: Call, x: FeatureMap, piece: slice, length: int) -> bool:
    """Whether a slice takes all; of maps of any size it must not say where it ends."""
    is_open = piece.stop is None or piece.stop >= OPEN_END
    is_fixed = x.single_cell or not call.builder.any_size
    return (is_open or is_fixed) and range(*piece.indices(length)) == range(length)


def less_of_map(call: Call, x: FeatureMap, found: dict[int, slice], is_last: bool) -> FeatureMap:
    """A crop, then every so manieth row and column; the last has the operation's own name."""
    channel_axis = channel_axis_between(x, list(found))
    x = call.as_map(x, channel_axis)
    pads, strides = [], []
    for number in range(1, 4):
        if number == channel_axis:
            continue
        length = x.lengths[number]
        piece = found.get(number, slice(None))
        if call.builder.any_size and not is_at_ends(piece):
            raise NotUnderstood("it slices the map with a step, or not at its ends")
        start, stop, step = piece.indices(length)
        if not range(start, stop, step) or step < 0:
            raise NotUnderstood("it leaves nothing of the map, or reverses it")
        pads.append((-start, stop - length))
        strides.append(step)
    strided = max(strides) > 1
    if any(map(any, pads)):
        suffix = "" if is_last and not strided else "/cropped"
        x = call.add_map(ZeroPad((pads[0], pads[1])), x, channel_axis, suffix=suffix)
    if strided:
        # one cell of each is its own mean
        stride = (strides[0], strides[1])
        x = call.add_map(AvgPool(1, stride), x, channel_axis, suffix="" if is_last else "/strided")
    return x


def is_at_ends(piece: slice) -> bool:
    """Whether a slice counts from both ends of an axis, so that it means the same at any size."""
    start, stop = piece.start or 0, piece.stop
    return start >= 0 and (stop is None or stop < 0 or stop >= OPEN_END)


def channels_taken(
    call: Call, x: FeatureMap, number: int, chosen: range, suffix: str = ""
) -> FeatureMap:
    if not chosen:
        raise NotUnderstood("it leaves no channels")
    y = call.add(Channels(chosen[0], len(chosen), chosen.step), x, suffix=suffix)
    axes = list(x.axes)
    axes[number] = y.whole(CHANNELS)
    return y.with_axes(tuple(axes))


def take(call: Call) -> FeatureMap:
    """Channels by their numbers; one of them without its axis."""
    kind: kinds.Take = call.kind
    x = call.map()
    number = x.axis(kind.axis)
    indices = kind.indices
    if indices is None:
        array = call.array(1)
        if array is None:
            raise NotUnderstood("its indices are missing")
        if array.ndim > 1:
            return reshaped_axis(x, number, array)
        indices = int(array) if array.ndim == 0 else tuple(int(each) for each in array)
    length = x.lengths[number]
    numbers = (indices,) if isinstance(indices, int) else indices
    chosen = [each % length for each in numbers if -length <= each < length]
    if len(chosen) != len(numbers) or not chosen:
        raise NotUnderstood("its indices are out of range")
    if not x.axes[number]:
        if len(chosen) > 1:
            raise NotUnderstood("it selects the same index several times")
        call.require_fixed_cells(x)
        y = x
    elif x.axes[number] in (x.whole(ROWS), x.whole(COLUMNS)) and not isinstance(indices, int):
        return cells_taken(call, x, number, chosen)
    elif isinstance(indices, int) and dimensions(x.axes[number]) != {CHANNELS}:
        part = slice(indices, indices + 1 or None)
        y = less_of_map(call, x, {number: part}, is_last=True)
    else:
        x = call.with_channels_at(x, number)
        step = chosen[1] - chosen[0] if len(chosen) > 1 else 1
        if step and chosen == list(range(chosen[0], chosen[0] + step * len(chosen), step)):
            spread = range(chosen[0], chosen[0] + step * len(chosen), step)
            y = channels_taken(call, x, number, spread)
        else:
            y = chosen_channels(call, x, number, chosen)
    if isinstance(indices, int):
        return y.with_axes(without(y.axes, [number]))
    return y


def cells_taken(call: Call, x: FeatureMap, number: int, chosen: Sequence[int]) -> FeatureMap:
    """Rows or columns: fewer of them at equal steps, or more as a pad or an enlargement."""
    step = chosen[1] - chosen[0] if len(chosen) > 1 else 1
    if step > 0 and list(chosen) == list(range(chosen[0], chosen[-1] + 1, step)):
        return less_of_map(call, x, {number: slice(chosen[0], chosen[-1] + 1, step)}, is_last=True)
    if call.builder.any_size:
        raise NotUnderstood("it selects rows or columns by index")
    kind = kind_of_cells(x, number, chosen)
    if isinstance(kind, kinds.Resizing):
        return enlarged(call, kind)
    operation = replace(call.operation, kind=kind)
    return padding(Call(call.builder, operation, call.inputs[:1]))


def reshaped_axis(x: FeatureMap, number: int, indices: np.ndarray) -> FeatureMap:
    """All along an axis, in order, as several axes: torch's as_strided."""
    before, after = x.lengths[:number], x.lengths[number + 1 :]
    if not np.array_equal(np.ravel(indices), np.arange(x.lengths[number])):
        raise NotUnderstood("it selects along several axes at once")
    return x.with_axes(reshaped(x.axes, (*before, *indices.shape, *after)))


def split(call: Call) -> list[FeatureMap]:
    """Pieces of the channels; each is a layer, the first ones with their numbers."""
    kind: kinds.Split = call.kind
    x = call.with_channels_at(call.map(), kind.axis)
    number = x.axis(kind.axis)
    sizes = split_sizes(kind, x.channels, call.arrays())
    pieces: list[FeatureMap] = []
    start = 0
    for position, size in enumerate(sizes):
        suffix = f"/{position}"
        pieces.append(channels_taken(call, x, number, range(start, start + size), suffix))
        start += size
    return pieces


def joined(call: Call) -> FeatureMap:
    """Channels one behind the other."""
    kind: kinds.Joined = call.kind
    maps = call.maps()
    if len(maps) != len(call.inputs) or not maps:
        raise NotUnderstood("it concatenates maps and constants")
    if kind.new_axis:
        number = kind.axis % (len(maps[0].axes) + 1)
        maps = [with_new_axis(x, number) for x in maps]
    number = maps[0].axis(kind.axis)
    if len(maps) == 1:
        return maps[0]
    maps = [with_channels_along(call, x, number) for x in maps]
    others = {without(x.axes, [number]) for x in maps}
    if len(others) != 1:
        raise NotUnderstood("it concatenates tensors whose axes are in different orders")
    y = call.add(Concatenate(), *maps)
    axes = list(maps[0].axes)
    axes[number] = axis_of(CHANNELS, y.channels)
    return y.with_axes(tuple(axes))


def with_channels_along(call: Call, x: FeatureMap, number: int) -> FeatureMap:
    """A tensor with its channels along an axis, which has no factors where there is but one."""
    if x.channels == 1 and not x.axes[number]:
        return x
    return call.with_channels_at(x, number)


def with_new_axis(x: FeatureMap, number: int) -> FeatureMap:
    axes = list(x.axes)
    axes.insert(number, ())
    return x.with_axes(tuple(axes))
