"""The program in a file of torch.export (`.pt2`): its operations, and what they are given.

As it stands in the file's JSON (torch/_export/serde/schema.py), without a meaning: every operator
of torch's, and of others, is only a name here. exported_archive.py finds the JSON and the tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..limits import MAX_EXPRESSION, MAX_INT64, MAX_MODULES_DEEP
from .checked_json import check_bool, check_list, check_name, shown

# torch's numbers of dtypes
DTYPES = {
    1: "uint8",
    2: "int8",
    3: "int16",
    4: "int32",
    5: "int64",
    6: "float16",
    7: "float32",
    8: "float64",
    9: "complex32",
    10: "complex64",
    11: "complex128",
    12: "bool",
    13: "bfloat16",
    28: "uint16",
    29: "float8_e4m3fn",
    30: "float8_e5m2",
    31: "float8_e4m3fnuz",
    32: "float8_e5m2fnuz",
    33: "float8_e8m0fnu",
    34: "uint32",
    35: "uint64",
}
LAYOUTS = {1: "coo", 2: "csr", 3: "csc", 4: "bsr", 5: "bsc", 6: "mkldnn", 7: "strided"}
MEMORY_FORMATS = {1: "contiguous", 2: "channels_last", 3: "channels_last_3d", 4: "preserve"}
# floats that JSON has no number for
NOT_FINITE = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


@dataclass(frozen=True)
class Reference:
    """A value of the graph: a tensor, or a number that it computes."""

    name: str


@dataclass(frozen=True)
class Setting:
    """A dtype, layout, memory format or device; or what is not understood, such as a subgraph."""

    kind: str
    value: str = ""


@dataclass(frozen=True)
class Symbol:
    """A size that the program leaves open."""

    # as sympy writes it: Symbol('s0', integer=True), Mul(Integer(2), Symbol('s0')), ...
    expression: str
    # what it was when the program was made
    hint: int | None


Size = int | Symbol
Argument = None | bool | int | float | str | Reference | Setting | tuple


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
    # the modules within which it was called, the innermost last, such as layer1, layer1.0
    modules: tuple[str, ...]


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
    values = {
        check_name(name): parse_value(meta)
        for name, meta in member_of(graph, "tensor_values", dict).items()
    }
    operations = tuple(map(parse_operation, check_list(graph.get("nodes"), dict)))
    version = str(description.get("torch_version", ""))[:MAX_EXPRESSION]
    return Program(operations, inputs, outputs, stored, values, version)


def member_of(value: Any, name: str, kind: type) -> Any:
    """What an object has by a name, of one type."""
    if not isinstance(value, dict) or not isinstance(value.get(name), kind):
        raise ValueError(f"its program has no {name}: {shown(value)}")
    return value[name]


def the_one(union: Any) -> tuple[str, Any]:
    """(kind, value) of what has a value of one kind of several."""
    if not isinstance(union, dict) or len(union) != 1:
        raise ValueError(f"expected a value of one kind in its program, got {shown(union)}")
    return next(iter(union.items()))


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


def references(argument: Argument) -> list[str]:
    """The names of the values in an argument."""
    if isinstance(argument, Reference):
        return [argument.name]
    if not isinstance(argument, tuple):
        return []
    names: list[str] = []
    for item in argument:
        names += references(item)
    return names


def parse_value(meta: Any) -> Value:
    sizes = check_list(member_of(meta, "sizes", list), dict)
    return Value(dtype_of(meta.get("dtype")), tuple(map(parse_size, sizes)))


def dtype_of(number: Any) -> str:
    return DTYPES.get(number, "unknown") if type(number) is int else "unknown"


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
    for entry in check_list(node.get("inputs"), dict):
        arguments[check_name(entry.get("name"))] = parse_argument(entry.get("arg"))
    results: list[str] = []
    for output in check_list(node.get("outputs"), dict):
        results += references(parse_argument(output)) or [""]
    target = check_name(node.get("target"))
    # before torch 2.8 a node has no name of its own
    name = node.get("name") or next(filter(None, results), target)
    metadata = node.get("metadata")
    stack = metadata.get("nn_module_stack", "") if isinstance(metadata, dict) else ""
    return Operation(check_name(name), target, arguments, tuple(results), parse_modules(stack))


def parse_modules(stack: Any) -> tuple[str, ...]:
    """The paths in `key,path,class;key,path,class;...`; the whole model's, "", is left out."""
    paths = []
    for entry in str(stack).split(";")[:MAX_MODULES_DEEP]:
        fields = entry.split(",")
        if len(fields) > 2 and fields[1]:
            paths.append(fields[1])
    return tuple(paths)


# what an argument can be


def integer(value: Any) -> int:
    if type(value) is not int or abs(value) > MAX_INT64:
        raise ValueError(f"expected an integer of 64 bits, got {shown(value)}")
    return value


def number(value: Any) -> float:
    """A float, which may be infinite or no number."""
    if isinstance(value, str) and value in NOT_FINITE:
        return NOT_FINITE[value]
    if type(value) not in (int, float):
        raise ValueError(f"expected a number, got {shown(value)}")
    return float(value)


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, got {shown(value)}")
    return value


def reference(value: Any) -> Reference:
    return Reference(check_name(member_of(value, "name", str)))


def named_or(parse: Callable[[Any], Argument], value: Any) -> Argument:
    """A value of the graph, or one that stands where it is given."""
    kind, content = the_one(value)
    if kind == "as_name":
        return Reference(check_name(content))
    if kind == "as_tensor":
        return reference(content)
    return None if kind == "as_none" else parse(content)


def each(parse: Callable[[Any], Argument], value: Any) -> tuple:
    return tuple(map(parse, check_list(value, object)))


def setting(kind: str, names: Mapping[int, str], value: Any) -> Setting:
    return Setting(kind, names.get(integer(value), "unknown"))


def device(value: Any) -> Setting:
    return Setting("device", member_of(value, "type", str)[:MAX_EXPRESSION])


SINGLE: dict[str, Callable[[Any], Argument]] = {
    "as_tensor": reference,
    "as_int": integer,
    "as_float": number,
    "as_bool": check_bool,
    "as_string": text,
    "as_sym_int": partial(named_or, integer),
    "as_sym_float": partial(named_or, number),
    "as_sym_bool": partial(named_or, check_bool),
    "as_optional_tensor": partial(named_or, reference),
}
PARSERS: dict[str, Callable[[Any], Argument]] = {
    **SINGLE,
    **{f"{kind}s": partial(each, parse) for kind, parse in SINGLE.items()},
    "as_nested_tensors": partial(each, partial(each, reference)),
    "as_int_lists": partial(each, partial(each, integer)),
    "as_float_lists": partial(each, partial(each, number)),
    "as_none": lambda value: None,
    "as_scalar_type": lambda value: Setting("dtype", dtype_of(value)),
    "as_layout": partial(setting, "layout", LAYOUTS),
    "as_memory_format": partial(setting, "memory format", MEMORY_FORMATS),
    "as_device": device,
}


def parse_argument(value: Any) -> Argument:
    """An argument; a Setting of a kind that is not in PARSERS where it is of another kind."""
    kind, content = the_one(value)
    if kind not in PARSERS:
        return Setting(check_name(kind).removeprefix("as_"))
    return PARSERS[kind](content)
