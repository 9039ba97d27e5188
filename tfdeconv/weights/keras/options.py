"""What a Keras model's JSON says of one layer, each value checked for type and range when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...errors import UserError
from ...formats.checked_json import shown
from ...network.base import Shape

WIDE, LONG = (
    1 << 16,
    1 << 14,
)  # most channels or units of a layer; most rows or columns of a window, a pad, an input
HUGE = 1e30


class NotUnderstood(Exception):
    """Why a layer is left out, as a clause behind its name: "its class is ..."."""


class Map(NamedTuple):
    """What goes into a layer; alone: it has one cell whatever the size of the image."""

    shape: Shape
    vector: bool
    alone: bool


def plain(value: Any) -> Any:
    """The value within what Keras wraps an array or a tuple in."""
    while isinstance(value, dict) and value.get("class_name") in (
        "__numpy__",
        "__tensor__",
        "__tuple__",
    ):
        inner = value.get("config", value.get("items"))
        value = inner.get("value") if isinstance(inner, dict) else inner
    return value


class Options:
    """The `config` of one layer."""

    def __init__(self, layer: str, values: Any, old: bool = False) -> None:
        self.layer, self.old = layer, old  # old: Keras 2 wrote it
        if not isinstance(values, dict):
            raise UserError(f"layer {layer}: its config is {shown(values)}, needs a JSON object")
        self.values: Mapping[str, Any] = values

    def wrong(self, key: str, needed: str) -> UserError:
        return UserError(
            f"layer {self.layer}: its {key} is {shown(self.values.get(key))}, needs {needed}"
        )

    def get(self, key: str, default: Any = None) -> Any:
        """A value as it is; null counts as left out."""
        value = plain(self.values.get(key))
        return default if value is None else value

    def flag(self, key: str, default: bool) -> bool:
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def whole(self, key: str, high: int, default: int | None = None) -> int:
        """An integer from 1."""
        value = self.get(key, default)
        if type(value) is not int or not 1 <= value <= high:
            raise self.wrong(key, f"a whole number from 1 to {high:,}")
        return value

    def pair(self, key: str, default: Any = None, low: int = 1) -> tuple[int, int]:
        """Two integers; one stands for both."""
        value = self.get(key, default)
        pair = [value, value] if type(value) is int else value
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(type(n) is int and low <= n <= LONG for n in pair)
        ):
            raise self.wrong(key, f"two whole numbers from {low} to {LONG:,}")
        return pair[0], pair[1]

    def pads(self, key: str) -> tuple[tuple[int, int], tuple[int, int]]:
        """((top, bottom), (left, right)), of which one number may stand for each pair or for all."""
        value = self.get(key)
        rows = [value, value] if type(value) is int else value
        if not isinstance(rows, list) or len(rows) != 2:
            raise self.wrong(key, "two pairs of whole numbers")
        top, left = (Options(self.layer, {key: row}).pair(key, low=0) for row in rows)
        return top, left

    def number(self, key: str, default: float) -> float:
        value = self.get(key, default)
        if type(value) not in (int, float) or not abs(value) <= HUGE:
            raise self.wrong(key, "a finite number")
        return float(value)

    def numbers(self, key: str, channels: int, default: Any = None) -> tuple[float, ...]:
        """A number a channel; one stands for all, and lists around the list are taken off."""
        value = self.get(key, default)
        while isinstance(value, list) and len(value) == 1:
            value = plain(value[0])
        row = value if isinstance(value, list) else [value] * channels
        if len(row) != channels or not all(type(n) in (int, float) and abs(n) <= HUGE for n in row):
            raise self.wrong(key, f"a finite number, or {channels} of them")
        return tuple(float(n) for n in row)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def last_axis(self, axes: int, default: int = -1) -> None:
        """Refuses an axis that is not the last of so many, the batch among them."""
        axis = self.get("axis", default)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if axis not in (-1, axes - 1) or type(axis) is not int:
            raise NotUnderstood(f"its axis is {shown(axis)}, not the last")

    def channels_last(self) -> None:
        if self.get("data_format", "channels_last") != "channels_last":
            raise NotUnderstood("it puts channels first")
