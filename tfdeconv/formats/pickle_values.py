"""What unpickler.py makes of a pickle beside plain Python values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# torch's kinds of storages, and the dtype of each
STORAGES = {
    "torch.DoubleStorage": "float64",
    "torch.FloatStorage": "float32",
    "torch.HalfStorage": "float16",
    "torch.BFloat16Storage": "bfloat16",
    "torch.LongStorage": "int64",
    "torch.IntStorage": "int32",
    "torch.ShortStorage": "int16",
    "torch.CharStorage": "int8",
    "torch.ByteStorage": "uint8",
    "torch.BoolStorage": "bool",
    "torch.storage.UntypedStorage": "uint8",
}


class Global(str):
    """What a pickle names to import, a class or a function: only a text here."""


@dataclass(eq=False, slots=True)
class Call:
    """What a pickle would have made: by calling which global, of what arguments, in what state."""

    name: str
    args: tuple = ()
    state: Any = None
    # what was put into it, as into a list or a dictionary
    members: list | dict | None = None


def fill(target: dict, pairs: Iterable) -> None:
    """Adds pairs to a dictionary, by keys that are names or small numbers."""
    for key, value in pairs:
        target[plain_key(key, len(target))] = value


def plain_key(key: Any, number: int) -> str | bytes | int:
    """A key as a name or a small number; any other by its text, or by its type and the number.

    A nested tuple's hash can overflow C's stack, and long integers can be chosen to have one hash.
    """
    if type(key) in (str, bytes) or (type(key) is int and not abs(key) >> 31):
        return key
    if isinstance(key, (str, int, float)) or key is None:
        return str(key)
    return f"({type(key).__name__} {number})"
