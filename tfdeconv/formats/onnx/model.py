"""What an ONNX model is here: operations and tensors by name, no meaning yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..lazy_tensor import Tensor


@dataclass(frozen=True)
class Value:
    """What an operation, or the caller, gives: its name, and what is said of it."""

    name: str
    # as numpy names it, or as ONNX does; "" where it is not said, or no tensor
    dtype: str
    # lengths; a name for one that the caller chooses, None where nothing is said
    shape: tuple[int | str | None, ...] | None


@dataclass(frozen=True)
class Reference:
    """An attribute within a function that takes its value from an attribute of the call."""

    name: str


@dataclass(frozen=True)
class Unread:
    """An attribute that is not understood here, such as the graph of a loop."""

    # as it follows "is"
    title: str


Attribute = int | float | str | tuple[int | float | str, ...] | Tensor | tuple[Tensor, ...] | Unread


@dataclass(frozen=True)
class Operation:
    """A node: what it computes, of which values, and what it calls what comes out."""

    # "" where the file gives none
    name: str
    type: str
    # "" is ONNX's own
    domain: str
    # of the domain's operators, which say differently in each what they do; 0 where it is not said
    version: int
    # names; "" for an optional one that is left out
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True)
class Model:
    """A model that is open: its tensors can be read as long as it is."""

    ir_version: int
    # what wrote it, and that one's version
    producer: str
    producer_version: str
    # version by domain; "" is ONNX's own
    opsets: Mapping[str, int]
    metadata: Mapping[str, str]
    # what the caller gives, without the initializers that old versions list there, too
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    # what else is said of values, by name
    values: Mapping[str, Value]
    initializers: Mapping[str, Tensor]
    operations: tuple[Operation, ...]
    # that it consists of: its own, and those beside it in which it keeps tensors
    files: tuple[Path, ...] = field(default=())
