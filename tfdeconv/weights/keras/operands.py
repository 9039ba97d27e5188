"""The arguments of a function in a Keras model's JSON, brought to one form and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...formats.checked_json import shown
from ..graph.not_understood import NotUnderstood
from .function_calls import FunctionCall
from .options import FIRST, Options

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
    "perm": "axes",
    "indices_or_sections": "sections",
    "num_or_size_splits": "sections",
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
# arguments that may have a number for each axis, the batch's and the channels' included
WINDOWS = ("pool_size", "strides")


def bind(call: FunctionCall, parameters: Sequence[str]) -> Options:
    """The arguments of a call by the names of the function's parameters.

    Raises NotUnderstood for any other argument.
    """
    values: dict[str, Any] = {}
    if len(call.positional) > len(parameters):
        raise NotUnderstood(f"it calls {call.title} with {len(call.positional)} arguments")
    values.update(zip(parameters, call.positional))
    for key, value in call.named.items():
        name = key if key in parameters else SYNONYMS.get(key, key)
        if name not in parameters:
            raise NotUnderstood(f"it calls {call.title} with {shown(key)}, which is not understood")
        values[name] = VALUES.get(value, value) if isinstance(value, str) else value
    for name in WINDOWS:
        if isinstance(values.get(name), list) and len(values[name]) == 4:
            values[name] = rows_and_columns(values[name], values.get("data_format") == FIRST)
    return Options(call.title, values)


def rows_and_columns(numbers: list[Any], channels_first: bool) -> list[Any]:
    """Of a window's extents along all axes those of rows and columns."""
    batch, *others = numbers
    channels = others.pop(0 if channels_first else -1)
    if (batch, channels) != (1, 1):
        raise NotUnderstood(f"its window is {shown(numbers)}, which is not understood")
    return others
