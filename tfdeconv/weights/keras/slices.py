"""Slices of maps in a Keras model's JSON: `x[..., ::-1]`, `x[:, ::2]`, and stacks of such."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...formats.checked_json import shown
from ...limits import MAX_ARGUMENTS, MAX_AXES
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from ..graph.strided_slices import FAR, StridedSlice, steps_of
from .layer_operations import LayerOperations

ELLIPSIS = {"class_name": "__ellipsis__"}
MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")


def get_item(layer: LayerOperations) -> None:
    """`x[key]`: parts of axes, cells of them, and new axes."""
    key = layer.options.get("key")
    entries = key if isinstance(key, list) else [key]
    if not 0 < len(entries) <= 2 * MAX_AXES:
        raise NotUnderstood(f"it is indexed with {shown(key)}, which is not understood")
    numbers: list[list[int]] = []
    masks = dict.fromkeys(MASKS, 0)
    for place, entry in enumerate(entries):
        numbers.append([0, 0, 1])
        if is_ellipsis(entry):
            masks["ellipsis"] |= 1 << place
        elif entry is None:
            masks["new_axis"] |= 1 << place
        elif type(entry) is int:
            masks["shrink_axis"] |= 1 << place
            numbers[-1] = [entry, 0, 1]
        else:
            start, stop, step = ends_of(entry)
            masks["begin"] |= (start is None) << place
            masks["end"] |= (stop is None) << place
            numbers[-1] = [start or 0, stop or 0, 1 if step is None else step]
    begins, ends, strides = zip(*numbers)
    add_slice(layer, StridedSlice(begins, ends, strides, **masks))


def is_ellipsis(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == ELLIPSIS["class_name"]


def ends_of(value: Any) -> list[int | None]:
    """The start, stop and step of a slice; raises NotUnderstood for anything else."""
    if isinstance(value, dict):
        fields = value.get("config") if value.get("class_name") == "__slice__" else value
        if isinstance(fields, dict):
            numbers = [fields.get(key) for key in ("start", "stop", "step")]
            if all(each is None or type(each) is int for each in numbers):
                return numbers
    raise NotUnderstood(f"it is indexed with {shown(value)}, which is not understood")


def strided_slice(layer: LayerOperations) -> None:
    """The same as a node of TensorFlow's: begins, ends, strides, and masks of bits for the axes."""
    columns = [layer.options.get(key) for key in ("begin", "end", "strides")]
    masks = {name: layer.options.get(f"{name}_mask", 0) for name in MASKS}
    for value in (*columns, masks.values()):
        if not isinstance(value, Iterable) or not all(type(each) is int for each in value):
            raise NotUnderstood("its positions are not integers")
    add_slice(layer, StridedSlice(*columns, **masks))


def add_slice(layer: LayerOperations, spec: StridedSlice) -> None:
    x = layer.x
    for number, kind in enumerate(steps_of(spec)):
        if 0 in axes_of(kind):
            raise NotUnderstood("it slices the batch")
        x = layer.add(kind, x, suffix=f"/{number}" if number else "/cropped")


def axes_of(kind: kinds.Kind) -> Sequence[int]:
    """The axes that a slice, or a step of one, is about."""
    if isinstance(kind, kinds.Take):
        return (kind.axis,)
    return kind.axes or () if isinstance(kind, kinds.Slice | kinds.Unsqueeze) else ()


def flip(layer: LayerOperations) -> None:
    """The channels from the last to the first."""
    axis = layer.options.axis("axis", None)
    layer.add(kinds.Slice((FAR,), (-FAR,), (axis,), (-1,)), layer.x)


def take(layer: LayerOperations) -> None:
    """Channels by their numbers, which are at equal steps."""
    indices = layer.options.get("indices")
    is_list = isinstance(indices, list) and all(type(each) is int for each in indices)
    if not is_list or layer.options.get("batch_dims", 0) != 0:
        raise NotUnderstood(f"its indices are {shown(indices)}, which are not understood")
    layer.add(kinds.Take(layer.options.axis("axis", None), tuple(indices)), layer.x)


def split(layer: LayerOperations) -> None:
    """In equal pieces, or at these numbers."""
    sections = layer.options.get("sections")
    axis = layer.options.axis("axis", None)
    if type(sections) is not int or not 1 <= sections <= MAX_ARGUMENTS:
        raise NotUnderstood(f"its sections are {shown(sections)}, which are not understood")
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
