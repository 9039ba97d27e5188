"""Slices of maps in a Keras model's JSON: `x[..., ::-1]`, `x[:, ::2]`, and stacks of such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...formats.checked_json import shown
from ...network.layers import AvgPool, Channels, Concatenate, Identity, ZeroPad
from .function_calls import Operand
from .operands import axes_of, operands_of, without_operand
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part

ELLIPSIS = {"class_name": "__ellipsis__"}
# an axis as it is
FULL = slice(None)
# an axis of a key: a slice, a cell, or None for a new axis
Item = slice | int | None
NEW_AXES = [FULL, None, None, FULL]


def get_item(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """`x[key]`: rows and columns at a stride or less the ends, some of the channels, new axes."""
    key = without_operand(options, "x", maps).get("key")
    items = items_of(options, key if isinstance(key, list) else [key], maps[0])
    return sliced(options, items, maps[0])


def strided_slice(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """The same as a node of TensorFlow's: begins, ends, strides, and masks of bits for the axes."""
    values = without_operand(options, "x", maps)
    columns = [values.get(key) for key in ("begin", "end", "strides")]
    if not all(isinstance(column, list) for column in columns):
        raise NotUnderstood(f"it is {options.layer} of positions that are not numbers")
    key: list[Any] = []
    for axis, (begin, end, stride) in enumerate(zip(*columns)):
        if has_bit(values, "ellipsis_mask", axis):
            key.append(ELLIPSIS)
        elif has_bit(values, "new_axis_mask", axis):
            key.append(None)
        elif has_bit(values, "shrink_axis_mask", axis):
            key.append(begin)
        else:
            start = None if has_bit(values, "begin_mask", axis) else begin
            stop = None if has_bit(values, "end_mask", axis) else end
            key.append({"start": start, "stop": stop, "step": stride})
    return sliced(options, items_of(options, key, maps[0]), maps[0])


def has_bit(options: Options, mask: str, axis: int) -> bool:
    value = options.get(mask, 0)
    return type(value) is int and bool(value >> axis & 1)


def items_of(options: Options, key: Sequence[Any], feature_map: FeatureMap) -> list[Item]:
    """An item for each axis of the map and each new one, the batch's included."""
    items: list[Item] = []
    old_axes = sum(each is not None and not is_ellipsis(each) for each in key)
    for each in key:
        if is_ellipsis(each):
            items.extend([FULL] * (feature_map.axes - old_axes))
        else:
            items.append(item_of(options, each))
    new_axes = items.count(None)
    items.extend([FULL] * (feature_map.axes + new_axes - len(items)))
    return items


def is_ellipsis(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == ELLIPSIS["class_name"]


def item_of(options: Options, value: Any) -> Item:
    """An item of a key; raises NotUnderstood for one that is not of numbers."""
    if value is None or type(value) is int:
        return value
    if isinstance(value, dict):
        fields = value.get("config") if value.get("class_name") == "__slice__" else value
        if isinstance(fields, dict):
            ends = [fields.get(key) for key in ("start", "stop", "step")]
            if all(end is None or type(end) is int for end in ends) and ends[2] != 0:
                return slice(*ends)
    raise NotUnderstood(f"it is {options.layer} at {shown(value)}, which is not understood")


def sliced(options: Options, items: Sequence[Item], feature_map: FeatureMap) -> list[Part]:
    """The parts that a slice comes to; raises NotUnderstood for one that has no such."""
    if feature_map.vector and list(items) == NEW_AXES:
        return [Part(Identity("map"))]
    if feature_map.plane and list(items) == [FULL, FULL, FULL, None]:
        return [Part(Identity(), plane=False)]
    if len(items) != feature_map.axes or None in items or items[0] != FULL:
        raise NotUnderstood(f"it is {options.layer} with a key that is not understood")
    if feature_map.plane:
        return joined(rows_and_columns(options, items[1:]))
    last = channel_part(options, items[-1], feature_map)
    if feature_map.vector:
        return joined(last)
    if feature_map.single_cell and [cell in (0, -1) for cell in items[1:3]] == [True, True]:
        return joined([*last, Part(Identity("vector"))])
    return joined([*rows_and_columns(options, items[1:3]), *last])


def rows_and_columns(options: Options, items: Sequence[Item]) -> list[Part]:
    """A crop by what the slices leave out at the ends, then every so manieth row and column."""
    pads: list[tuple[int, int]] = []
    strides: list[int] = []
    for item in items:
        if not isinstance(item, slice):
            raise NotUnderstood(f"it is {options.layer}, which takes single rows or columns out")
        start = item.start or 0
        stop = item.stop or 0
        step = item.step or 1
        # other ends would be cells that depend on the size of the map
        if start < 0 or stop > 0 or item.stop == 0 or step < 0:
            raise NotUnderstood(f"it is {options.layer}, which cuts at other than the map's ends")
        pads.append((-start, stop))
        strides.append(step)
    parts: list[Part] = []
    if any(map(any, pads)):
        parts.append(Part(ZeroPad((pads[0], pads[1])), suffix="/cropped"))
    if max(strides) > 1:
        # one cell of each is its own mean
        parts.append(Part(AvgPool(1, (strides[0], strides[1])), suffix="/strided"))
    return parts


def channel_part(options: Options, item: Item, feature_map: FeatureMap) -> list[Part]:
    """Some of the channels; a single one without its axis."""
    channels = feature_map.shape[2]
    if item == FULL:
        return []
    if isinstance(item, slice):
        chosen = range(*item.indices(channels))
        if not chosen:
            raise NotUnderstood(f"it is {options.layer}, which leaves no channel")
        return [Part(Channels(chosen[0], len(chosen), chosen.step), suffix="/channels")]
    if not isinstance(item, int) or not -channels <= item < channels or feature_map.vector:
        raise NotUnderstood(f"it is {options.layer} of a channel that is not understood")
    return [Part(Channels(item % channels, 1), suffix="/channels", plane=True)]


def joined(parts: Sequence[Part]) -> list[Part]:
    """The parts, the last of which has the layer's own name."""
    if not parts:
        return [Part(Identity())]
    return [*parts[:-1], replace(parts[-1], suffix="")]


def flip(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """The channels from the last to the first."""
    axes = axes_of(without_operand(options, "x", maps), maps[0])
    feature_map = maps[0]
    if feature_map.plane or axes != [feature_map.axes - 1]:
        raise NotUnderstood(f"it is {options.layer} of other than the channels")
    channels = feature_map.shape[2]
    return [Part(Channels(channels - 1, channels, -1))]


def take(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """Channels by their numbers, which are at equal steps."""
    values = without_operand(options, "x", maps)
    feature_map = maps[0]
    channels = feature_map.shape[2]
    indices = values.get("indices")
    is_last_axis = axes_of(values, feature_map) == [feature_map.axes - 1]
    if not is_last_axis or not isinstance(indices, list) or values.get("batch_dims", 0) != 0:
        raise NotUnderstood(f"it is {options.layer} of other than channels")
    if not indices or not all(type(each) is int and 0 <= each < channels for each in indices):
        raise NotUnderstood(f"it is {options.layer} of {shown(indices)}")
    step = indices[1] - indices[0] if len(indices) > 1 else 1
    layer = Channels(indices[0], len(indices), step or 1)
    if list(layer.indices) != indices:
        raise NotUnderstood(f"it is {options.layer} of channels in no order")
    return [Part(layer)]


def concatenate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """Maps side by side along their channels, in the order of the list."""
    reads = reads_of_list(options, maps)
    first = maps[0]
    if first.plane or axes_of(options, first) not in ([], [first.axes - 1]):
        raise NotUnderstood(f"it is {options.layer} along other than the channels")
    require_one_size(options, maps)
    return [Part(Concatenate(), reads=reads)]


def stack(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """Planes as the channels of a map, in the order of the list."""
    reads = reads_of_list(options, maps)
    require_one_size(options, maps)
    if not maps[0].plane or options.get("axis", 0) not in (-1, 3):
        raise NotUnderstood(f"it is {options.layer} of other than planes along the channels")
    return [Part(Concatenate(), reads=reads, plane=False)]


def reads_of_list(options: Options, maps: Sequence[FeatureMap]) -> tuple[int, ...]:
    """The positions of the tensors in a list of them; raises NotUnderstood for anything else."""
    positions: list[int] = []
    for operand in operands_of(options, "x"):
        if not isinstance(operand, Operand):
            raise NotUnderstood(f"it is {options.layer} of values that are not all tensors")
        positions.append(operand.position)
    if len(positions) != len(maps):
        raise NotUnderstood(f"it is {options.layer} of values that are not understood")
    return tuple(positions)


def require_one_size(options: Options, maps: Sequence[FeatureMap]) -> None:
    for feature_map in maps:
        same_size = feature_map.shape[:2] == maps[0].shape[:2]
        if not same_size or feature_map.axes != maps[0].axes:
            raise NotUnderstood("its inputs' shapes differ")


def expand_dims(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """A plane as a map of one channel, or a vector as a map of one cell."""
    axis = without_operand(options, "x", maps).get("axis")
    if maps[0].plane and axis in (-1, 3):
        return [Part(Identity(), plane=False)]
    if maps[0].vector and axis == [1, 2]:
        return [Part(Identity("map"))]
    raise NotUnderstood(f"it is {options.layer} along {shown(axis)}, which is not understood")


def squeeze(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """A map of one cell as a vector, or a map of one channel as a plane."""
    feature_map = maps[0]
    axes = axes_of(without_operand(options, "x", maps), feature_map)
    if feature_map.axes == 4 and feature_map.single_cell and axes == [1, 2]:
        return [Part(Identity("vector"))]
    if feature_map.axes == 4 and feature_map.shape[2] == 1 and axes == [3]:
        return [Part(Identity(), plane=True)]
    raise NotUnderstood(f"it is {options.layer} of {axes}, which is not understood")
