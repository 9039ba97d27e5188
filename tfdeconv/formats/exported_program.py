"""The program in a file of torch.export (`.pt2`): its operations, and what they are given.

As it stands in the file's JSON (torch/_export/serde/schema.py), without a meaning: every operator
of torch's, and of others, is only a name here. exported_archive.py finds the JSON and the tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..limits import MAX_EXPRESSION, MAX_MODULES_DEEP
from .checked_json import check_list, check_name
from .exported_argument import (
    Argument,
    Setting,
    dtype_of,
    integer,
    member_of,
    parse_argument,
    reference,
    references,
    the_one,
)


@dataclass(frozen=True)
class Symbol:
    """A size that the program leaves open."""

    # as sympy writes it: Symbol('s0', integer=True), Mul(Integer(2), Symbol('s0')), ...
    expression: str
    # what it was when the program was made
    hint: int | None


Size = int | Symbol


@dataclass(frozen=True)
class Module:
    """A module of the model: its path, such as layer1.0.conv1, and its class; "" is the whole."""

    path: str
    kind: str
    # differs between the calls of a module that is called more than once
    call: str


@dataclass(frozen=True)
class Operation:
    """A step of the program."""

    name: str
    # such as torch.ops.aten.conv2d.default
    target: str
    # by the names of the operator's schema; those that have their default value are left out
    arguments: Mapping[str, Argument]
    # the values that it makes; "" stands for one that it does not
    results: tuple[str, ...]
    # the modules within which it was called, the innermost last
    modules: tuple[Module, ...]


@dataclass(frozen=True)
class Stored:
    """What an input of the graph takes from the file: a parameter, a buffer or a constant."""

    kind: str
    # as the module has it, such as layer1.0.conv1.weight
    name: str
    # whether it is in the state_dict
    is_state: bool


@dataclass(frozen=True)
class Value:
    """A tensor of the graph."""

    dtype: str
    shape: tuple[Size, ...]
    strides: tuple[Size, ...]


@dataclass(frozen=True)
class Subgraph(Setting):
    """A part of a program that is an argument, of an operation which runs it."""

    inputs: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    outputs: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """All operations in the order in which they run."""

    operations: tuple[Operation, ...]
    # the values that are given by whoever runs it, and those that it returns
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    stored: Mapping[str, Stored]
    values: Mapping[str, Value]
    torch_version: str


def parse_program(description: Mapping[str, Any]) -> Program:
    """The program that the JSON of a file describes; raises ValueError where it cannot be one."""
    module = member_of(description, "graph_module", dict)
    graph = member_of(module, "graph", dict)
    signature = member_of(module, "signature", dict)
    inputs, stored = parse_inputs(check_list(signature.get("input_specs"), dict))
    outputs = parse_outputs(check_list(signature.get("output_specs"), dict))
    values = parse_values(graph)
    operations = tuple(map(parse_operation, check_list(graph.get("nodes"), dict)))
    version = str(description.get("torch_version", ""))[:MAX_EXPRESSION]
    return Program(operations, inputs, outputs, stored, values, version)


def parse_inputs(specs: list[dict]) -> tuple[tuple[str, ...], dict[str, Stored]]:
    """The names of the values that a user gives, and what the others take from the file."""
    inputs: list[str] = []
    stored: dict[str, Stored] = {}
    for spec in specs:
        kind, content = the_one(spec)
        if kind == "user_input":
            inputs += references(parse_argument(member_of(content, "arg", dict)))
        elif kind in ("parameter", "buffer", "tensor_constant"):
            name = reference(member_of(content, "arg", dict)).name
            qualified = check_name(content.get(f"{kind}_name"))
            is_state = kind == "parameter" or content.get("persistent") is True
            stored[name] = Stored(kind.replace("_", " "), qualified, is_state)
    return tuple(inputs), stored


def parse_outputs(specs: list[dict]) -> tuple[str, ...]:
    """The names of the values that a user gets."""
    outputs: list[str] = []
    for spec in specs:
        kind, content = the_one(spec)
        if kind == "user_output":
            outputs += references(parse_argument(member_of(content, "arg", dict)))
    return tuple(outputs)


def parse_values(graph: dict) -> dict[str, Value]:
    values = {}
    for name, meta in member_of(graph, "tensor_values", dict).items():
        values[check_name(name)] = parse_value(meta)
    return values


def parse_subgraph(content: Any) -> Subgraph:
    graph = member_of(content, "graph", dict)
    ends: list[tuple[str, ...]] = []
    for key in ("inputs", "outputs"):
        names: list[str] = []
        for entry in check_list(graph.get(key), dict):
            # one that is no value has no name
            names += references(parse_argument(entry)) or [""]
        ends.append(tuple(names))
    operations = tuple(map(parse_operation, check_list(graph.get("nodes"), dict)))
    inputs, outputs = ends
    return Subgraph("graph", "", inputs, operations, outputs, parse_values(graph))


def parse_value(meta: Any) -> Value:
    sizes = check_list(member_of(meta, "sizes", list), dict)
    strides = check_list(member_of(meta, "strides", list), dict)
    dtype = dtype_of(meta.get("dtype"))
    return Value(dtype, tuple(map(parse_size, sizes)), tuple(map(parse_size, strides)))


def parse_size(value: Any) -> Size:
    """A size, or the expression for one that is open."""
    kind, content = the_one(value)
    if kind == "as_int":
        return integer(content)
    hint = content.get("hint") if isinstance(content, dict) else None
    number = hint.get("as_int") if isinstance(hint, dict) else None
    expression = member_of(content, "expr_str", str)[:MAX_EXPRESSION]
    return Symbol(expression, None if number is None else integer(number))


def parse_operation(node: dict) -> Operation:
    arguments: dict[str, Argument] = {}
    for number, entry in enumerate(check_list(node.get("inputs"), dict)):
        # those of subgraphs and of what calls them have none
        name = check_name(entry.get("name") or f"argument {number}")
        kind, content = the_one(entry.get("arg"))
        if kind == "as_graph":
            arguments[name] = parse_subgraph(content)
        else:
            arguments[name] = parse_argument(entry["arg"])
    results: list[str] = []
    for output in check_list(node.get("outputs"), dict):
        results += references(parse_argument(output)) or [""]
    target = check_name(node.get("target"))
    # before torch 2.8 a node has no name of its own
    name = node.get("name") or next(filter(None, results), target)
    metadata = node.get("metadata")
    stack = metadata.get("nn_module_stack", "") if isinstance(metadata, dict) else ""
    return Operation(check_name(name), target, arguments, tuple(results), parse_modules(stack))


def parse_modules(stack: Any) -> tuple[Module, ...]:
    """The modules in `call,path,class;call,path,class;...`."""
    modules = []
    for entry in str(stack).split(";")[:MAX_MODULES_DEEP]:
        fields = entry.split(",")
        if len(fields) > 2:
            call, path, kind = fields[:3]
            modules.append(Module(path, kind, call))
    return tuple(modules)
