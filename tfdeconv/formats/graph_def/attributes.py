"""What a node of a graph says of itself, as server.py sends it: [name, kind, value]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..lazy_tensor import Tensor
from .tensors import STRING, TYPES

# int, float, bool, str, Type, shape, FunctionName, Tensor, a tuple of these, or UNREAD
Attribute = Any
REFERENCE = 100  # is added to the number of a type for a reference to a variable
OTHER_TYPES = {STRING: "string", 20: "resource", 21: "variant", 8: "complex64", 18: "complex128"}


class Type(str):
    """The name of a type, float32."""


class FunctionName(str):
    """The name of a function."""


class Shape(tuple):
    """Lengths, -1 where one is unknown."""


class Unread:
    """What is not handed on: a list of tensors, a tensor of quantised numbers."""


UNREAD = Unread()
CLASSES = {"int": int, "float": float, "bool": bool, "text": str, "function": str}


def type_name(number: int) -> Type:
    """The name of a type of a number; `type 99` of one that is not known."""
    number = number - REFERENCE if number > REFERENCE else number
    if number in TYPES:
        return Type(TYPES[number][0])
    return Type(OTHER_TYPES.get(number, f"type {number}"))


def shape(value: Any) -> Shape | None:
    """The lengths in a list, None where their number is unknown; raises ValueError for others."""
    if value is None:
        return None
    if type(value) is not list or not all(type(length) is int for length in value):
        raise ValueError("the description of its graph is invalid")
    return Shape(value)


def attribute(kind: str, value: Any, tensors: Sequence[Tensor]) -> Attribute:
    """The value of an attribute; raises ValueError for what is none."""
    if kind.endswith("s") and type(value) is list:
        return tuple(attribute(kind[:-1], each, tensors) for each in value)
    if kind == "shape":
        return shape(value)
    if kind == "tensor" and type(value) is int and 0 <= value < len(tensors):
        return tensors[value]
    if kind == "empty":
        return ()
    if kind in ("unread", "open"):
        return UNREAD
    if kind == "type" and type(value) is int:
        return type_name(value)
    if type(value) is not CLASSES.get(kind):
        raise ValueError("the description of its graph is invalid")
    return FunctionName(value) if kind == "function" else value
