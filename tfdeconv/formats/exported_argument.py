"""An argument in a program of torch's, each of the kinds that its schema has."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..limits import MAX_EXPRESSION, MAX_INT64
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


Argument = None | bool | int | float | str | Reference | Setting | tuple


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


def dtype_of(number: Any) -> str:
    return DTYPES.get(number, "unknown") if type(number) is int else "unknown"


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
        raise ValueError(f"expected a string, got {shown(value)}")
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
