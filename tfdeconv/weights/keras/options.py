"""The options of one layer in a Keras model's JSON; each is checked when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_EXTENT, MAX_LISTS_DEEP, MAX_NUMBER
from ...network.base import Shape

# what Keras wraps arrays and tuples in
WRAPPERS = ("__numpy__", "__tensor__", "__tuple__", "TensorShape")


class NotUnderstood(Exception):
    """Why a layer is left out, as a clause that follows its name: "its class is ..."."""


class FeatureMap(NamedTuple):
    """What is known of a layer's input.

    shape: (height, width, channels). vector: it has no height and width in Keras. single_cell: it
    has one cell whatever the size of the image, so that a dense layer or a scale per channel fits.
    plane: it has no axis of channels in Keras, as `x[..., 0]` has not. channels_first: in Keras its
    axes are channels, height, width.
    """

    shape: Shape
    vector: bool
    single_cell: bool
    plane: bool = False
    channels_first: bool = False

    @property
    def axes(self) -> int:
        """How many axes Keras counts, the batch included."""
        if self.plane:
            return 3
        return 2 if self.vector else 4


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

    def per_channel(self, key: str, channels: int, default: Any = None) -> tuple[float, ...]:
        """A number for each channel; one stands for all. Lists around the list are taken off."""
        value = self.get(key, default)
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
        numbers = value if isinstance(value, list) else [value] * channels
        if len(numbers) != channels or not all(map(is_number, numbers)):
            raise self.error(key, f"a finite number, or {channels} of them")
        return tuple(map(float, numbers))

    def string(self, key: str, default: str | None = None) -> str:
        value = self.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, "a string")
        return value

    def require_last_axis(self, axes: int) -> None:
        """Raises NotUnderstood for an axis that is not the last of so many, the batch included."""
        axis = self.get("axis", -1)
        if isinstance(axis, list) and len(axis) == 1:
            axis = axis[0]
        if axis not in (-1, axes - 1) or type(axis) is not int:
            raise NotUnderstood(f"its axis is {shown(axis)}, not the last")

    def require_channels_last(self) -> None:
        if self.get("data_format", "channels_last") != "channels_last":
            raise NotUnderstood("it puts channels first")


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
