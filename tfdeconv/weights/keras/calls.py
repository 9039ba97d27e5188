"""How a layer is called in a Keras model's JSON: the inputs that its `inbound_nodes` name.

Keras 2, one row an input (layer, number of the call, output, keyword arguments):

    [[["conv1", 0, 0, {}], ["conv2", 0, 0, {"training": false}]]]

Keras 3, arguments as Python has them, in which each tensor says where it comes from:

    [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["conv1", 0, 0]}},
               0.5],
      "kwargs": {"training": false}}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_CALLS, MAX_INPUT_LISTS_DEEP


@dataclass(frozen=True)
class Tensor:
    """An output of a layer, by its position among that layer's outputs.

    call: which of the layer's calls gave it, by the file's numbers, which begin anywhere.
    """

    layer: str
    output: int
    call: int = 0


@dataclass(frozen=True)
class Call:
    """What a layer is called with.

    reason: why the call is not understood, "" if it is. training: whether the layer is told to do
    always what it does in training.
    """

    inputs: tuple[Tensor, ...] = ()
    reason: str = ""
    training: bool = False


def read_calls(layer: str, inbound_nodes: Any) -> tuple[Call, ...]:
    """The calls of a layer; raises UserError for what no Keras writes."""
    if not isinstance(inbound_nodes, list) or not inbound_nodes:
        raise UserError(
            f"layer {layer}: inbound_nodes is {shown(inbound_nodes)}, expected a list of calls"
        )
    if len(inbound_nodes) > MAX_CALLS:
        return (Call(reason=f"it is called {len(inbound_nodes)} times"),)
    return tuple(read_call(layer, call) for call in inbound_nodes)


def read_call(layer: str, call: Any) -> Call:
    """A call of a layer; raises UserError for what no Keras writes."""
    if isinstance(call, dict):
        arguments, options = keras3_arguments(layer, call)
    else:
        arguments, options = keras2_arguments(layer, call)
    # None stands for an argument that is no tensor
    inputs = tuple(argument for argument in arguments if argument is not None)
    matters = any(not is_ignorable(key, value) for key, value in options.items())
    if matters or None in arguments or not inputs:
        return Call(inputs, "it is called in a way that is not understood")
    return Call(inputs, training=bool(options.get("training")))


def keras2_arguments(layer: str, call: Any) -> tuple[list[Tensor | None], dict[str, Any]]:
    """The tensors of a call, and its keyword arguments."""
    is_single_row = isinstance(call, list) and call and isinstance(call[0], str)
    rows = [call] if is_single_row else call
    if not isinstance(rows, list):
        raise UserError(f"layer {layer}: its call is {shown(call)}, expected a list of inputs")
    for row in rows:
        if not isinstance(row, list) or len(row) not in (3, 4):
            raise UserError(f"layer {layer}: its call is {shown(call)}, expected a list of inputs")
    tensors: list[Tensor | None] = []
    options: dict[str, Any] = {}
    for row in rows:
        tensors.append(read_tensor(layer, row[:3]))
        if len(row) == 4 and isinstance(row[3], dict):
            options |= row[3]
    return tensors, options


def keras3_arguments(
    layer: str, call: Mapping[str, Any]
) -> tuple[list[Tensor | None], dict[str, Any]]:
    """The tensors of a call (None: something else), and its other keyword arguments."""
    positional = call.get("args")
    keywords = call.get("kwargs", {})
    if not isinstance(positional, list) or not isinstance(keywords, dict):
        raise UserError(f"layer {layer}: its call is {shown(call)}, expected args and kwargs")
    arguments = list(flatten_arguments(layer, positional))
    options: dict[str, Any] = {}
    for key, value in keywords.items():
        if is_ignorable(key, value):
            options[key] = value
            continue
        arguments.extend(flatten_arguments(layer, [value]))
        if key != "inputs":
            options[key] = value
    return arguments, options


def is_ignorable(key: str, value: Any) -> bool:
    """Whether a keyword argument of a call says nothing that is not looked at elsewhere."""
    if key == "training":
        return value in (None, False, True)
    return value is None or (isinstance(value, list) and value == [None] * len(value))


def flatten_arguments(layer: str, values: list[Any], depth: int = 0) -> Iterator[Tensor | None]:
    """The tensors in Keras 3's arguments, None for all else but null and false."""
    for value in values:
        if isinstance(value, list) and depth < MAX_INPUT_LISTS_DEEP:
            yield from flatten_arguments(layer, value, depth + 1)
        elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            config = value.get("config")
            history = config.get("keras_history") if isinstance(config, dict) else None
            yield read_tensor(layer, history)
        elif value is not None and value is not False:
            yield None


def read_tensor(layer: str, value: Any) -> Tensor:
    """A tensor from [layer, call, output]."""
    match value:
        case [str() as source, int() as call, int() as output]:
            return Tensor(source, output, call)
    raise UserError(
        f"layer {layer}: one of its inputs is {shown(value)}, "
        f"expected a layer's name and two integers"
    )
