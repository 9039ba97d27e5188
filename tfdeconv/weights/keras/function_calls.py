"""Functions of tensors in a Keras model's JSON: `x / 127.5`, `keras.ops.relu(x)`, `x[..., ::-1]`.

Three generations write them, each in its way, and all become a FunctionCall here:

    Keras 3       an entry of the function's class, its call with arguments as Python has them:
                  "TrueDivide", [{"args": [TENSOR, 127.5], "kwargs": {}}]
    tf.keras 2    class TFOpLambda, the function in its config, arguments beside the first tensor:
                  "math.truediv", [["input_1", 0, 0, {"y": 127.5}]]
    tf.keras 2.0  class TensorFlowOpLayer, a node of TensorFlow's, constants by position:
                  {"op": "RealDiv"}, {"1": 127.5}, [[["input_1", 0, 0, {}]]]
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_ARGUMENTS, MAX_LISTS_DEEP
from .calls import Call, Tensor, read_tensor
from .names import snake_case
from .options import Options, unwrap

TF_LAMBDAS = ("TFOpLambda", "SlicingOpLambda")
TF_NODE = "TensorFlowOpLayer"
# classes of layers that are functions of TensorFlow's
TF_FUNCTIONS = (*TF_LAMBDAS, TF_NODE)
# stands in a row for a layer's name: what follows is a number, not a tensor
CONSTANT = "_CONSTANT_VALUE"


@dataclass(frozen=True)
class Operand:
    """An argument that is a tensor: its position among the tensors of the call."""

    position: int


@dataclass(frozen=True)
class FunctionCall:
    """A function and its arguments: Operands, numbers, texts, None, and lists and dicts of those.

    name: as the function is called in a file, in small letters. title: as its framework calls it,
    for messages.
    """

    name: str
    title: str
    positional: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)


def read_function(
    layer: str, class_name: str, options: Options, inbound_nodes: Any
) -> tuple[FunctionCall | None, Call]:
    """What an entry calls, and with which tensors; None where the call is not understood.

    Raises UserError for what no Keras writes.
    """
    if not isinstance(inbound_nodes, list) or not inbound_nodes:
        raise UserError(
            f"layer {layer}: inbound_nodes is {shown(inbound_nodes)}, expected a list of one call"
        )
    if len(inbound_nodes) > 1:
        return None, Call(reason=f"it is called {len(inbound_nodes)} times")
    reader = CallReader(layer)
    if class_name == TF_NODE:
        function = reader.tf_node(options, inbound_nodes[0])
    elif class_name in TF_LAMBDAS:
        function = reader.tf_lambda(options, inbound_nodes[0])
    else:
        function = reader.operation(class_name, options, inbound_nodes[0])
    return function, Call(tuple(reader.tensors))


class CallReader:
    """Reads one call, and notes its tensors in the order in which it meets them."""

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self.tensors: list[Tensor] = []

    def operation(self, class_name: str, options: Options, call: Any) -> FunctionCall:
        """A function of Keras 3's: arguments in its config, and those of its call."""
        name = snake_case(class_name)
        fields = call if isinstance(call, dict) else {}
        positional = fields.get("args")
        named = fields.get("kwargs", {})
        if not isinstance(positional, list) or not isinstance(named, dict):
            raise UserError(f"layer {self.layer}: its call is {shown(call)}, expected args, kwargs")
        arguments = [self.value(argument, keras3_tensor) for argument in positional]
        options_of_call = {key: self.value(value, keras3_tensor) for key, value in named.items()}
        values = {key: unwrap(value) for key, value in options.values.items()}
        return FunctionCall(
            name, f"keras.ops.{name}", tuple(arguments), without_nulls(values | options_of_call)
        )

    def tf_lambda(self, options: Options, call: Any) -> FunctionCall:
        """A function of TensorFlow's: its first argument has the others beside it."""
        function = options.string("function")
        first, named = self.rows(call)
        options_of_call = {key: self.value(value, row_tensor) for key, value in named.items()}
        name = function.rpartition(".")[2].lower()
        return FunctionCall(name, f"tf.{function}", (first,), without_nulls(options_of_call))

    def tf_node(self, options: Options, call: Any) -> FunctionCall:
        """A node of TensorFlow's graph: tensors in order, constants at the positions given."""
        node = options.get("node_def")
        if isinstance(node, str):
            node = parsed(node)
        constants = options.get("constants", {})
        if not isinstance(node, dict) or not isinstance(constants, dict):
            raise options.error("node_def", "a node of TensorFlow's with its constants")
        first, _ = self.rows(call)
        operands = first if isinstance(first, list) else [first]
        count = len(operands) + len(constants)
        arguments: list[Any] = []
        for position in range(min(count, MAX_ARGUMENTS)):
            if str(position) in constants:
                arguments.append(unwrap(constants[str(position)]))
            elif operands:
                arguments.append(operands.pop(0))
        attributes = node.get("attr")
        named: dict[str, Any] = {}
        for key, value in attributes.items() if isinstance(attributes, dict) else ():
            if not is_type_of_inputs(key):
                named[key.lower()] = tf_attribute(value)
        op = str(node.get("op"))
        name = snake_case(op).removesuffix("_v2").removesuffix("v2")
        return FunctionCall(name, f"tf.raw_ops.{op}", tuple(arguments), without_nulls(named))

    def rows(self, call: Any) -> tuple[Any, Mapping[str, Any]]:
        """The first argument (an Operand, a constant, or a list of those), and the others."""
        is_single = isinstance(call, list) and bool(call) and isinstance(call[0], str)
        rows = [call] if is_single else call
        if not isinstance(rows, list) or not rows or len(rows) > MAX_ARGUMENTS:
            raise UserError(f"layer {self.layer}: its call is {shown(call)}, expected its inputs")
        values: list[Any] = []
        named: dict[str, Any] = {}
        for row in rows:
            if not isinstance(row, list) or len(row) not in (3, 4):
                raise UserError(f"layer {self.layer}: its call is {shown(call)}, expected rows")
            if row[0] == CONSTANT:
                values.append(unwrap(row[2]))
            else:
                values.append(self.operand(read_tensor(self.layer, row[:3])))
            if len(row) == 4 and isinstance(row[3], dict):
                named |= row[3]
        return (values[0] if is_single else values), named

    def value(self, value: Any, find: Callable[[Any], Any], depth: int = 0) -> Any:
        """An argument: tensors as Operands, arrays as lists, all else as it is."""
        tensor = find(value)
        if tensor is not None:
            return self.operand(read_tensor(self.layer, tensor))
        value = unwrap(value)
        if isinstance(value, list) and depth < MAX_LISTS_DEEP:
            return [self.value(each, find, depth + 1) for each in value]
        return value

    def operand(self, tensor: Tensor) -> Operand:
        if len(self.tensors) >= MAX_ARGUMENTS:
            raise UserError(f"layer {self.layer} reads more than {MAX_ARGUMENTS:,} tensors")
        self.tensors.append(tensor)
        return Operand(len(self.tensors) - 1)


def keras3_tensor(value: Any) -> Any:
    """[layer, call, output] of a tensor in a call of Keras 3's; None for anything else."""
    if not isinstance(value, dict) or value.get("class_name") != "__keras_tensor__":
        return None
    config = value.get("config")
    history = config.get("keras_history") if isinstance(config, dict) else None
    return history or []


def row_tensor(value: Any) -> Any:
    """The same of a tensor among the arguments of a function of TensorFlow's."""
    match value:
        case [str(), int(), int()]:
            return value
    return None


def without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without those left at None, and without the name of the call."""
    return {key: value for key, value in values.items() if value is not None and key != "name"}


def parsed(text: str) -> Any:
    """A node of TensorFlow's that is written as JSON within the JSON; None for what is not."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_type_of_inputs(attribute: str) -> bool:
    """Whether an attribute of a node says of which type its inputs are, or is an internal one."""
    return attribute[:1] in ("T", "_") or attribute in ("N", "SrcT", "Index", "Truncate")


def tf_attribute(value: Any) -> Any:
    """The value of an attribute of a node: {"b": true}, {"i": "2"}, {"list": {"i": ["1", "2"]}}."""
    match value:
        case {"list": {"i": [*numbers]}}:
            return [integer(number) for number in numbers]
        case {"b": bool(found)} | {"f": float(found)}:
            return found
        case {"i": found}:
            return integer(found)
        case {"s": str(found)}:
            return decoded(found)
        case {"type": str(found)}:
            return found.removeprefix("DT_").lower()
    return None


def integer(text: Any) -> Any:
    """`"2"` -> 2; anything else as it is."""
    if isinstance(text, str) and re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    return text


def decoded(text: str) -> str | None:
    """A text in base 64, as JSON has bytes."""
    try:
        return base64.b64decode(text, validate=True).decode("ascii").lower()
    except ValueError:
        return None
