"""A graph's nodes as a file has them, functions not yet inlined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...limits import MAX_VALUE_NAME
from ..lazy_tensor import Tensor
from .attributes import Attribute, Shape, Type, attribute, shape, type_name


@dataclass(frozen=True)
class Node:
    """An operation: `Conv2D` on `input` and `kernel:0`; `^other` is one that it waits for."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True)
class Function:
    """Nodes with arguments; an input is an argument's name or `node:name of an output:number`."""

    name: str
    arguments: tuple[str, ...]
    # a result's name and its source
    results: tuple[tuple[str, str], ...]
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class TensorInfo:
    """A tensor that a graph is given, or that it brings."""

    # what the signature calls it, and what the graph does: `conv:0`
    key: str
    name: str
    dtype: Type
    # None where even the number of axes is unknown
    shape: Shape | None


@dataclass(frozen=True)
class Signature:
    """What goes in and what comes out."""

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]


@dataclass(frozen=True)
class GraphNodes:
    """All that is known of a graph. What only a SavedModel has is empty for a frozen graph."""

    nodes: tuple[Node, ...]
    functions: Mapping[str, Function]
    signatures: Mapping[str, Signature]
    tags: tuple[str, ...] = ()
    # the node that restores the variables, and the tensor with the checkpoint's name
    restore: str = ""
    filename: str = ""
    # nodes that are run when the model is loaded
    initial: tuple[str, ...] = ()
    # TensorFlow 2's objects by number, each with what it holds by name; the model itself is 0
    objects: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    # the objects that functions are called with behind their arguments
    captures: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def graph_nodes(description: Any, tensors: Sequence[Tensor]) -> GraphNodes:
    """A graph as server.py describes it; raises ValueError for what is no description."""
    functions = {}
    for entry in entries(description, "functions", 4):
        name, arguments, results, listed = entry
        pairs = []
        for result, source in results:
            pairs.append((name_in(result), name_in(source)))
        functions[name] = Function(name, names(arguments), tuple(pairs), nodes(listed, tensors))
    signatures = {}
    for key, inputs, outputs in entries(description, "signatures", 3):
        signatures[key] = Signature(tensor_infos(inputs), tensor_infos(outputs))
    return GraphNodes(
        nodes(description["nodes"], tensors),
        functions,
        signatures,
        names(description.get("tags", [])),
        name_in(description.get("restore", "")),
        name_in(description.get("filename", "")),
        names(description.get("initial", [])),
        objects(description.get("objects", [])),
        dict(captures(entries(description, "captures", 2))),
    )


def entries(description: Mapping[str, Any], key: str, length: int) -> Iterator[list[Any]]:
    """Lists of a length that begin with a name."""
    for entry in description.get(key, []):
        name_in(entry[0])
        if len(entry) != length:
            raise ValueError("the description of its graph is invalid")
        yield entry


def name_in(value: Any) -> str:
    """A name; raises ValueError for what cannot be one."""
    if type(value) is not str:
        raise ValueError("the description of its graph is invalid")
    if len(value) > MAX_VALUE_NAME or not value.isprintable():
        raise ValueError(
            f"it has the name {ascii(value[:40])}, "
            f"expected at most {MAX_VALUE_NAME} printable characters"
        )
    return value


def names(listed: list[Any]) -> tuple[str, ...]:
    """A list of texts."""
    if type(listed) is not list:
        raise ValueError("the description of its graph is invalid")
    return tuple(map(name_in, listed))


def objects(edges: list[Any]) -> dict[int, dict[str, int]]:
    """Objects, each with what it holds by name."""
    held: dict[int, dict[str, int]] = {}
    for parent, name, child in edges:
        name_in(name)
        held.setdefault(int(parent), {})[name] = int(child)
    return held


def captures(listed: Iterator[list[Any]]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Functions, and the numbers of objects."""
    for function, numbers in listed:
        yield function, tuple(map(int, numbers))


def nodes(listed: list[Any], tensors: Sequence[Tensor]) -> tuple[Node, ...]:
    """The nodes in a description, no two of one name."""
    made: dict[str, Node] = {}
    for name, op, inputs, described in listed:
        attributes = {}
        for key, kind, value in described:
            attributes[key] = attribute(kind, value, tensors)
        if name in made:
            raise ValueError(f"it has two operations called {ascii(name)[:80]}")
        made[name] = Node(name_in(name), name_in(op), names(inputs), attributes)
    return tuple(made.values())


def tensor_infos(listed: list[Any]) -> tuple[TensorInfo, ...]:
    """The tensors in a description of a signature."""
    made = []
    for key, name, dtype, lengths in listed:
        made.append(TensorInfo(name_in(key), name_in(name), type_name(dtype), shape(lengths)))
    return tuple(made)
