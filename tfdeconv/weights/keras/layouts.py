"""Keras models that put channels first, [n, c, h, w], read as if they put them last.

Kernels are the same in both layouts, and so is what comes out, up to the order of axes. So where a
map has its channels first in Keras, a layer's options are said in the other layout, and whatever
cannot be is not understood. Which layout a map has is known by map: a Permute changes it, and a
Flatten that does not put the channels last itself gives channels, rows, columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ...errors import UserError
from ...formats.checked_json import shown
from ...network.layers import Flatten, Identity
from .entries import Entry, Model
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, only_input

FIRST, LAST = "channels_first", "channels_last"
# Keras 1's words
DIM_ORDERINGS = {"th": FIRST, "tf": LAST}
# axes of a map with channels first that are its channels, and how they are written
CHANNEL_AXES = (1, -3, [1], [-3])
TO_FIRST, TO_LAST = [3, 1, 2], [2, 3, 1]
# classes that have a layout, but whose output is flat and whose input may have either
FLATTENERS = ("Flatten",)
# functions whose operands may be maps of either layout and numbers
ELEMENTWISE = (
    *("add", "subtract", "multiply", "divide", "true_divide", "truediv", "identity", "negative"),
    *("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "sigmoid", "tanh"),
    *("softplus", "hard_sigmoid", "hard_swish", "mish", "square", "maximum", "minimum"),
)


def layout_of(entry: Entry) -> str | None:
    """The layout that a layer says, channels_first or channels_last; None where it says none."""
    ordering = DIM_ORDERINGS.get(str(entry.options.get("dim_ordering")))
    layout = entry.options.get("data_format", ordering)
    return layout if layout in (FIRST, LAST) and entry.class_name not in FLATTENERS else None


def has_channels_first(model: Model) -> bool:
    """Whether a model's images have their channels first: as its first layer with a layout says."""
    permuted = False
    for entry in model.all_entries():
        permuted = permuted or entry.class_name == "Permute"
        layout = layout_of(entry)
        if layout:
            return (layout == FIRST) != permuted
    return False


def with_channels_last(entry: Entry, maps: Sequence[FeatureMap]) -> Entry:
    """A layer with its options as they are for channels last.

    Raises UserError for a layer whose layout is not that of its inputs, and NotUnderstood for what
    cannot be said in the other.
    """
    pictures = [feature_map for feature_map in maps if not feature_map.vector]
    layouts = {feature_map.channels_first for feature_map in pictures}
    layout = layout_of(entry)
    if layout and layouts and layouts != {layout == FIRST}:
        words = "first" if layout == FIRST else "last"
        raise UserError(
            f"the model mixes channels first and last: layer {entry.name} puts them {words}, and "
            f"its input has them otherwise; save it with one data_format throughout"
        )
    if True not in layouts:
        return entry
    if layouts != {True}:
        raise NotUnderstood("its inputs have their channels on different axes")
    if entry.function or entry.formula is not None:
        return only_elementwise(entry)
    values = dict(entry.options.values)
    if layout:
        del values["data_format" if "data_format" in values else "dim_ordering"]
    change = CHANGES.get(entry.class_name)
    if change:
        change(values, maps[0])
    return replace(entry, options=Options(entry.name, values, entry.options.keras2))


def only_elementwise(entry: Entry) -> Entry:
    """A function, unless it knows one axis from another."""
    calls = [entry.function] if entry.function else list(entry.formula or ())
    for call in calls:
        operands = (*call.positional, *call.named.values()) if call else ()
        if call and (call.name not in ELEMENTWISE or any(isinstance(x, list) for x in operands)):
            raise NotUnderstood(f"it calls {call.title} on a map with its channels first")
    return entry


# how the options of a class are said for channels last


def axis_of_channels(values: dict[str, Any], feature_map: FeatureMap) -> None:
    axis = values.get("axis", -1)
    if axis not in CHANNEL_AXES:
        raise NotUnderstood(f"its axis is {shown(axis)}, not that of the channels, which are first")
    values["axis"] = -1


def numbers_for_all(values: dict[str, Any], feature_map: FeatureMap) -> None:
    """Numbers for each channel would be along the columns."""
    for key in ("scale", "offset"):
        if isinstance(values.get(key), list | dict):
            raise NotUnderstood(f"its {key} has several numbers, and the channels are first")


def refuse(values: dict[str, Any], feature_map: FeatureMap) -> None:
    raise NotUnderstood("it is not understood on a map with its channels first")


CHANGES: dict[str, Callable[[dict[str, Any], FeatureMap], None]] = {
    "BatchNormalization": axis_of_channels,
    "LayerNormalization": axis_of_channels,
    "GroupNormalization": axis_of_channels,
    "UnitNormalization": axis_of_channels,
    "Normalization": axis_of_channels,
    "Concatenate": axis_of_channels,
    "Softmax": axis_of_channels,
    "Rescaling": numbers_for_all,
    "Dense": refuse,
    "PReLU": refuse,
    "RMSNormalization": refuse,
    "LayerScale": refuse,
    "CustomScaleLayer": refuse,
}


# layers for which the layout matters most


def flatten(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """In the order of the map's axes; channels_first moves the channels behind them before."""
    feature_map = only_input(maps)
    if feature_map.vector:
        return [Part(Identity())]
    moved = options.get("data_format", LAST) == FIRST
    if moved and not feature_map.channels_first:
        raise NotUnderstood("it puts channels first, and its input has them last")
    return [Part(Flatten(channels_first=feature_map.channels_first and not moved))]


def permute(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """Only what moves the channels to the front or to the end."""
    feature_map = only_input(maps)
    dims = options.get("dims")
    if dims == list(range(1, feature_map.axes)):
        return [Part(Identity())]
    if not feature_map.vector:
        if dims == TO_LAST and feature_map.channels_first:
            return [Part(Identity(), channels_first=False)]
        if dims == TO_FIRST and not feature_map.channels_first:
            return [Part(Identity(), channels_first=True)]
    raise NotUnderstood(f"it permutes axes by {shown(dims)}")
