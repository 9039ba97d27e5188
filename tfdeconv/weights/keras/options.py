"""The options of one layer in a Keras model's JSON; each is checked when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_AXES, MAX_EXTENT, MAX_LISTS_DEEP, MAX_NUMBER
from ..graph.not_understood import NotUnderstood

# what Keras wraps arrays and tuples in
WRAPPERS = ("__numpy__", "__tensor__", "__tuple__", "TensorShape")
# where a map has its channels: [n, c, h, w] or [n, h, w, c]
FIRST, LAST = "channels_first", "channels_last"
# Keras 1's words
DIM_ORDERINGS = {"th": FIRST, "tf": LAST}


class Options:
    """The `config` of one layer. keras2: Keras 2 wrote it, which calls some things otherwise."""

    def __init__(self, layer: str, values: Any, keras2: bool = False) -> None:
        if not isinstance(values, dict):
            raise UserError(f"layer {layer}: config is {shown(values)}, expected a JSON object")
        self.layer = layer
        self.values: Mapping[str, Any] = values
        self.keras2 = keras2

    def error(self, key: str, expected: str) -> UserError:
        """The error to raise for an option that is not what it must be."""
        value = shown(self.values.get(key))
        return UserError(f"layer {self.layer}: {key} is {value}, expected {expected}")

    def get(self, key: str, default: Any = None) -> Any:
        """A value as it is; null counts as left out."""
        value = unwrap(self.values.get(key))
        if value is None:
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

    def integer(self, key: str, high: int, default: int | None = None) -> int:
        """An integer from 1 to `high`."""
        value = self.get(key, default)
        if type(value) is not int or not 1 <= value <= high:
            raise self.error(key, f"an integer from 1 to {high:,}")
        return value

    def pair(self, key: str, default: Any = None, low: int = 1) -> tuple[int, int]:
        """Two integers from `low` to MAX_EXTENT; a single one stands for both."""
        value = self.get(key, default)
        pair = [value, value] if type(value) is int else value
        if not isinstance(pair, list) or len(pair) != 2:
            raise self.error(key, f"two integers from {low} to {MAX_EXTENT:,}")
        for number in pair:
            if type(number) is not int or not low <= number <= MAX_EXTENT:
                raise self.error(key, f"two integers from {low} to {MAX_EXTENT:,}")
        return pair[0], pair[1]

    def pads(self, key: str) -> tuple[tuple[int, int], tuple[int, int]]:
        """((top, bottom), (left, right)); one number may stand for a pair, or for all four."""
        value = self.get(key)
        pairs = [value, value] if type(value) is int else value
        if not isinstance(pairs, list) or len(pairs) != 2:
            raise self.error(key, "two pairs of integers")
        rows, columns = pairs
        top_bottom = Options(self.layer, {key: rows}).pair(key, low=0)
        left_right = Options(self.layer, {key: columns}).pair(key, low=0)
        return top_bottom, left_right

    def number(self, key: str, default: float) -> float:
        value = self.get(key, default)
        if not is_number(value):
            raise self.error(key, "a finite number")
        return float(value)

    def numbers(self, key: str, default: Any = None) -> np.ndarray:
        """A number, or one for each channel. Lists around the list are taken off."""
        value = self.get(key, default)
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
        numbers = value if isinstance(value, list) else [value]
        if not all(map(is_number, numbers)):
            raise self.error(key, "a finite number, or one for each channel")
        return np.array(value, np.float64)

    def string(self, key: str, default: str | None = None) -> str:
        value = self.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, "a string")
        return value

    def axes(self, key: str = "axis", default: Any = -1) -> tuple[int, ...]:
        """The axes that an option names, the batch's counted, of which none is that one."""
        value = self.get(key, default)
        axes = value if isinstance(value, list) else [value]
        if not axes or not all(
            type(axis) is int and axis and abs(axis) <= MAX_AXES for axis in axes
        ):
            raise NotUnderstood(f"its {key} is {shown(value)}, which is not understood")
        return tuple(axes)

    def axis(self, key: str = "axis", default: int | None = -1) -> int:
        """The one axis that an option names."""
        axes = self.axes(key, default)
        if len(axes) != 1:
            raise NotUnderstood(
                f"its {key} is {shown(self.values.get(key))}, which is not understood"
            )
        return axes[0]

    @property
    def layout(self) -> str | None:
        """FIRST or LAST, where the layer says which of a map's axes are the channels."""
        ordering = DIM_ORDERINGS.get(str(self.get("dim_ordering")))
        layout = self.get("data_format", ordering)
        return layout if layout in (FIRST, LAST) else None

    @property
    def channel_axis(self) -> int:
        """Which of a map's four axes are the channels."""
        layout = self.get("data_format", LAST)
        if layout not in (FIRST, LAST):
            raise NotUnderstood(f"its data_format is {shown(layout)}, which is not understood")
        return 1 if self.layout == FIRST else 3

    def by_axis(self, rows: Any, columns: Any, others: Any) -> tuple[Any, ...]:
        """What an operation does along each of a map's axes, the batch's included."""
        by_axis = [others, rows, columns]
        by_axis.insert(self.channel_axis, others)
        return tuple(by_axis)


def unwrap(value: Any, depth: int = 0) -> Any:
    """The value within what Keras wraps an array or a tuple in, within lists too."""
    while isinstance(value, dict):
        if value.get("type") == "ndarray":
            # a number of numpy's, as Keras 2 wrote it up to 2019
            value = value.get("value")
        elif value.get("class_name") in WRAPPERS:
            inner = value.get("config", value.get("items"))
            value = inner.get("value") if isinstance(inner, dict) else inner
        else:
            return value
    if isinstance(value, list) and depth < MAX_LISTS_DEEP:
        return [unwrap(each, depth + 1) for each in value]
    return value


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number (not true or false)."""
    return type(value) in (int, float) and abs(value) <= MAX_NUMBER
