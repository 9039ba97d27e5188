"""Slices of maps in a Keras model's JSON: `x[..., ::-1]`, `x[:, ::2]`, and stacks of such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...formats.checked_json import shown
from ...limits import MAX_ARGUMENTS, MAX_AXES
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .layer_operations import LayerOperations
from .options import Options

ELLIPSIS = {"class_name": "__ellipsis__"}
# an axis as it is
FULL = slice(None)
# where a slice ends that has no end
OPEN_END = 1 << 31
# an item of a key: a slice, a cell, or None for a new axis
Item = slice | int | None


def get_item(layer: LayerOperations) -> None:
    """`x[key]`: parts of axes, cells of them, and new axes."""
    key = layer.options.get("key")
    add_slice(layer, key if isinstance(key, list) else [key])


def strided_slice(layer: LayerOperations) -> None:
    """The same as a node of TensorFlow's: begins, ends, strides, and masks of bits for the axes."""
    values = layer.options
    columns = [values.get(key) for key in ("begin", "end", "strides")]
    if not all(isinstance(column, list) for column in columns):
        raise NotUnderstood("it has positions that are not numbers")
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
    add_slice(layer, key)


def has_bit(options: Options, mask: str, axis: int) -> bool:
    value = options.get(mask, 0)
    return type(value) is int and bool(value >> axis & 1)


class Place(NamedTuple):
    """An item of a key, its axis among the input's, and the one among the output's.

    Behind an ellipsis axes count from the end.
    """

    item: Item
    axis: int
    new_axis: int


def add_slice(layer: LayerOperations, key: Sequence[Any]) -> None:
    """Slices, then cells, then new axes; raises NotUnderstood for a part of the batch."""
    places = places_of(key)
    if not places or (places[0].axis == 0 and places[0].item != FULL):
        raise NotUnderstood(f"it takes {shown(list(key))}, which is not understood")
    parts = [(each.axis, each.item) for each in places if isinstance(each.item, slice)]
    parts = [(axis, part) for axis, part in parts if part != FULL]
    cells = [(each.axis, each.item) for each in places if isinstance(each.item, int)]
    new_axes = tuple(each.new_axis for each in places if each.item is None)
    x = layer.x
    if parts:
        axes, slices = zip(*parts)
        starts, stops, steps = zip(*map(ends, slices))
        suffix = "/cropped" if cells else "/part"
        x = layer.add(kinds.Slice(starts, stops, axes, steps), x, suffix=suffix)
    # from the outer ones in, so that the numbers of the others stay
    for number, (axis, cell) in enumerate(sorted(cells, key=lambda each: abs(each[0]))[::-1], 1):
        x = layer.add(kinds.Take(axis, cell), x, suffix=f"/{number}")
    if new_axes:
        layer.add(kinds.Unsqueeze(new_axes), x)
    elif not parts and not cells:
        layer.add(kinds.Idle(), x)


def places_of(key: Sequence[Any]) -> list[Place]:
    """Each item of a key with its axes."""
    items: list[Item] = []
    behind: int | None = None
    for each in key[: 2 * MAX_AXES]:
        if is_ellipsis(each):
            behind = len(items)
        else:
            items.append(item_of(each))
    if len(key) > 2 * MAX_AXES or sum(map(is_ellipsis, key)) > 1:
        raise NotUnderstood("it has a key that is not understood")
    places: list[Place] = []
    for position, item in enumerate(items):
        from_end = behind is not None and position >= behind
        others = items[position + 1 :] if from_end else items[:position]
        old = sum(other is not None for other in others)
        new = sum(not isinstance(other, int) for other in others)
        places.append(Place(item, -1 - old if from_end else old, -1 - new if from_end else new))
    return places


def is_ellipsis(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == ELLIPSIS["class_name"]


def item_of(value: Any) -> Item:
    """An item of a key; raises NotUnderstood for one that is not of numbers."""
    if value is None or type(value) is int:
        return value
    if isinstance(value, dict):
        fields = value.get("config") if value.get("class_name") == "__slice__" else value
        if isinstance(fields, dict):
            numbers = [fields.get(key) for key in ("start", "stop", "step")]
            if all(each is None or type(each) is int for each in numbers) and numbers[2] != 0:
                return slice(*numbers)
    raise NotUnderstood(f"it takes {shown(value)}, which is not understood")


def ends(part: slice) -> tuple[int, int, int]:
    """The start, stop and step of a slice as numbers."""
    step = part.step or 1
    last, first = (OPEN_END, 0) if step > 0 else (-OPEN_END, OPEN_END)
    start = first if part.start is None else part.start
    return start, last if part.stop is None else part.stop, step


def flip(layer: LayerOperations) -> None:
    """The channels from the last to the first."""
    axis = layer.options.axis("axis", None)
    layer.add(kinds.Slice((OPEN_END,), (-OPEN_END,), (axis,), (-1,)), layer.x)


def take(layer: LayerOperations) -> None:
    """Channels by their numbers, which are at equal steps."""
    indices = layer.options.get("indices")
    is_list = isinstance(indices, list) and all(type(each) is int for each in indices)
    if not is_list or layer.options.get("batch_dims", 0) != 0:
        raise NotUnderstood(f"it takes {shown(indices)}")
    layer.add(kinds.Take(layer.options.axis("axis", None), tuple(indices)), layer.x)


def split(layer: LayerOperations) -> None:
    """In equal pieces, or at these numbers."""
    sections = layer.options.get("sections")
    axis = layer.options.axis("axis", None)
    if type(sections) is not int or not 1 <= sections <= MAX_ARGUMENTS:
        raise NotUnderstood(f"it splits in {shown(sections)}")
    layer.add(kinds.Split(axis, count=sections), layer.x, outputs=sections)


def concatenate(layer: LayerOperations) -> None:
    """Maps side by side, in the order of the list."""
    layer.add(kinds.Joined(layer.options.axis()), *layer.operands("x"))


def stack(layer: LayerOperations) -> None:
    """Maps side by side along a new axis."""
    kind = kinds.Joined(layer.options.axis("axis", 0), new_axis=True)
    layer.add(kind, *layer.operands("x"))


def expand_dims(layer: LayerOperations) -> None:
    layer.add(kinds.Unsqueeze(layer.options.axes("axis", None)), layer.x)


def squeeze(layer: LayerOperations) -> None:
    layer.add(kinds.Squeeze(layer.options.axes("axis", None)), layer.x)
