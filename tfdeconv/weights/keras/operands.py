"""The arguments of a function in a Keras model's JSON, brought to one form and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...formats.checked_json import shown
from .function_calls import FunctionCall, Operand
from .options import FeatureMap, NotUnderstood, Options, is_number

# what frameworks and their versions call the same argument
SYNONYMS = {
    "x1": "x",
    "xs": "x",
    "inputs": "x",
    "input": "x",
    "input_tensor": "x",
    "tensor": "x",
    "tensors": "x",
    "images": "x",
    "features": "x",
    "params": "x",
    "logits": "x",
    "value": "x",
    "values": "x",
    "variable": "x",
    "x2": "y",
    "b": "y",
    "bias": "y",
    "method": "interpolation",
    "newshape": "shape",
    "keep_dims": "keepdims",
    "alpha": "negative_slope",
    "x_min": "low",
    "clip_value_min": "low",
    "x_max": "high",
    "clip_value_max": "high",
    "paddings": "pad_width",
    "ksize": "pool_size",
    "slice_spec": "key",
    "dstt": "dtype",
    "squeeze_dims": "axis",
}
# what TensorFlow calls the values of arguments
VALUES = {
    "NHWC": "channels_last",
    "nhwc": "channels_last",
    "NCHW": "channels_first",
    "nchw": "channels_first",
    "SAME": "same",
    "VALID": "valid",
    "CONSTANT": "constant",
}
# arguments with a number for each axis of [batch, height, width, channels]
WINDOWS = ("pool_size", "strides")


def bind(call: FunctionCall, parameters: Sequence[str]) -> Options:
    """The arguments of a call by the names of the function's parameters.

    Raises NotUnderstood for any other argument.
    """
    values: dict[str, Any] = {}
    if len(call.positional) > len(parameters):
        raise NotUnderstood(f"it is {call.title} with {len(call.positional)} arguments")
    values.update(zip(parameters, call.positional))
    for key, value in call.named.items():
        name = key if key in parameters else SYNONYMS.get(key, key)
        if name not in parameters:
            raise NotUnderstood(f"it is {call.title} with {shown(key)}, which is not understood")
        values[name] = argument_value(name, value)
    return Options(call.title, values)


def argument_value(name: str, value: Any) -> Any:
    """A value by Keras's name for it; of four numbers for a window the two of rows and columns."""
    if isinstance(value, str):
        return VALUES.get(value, value)
    if name in WINDOWS and isinstance(value, list) and len(value) == 4:
        return value[1:3]
    return value


def operands_of(options: Options, key: str) -> list[Any]:
    """An argument that is a list of tensors and numbers, or one of them."""
    value = options.get(key)
    return value if isinstance(value, list) else [value]


def without_operand(options: Options, key: str, maps: Sequence[FeatureMap]) -> Options:
    """The options of a function of one tensor; raises NotUnderstood for what has not just that."""
    if not isinstance(options.get(key), Operand) or len(maps) != 1:
        raise NotUnderstood(f"it is {options.layer} of {len(maps)} tensors, not understood so")
    rest: Mapping[str, Any] = {name: v for name, v in options.values.items() if name != key}
    return Options(options.layer, rest)


def channel_numbers(title: str, value: Any, feature_map: FeatureMap) -> tuple[float, ...]:
    """A constant as a number for each channel; it is one number, or an array that comes to that.

    Raises NotUnderstood for an array that differs from row to row or column to column.
    """
    channels = feature_map.shape[2]
    axes = 0
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
        axes += 1
    if isinstance(value, list):
        axes += 1
    numbers = value if isinstance(value, list) else [value] * channels
    varies = isinstance(value, list)
    is_fitting = len(numbers) == channels and all(map(is_number, numbers))
    # the last axis of a plane is that of its columns
    if not is_fitting or axes > feature_map.axes or (varies and feature_map.plane):
        raise NotUnderstood(f"it is {title} with a constant that is not a number for each channel")
    return tuple(map(float, numbers))


def axes_of(options: Options, feature_map: FeatureMap, key: str = "axis") -> list[int]:
    """The axes that an argument names, from 0, sorted; [] where it names none."""
    value = options.get(key)
    if value is None:
        return []
    numbers = value if isinstance(value, list) else [value]
    axes: list[int] = []
    for number in numbers:
        if type(number) is not int or not -feature_map.axes <= number < feature_map.axes:
            raise NotUnderstood(f"its {key} is {shown(value)}")
        axes.append(number % feature_map.axes)
    return sorted(axes)
