"""What is said of a graph's nodes and functions, as server.py sends it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...limits import MAX_OPERATIONS
from ..protobuf_schema import text
from . import tensors

SCALARS = (("i", "int"), ("f", "float"), ("b", "bool"), ("type", "type"), ("placeholder", "open"))
LISTS = (("i", "ints"), ("f", "floats"), ("b", "bools"), ("type", "types"))
# what begins so says where a node ran and how it was made, not what it computes
PRIVATE = "_"


class Survey:
    """Describes nodes, and collects their tensors."""

    def __init__(self) -> None:
        # the messages of the tensors that are described, by number
        self.tensors: list[Any] = []

    def graph(self, message: Any, nodes: Iterable[Any]) -> dict[str, Any]:
        """Nodes of a graph, and the functions that they call, and those that these call."""
        functions_in_file = filter(takes_tensors, message.library.function)
        library = {text(each.signature.name): each for each in functions_in_file}
        described = [self.node(node) for node in nodes]
        functions: dict[str, Any] = {}
        waiting = [called(node, library) for node in nodes]
        count = len(described)
        while waiting:
            for name in waiting.pop() - functions.keys():
                count += len(library[name].node_def)
                if count > MAX_OPERATIONS:
                    break
                functions[name] = self.function(name, library[name])
                waiting += [called(node, library) for node in library[name].node_def]
        if count > MAX_OPERATIONS:
            raise ValueError(f"its graph has more than {MAX_OPERATIONS:,} operations")
        shapes = [tensors.described(message) for message in self.tensors]
        tensors.check_repeated(self.tensors)
        return {"nodes": described, "functions": list(functions.values()), "tensors": shapes}

    def function(self, name: str, message: Any) -> list[Any]:
        sources = {text(entry.key): text(entry.value) for entry in message.ret}
        results = [text(each.name) for each in message.signature.output_arg]
        return [
            name,
            [text(each.name) for each in message.signature.input_arg],
            [[each, sources.get(each, "")] for each in results],
            [self.node(node) for node in message.node_def],
        ]

    def node(self, message: Any) -> list[Any]:
        attributes = []
        for entry in message.attr:
            key = text(entry.key)
            if not key.startswith(PRIVATE):
                attributes.append([key, *self.attribute(entry.value)])
        inputs = [text(name) for name in message.input]
        return [text(message.name), text(message.op), inputs, attributes]

    def attribute(self, message: Any) -> list[Any]:
        """[kind, value]."""
        for field, kind in SCALARS:
            if message.HasField(field):
                return [kind, getattr(message, field)]
        if message.HasField("s"):
            return ["text", message.s.decode("utf-8", "replace")]
        if message.HasField("shape"):
            return ["shape", tensors.shape_of(message.shape)]
        if message.HasField("func"):
            return ["function", text(message.func.name)]
        if message.HasField("tensor"):
            return self.tensor(message.tensor)
        for field, kind in LISTS:
            if getattr(message.list, field):
                return [kind, list(getattr(message.list, field))]
        if message.list.s:
            return ["texts", [value.decode("utf-8", "replace") for value in message.list.s]]
        if message.list.shape:
            return ["shapes", [tensors.shape_of(shape) for shape in message.list.shape]]
        if message.list.tensor or message.list.func:
            return ["unread", None]
        return ["empty", None]

    def tensor(self, message: Any) -> list[Any]:
        if message.dtype == tensors.STRING:
            return ["texts", [value.decode("utf-8", "replace") for value in message.string_val]]
        if message.dtype not in tensors.TYPES:
            return ["unread", None]
        self.tensors.append(message)
        return ["tensor", len(self.tensors) - 1]


def takes_tensors(function: Any) -> bool:
    """Whether each argument and each result of a function is one tensor, not a list of some."""
    arguments = (*function.signature.input_arg, *function.signature.output_arg)
    return not any(each.number_attr or each.type_list_attr for each in arguments)


def called(message: Any, library: dict[str, Any]) -> set[str]:
    """The functions that a node names, as its operation or in an attribute."""
    names = {text(message.op)}
    for entry in message.attr:
        names.add(text(entry.value.func.name))
        names.update(text(function.name) for function in entry.value.list.func)
    return names & library.keys()
