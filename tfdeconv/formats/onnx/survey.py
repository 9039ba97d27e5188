"""Describes an ONNX model as plain Python objects, as JSON has them, and reads its tensors.

model       {"ir_version": 8, "producer": [name, version], "metadata": [[key, value], ...],
             "opsets": [[domain, version], ...], "inputs": [value, ...], "outputs": [...],
             "values": [...], "initializers": [tensor, ...], "operations": [operation, ...],
             "functions": [function, ...]}
value       [name, element type, [1, "batch", None, ...] or None]
graph       {"inputs": names, "outputs": names, "initializers": [...], "operations": [...]}
operation   {"name", "type", "domain", "overload", "inputs", "outputs", "attributes": [...]}
attribute   [name, a number, a text, a list of either, or one of
             {"tensor": tensor}, {"tensors": [...]}, {"graph": graph}, {"reference": name},
             {"unread": what}]
tensor      {"name", "shape", "type", "number": of the tensor, or "external": [[key, value]]}
function    {"name", "domain", "overload", "inputs", "outputs", "attributes": their names,
             "defaults": [attribute, ...], "opsets", "operations"}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from ...errors import printable
from ...limits import MAX_GRAPHS_DEEP, MAX_MODEL_TEXT, MAX_MODEL_VALUES
from .. import lazy_tensor
from ..protobuf_schema import NotText, text
from .schema import DATA_FIELDS, EXTERNAL, element_type

Plain = dict[str, Any]

# by an attribute's type: the field that holds it, and what it is called where it is not read
FLOAT, INT, STRING, TENSOR, GRAPH, FLOATS, INTS, STRINGS, TENSORS = range(1, 10)
FIELDS = {
    FLOAT: "f",
    INT: "i",
    STRING: "s",
    TENSOR: "t",
    GRAPH: "g",
    FLOATS: "floats",
    INTS: "ints",
    STRINGS: "strings",
    TENSORS: "tensors",
}
UNREAD = {10: "graphs", 11: "a sparse tensor", 12: "sparse tensors", 13: "a type", 14: "types"}
# the first versions of the format do not say the type: by the field that is there
GUESSED = ("f", "i", "s", "t", "floats", "ints", "strings", "tensors")


class Survey:
    """A walk through a model, with how much may still be met on it."""

    def __init__(self) -> None:
        self.values_left = MAX_MODEL_VALUES
        self.text_left = MAX_MODEL_TEXT
        # graphs around what is met now: those of If within each other
        self.graphs_around = 0
        # the tensors within the file, in the order of their numbers
        self.tensors: list[lazy_tensor.Tensor] = []

    def model(self, model: Any) -> Plain:
        graph = model.graph
        if len(graph.sparse_initializer):
            name = printable(text(graph.sparse_initializer[0].values.name))[:80]
            raise ValueError(
                f"its tensor {name} is sparse, which is not read; "
                "store it as a dense initializer in the program that made it"
            )
        return {
            "ir_version": model.ir_version,
            "producer": [self.text(model.producer_name), self.text(model.producer_version)],
            "metadata": self.entries(model.metadata_props),
            "opsets": self.opsets(model.opset_import),
            "inputs": self.all(self.value, graph.input),
            "outputs": self.all(self.value, graph.output),
            "values": self.all(self.value, graph.value_info),
            "initializers": self.all(self.tensor, graph.initializer),
            "operations": self.all(self.operation, graph.node),
            "functions": self.all(self.function, model.functions),
        }

    def all(self, describe: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """What there is to say of each item; each counts, so that no more are met than allowed."""
        described = []
        for item in items:
            self.values_left -= 1
            if self.values_left < 0:
                raise ValueError(
                    f"it has more than {MAX_MODEL_VALUES:,} operations, names and numbers"
                )
            described.append(describe(item))
        return described

    def text(self, value: str | bytes) -> str:
        decoded = text(value)
        self.text_left -= len(decoded)
        if self.text_left < 0:
            raise ValueError(f"its names and texts have more than {MAX_MODEL_TEXT:,} characters")
        return decoded

    def entry(self, entry: Any) -> list[str]:
        return [self.text(entry.key), self.text(entry.value)]

    def entries(self, entries: Iterable[Any]) -> list[list[str]]:
        return self.all(self.entry, entries)

    def opset(self, opset: Any) -> list[Any]:
        return [self.text(opset.domain), opset.version]

    def opsets(self, opsets: Iterable[Any]) -> list[list[Any]]:
        return self.all(self.opset, opsets)

    def value(self, value: Any) -> list[Any]:
        if not value.type.HasField("tensor_type"):
            return [self.text(value.name), "", None]
        tensor = value.type.tensor_type
        shape = None
        if tensor.HasField("shape"):
            shape = self.all(self.length, tensor.shape.dim)
        return [self.text(value.name), element_type(tensor.elem_type), shape]

    def length(self, dimension: Any) -> int | str | None:
        """An axis's length, or the name of one that is not known yet."""
        # some write 0 or -1 for any length
        if dimension.dim_value > 0:
            return dimension.dim_value
        return self.text(dimension.dim_param) or None

    def operation(self, node: Any) -> Plain:
        return {
            "name": self.text(node.name),
            "type": self.text(node.op_type),
            "domain": self.text(node.domain),
            "overload": self.text(node.overload),
            "inputs": self.all(self.text, node.input),
            "outputs": self.all(self.text, node.output),
            "attributes": self.all(self.attribute, node.attribute),
        }

    def function(self, function: Any) -> Plain:
        return {
            "name": self.text(function.name),
            "domain": self.text(function.domain),
            "overload": self.text(function.overload),
            "inputs": self.all(self.text, function.input),
            "outputs": self.all(self.text, function.output),
            "attributes": self.all(self.text, function.attribute),
            "defaults": self.all(self.attribute, function.attribute_proto),
            "opsets": self.opsets(function.opset_import),
            "operations": self.all(self.operation, function.node),
        }

    def attribute(self, attribute: Any) -> list[Any]:
        name = self.text(attribute.name)
        if attribute.ref_attr_name:
            return [name, {"reference": self.text(attribute.ref_attr_name)}]
        field = FIELDS.get(attribute.type)
        if not attribute.type:
            field = next((each for each in GUESSED if is_there(attribute, each)), None)
        if field is None:
            return [name, {"unread": UNREAD.get(attribute.type, "of an unknown type")}]
        value = getattr(attribute, field)
        if field == "t":
            return [name, {"tensor": self.tensor(value)}]
        if field == "g":
            return [name, self.branch(value)]
        if field == "tensors":
            return [name, {"tensors": self.all(self.tensor, value)}]
        try:
            if field == "s":
                return [name, self.text(value)]
            if field == "strings":
                return [name, self.all(self.text, value)]
        except NotText:
            return [name, {"unread": "bytes that are not text"}]
        if field in ("f", "i"):
            return [name, value]
        return [name, self.all(as_it_is, value)]

    def branch(self, graph: Any) -> Plain:
        """A graph within an operation, such as If's."""
        if self.graphs_around == MAX_GRAPHS_DEEP or len(graph.sparse_initializer):
            return {"unread": "a graph that is too deep, or has sparse tensors"}
        self.graphs_around += 1
        described = {
            "inputs": self.all(self.text, (each.name for each in graph.input)),
            "outputs": self.all(self.text, (each.name for each in graph.output)),
            "initializers": self.all(self.tensor, graph.initializer),
            "operations": self.all(self.operation, graph.node),
        }
        self.graphs_around -= 1
        return {"graph": described}

    def tensor(self, tensor: Any) -> Plain:
        """A tensor's description; it gets a number where its elements are plain and in the file."""
        name = self.text(tensor.name)
        shape = self.all(as_it_is, tensor.dims)
        dtype = element_type(tensor.data_type)
        described = {"name": name, "shape": shape, "type": dtype}
        if tensor.data_location == EXTERNAL:
            return described | {"external": self.entries(tensor.external_data)}
        if dtype not in DATA_FIELDS:
            return described
        if tensor.HasField("segment"):
            raise ValueError(f"its tensor {printable(name)[:80]} is in parts, which are not read")
        size, read = elements(tensor, dtype)
        title = f"its tensor {printable(name)[:80]}"
        try:
            self.tensors.append(lazy_tensor.tensor(title, dtype, shape, size, read))
        except ValueError as error:
            raise ValueError(f"{title}: {error}") from None
        return described | {"number": len(self.tensors) - 1}


def as_it_is(value: Any) -> Any:
    return value


def is_there(attribute: Any, field: str) -> bool:
    """Whether an attribute has a field."""
    if field in ("f", "i", "s", "t"):
        return attribute.HasField(field)
    return len(getattr(attribute, field)) > 0


def elements(tensor: Any, dtype: str) -> tuple[int, Callable[[], memoryview]]:
    """How many bytes a tensor's elements have, and what brings them."""
    if tensor.HasField("raw_data"):
        size = len(tensor.raw_data)
        return size, lambda: memoryview(tensor.raw_data)
    numbers = getattr(tensor, DATA_FIELDS[dtype])
    size = len(numbers) * lazy_tensor.width(dtype)
    return size, partial(packed, numbers, dtype)


def packed(numbers: Any, dtype: str) -> memoryview:
    """The elements that a message has as numbers of their own, one behind the other."""
    code = np.dtype("u2" if dtype in ("float16", "bfloat16") else dtype).newbyteorder("<")
    return np.fromiter(numbers, code, len(numbers)).view(np.uint8).data
