"""Tensors out of pickles: torch's files, zipped and old, and .npy and .npz dictionaries by layer. Nothing of a file is run.

What the machine of unpickler.py notes is understood here, every number checked against the bytes that are there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .lazy_tensor import Bytes, Tensors, flattened, mapped, reading, tensor
from .npy_file import NUMPY, Storages, array, arrays
from .torch_file import MAGIC, PICKLE, old, zipped
from .unpickler import STORAGES, Call
from .zip_archive import members


def understood(path: str | Path, storages: Storages, order: str, value: Any) -> Any:
    """The Tensor, or the values, that something made is; anything else is itself."""
    match value:
        case Call("torch._utils._rebuild_parameter", (Call() as inner, *_)):
            value = inner
    match value:
        case Call(
            "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2",
            (
                Call("storage", (_, kind, key, _, _, *_)),
                offset,
                tuple() as shape,
                tuple() as strides,
                *_,
            ),
        ):
            if key not in storages:
                raise ValueError(f"it is damaged: the storage {ascii(key[:40])} is missing")
            return tensor(
                path, STORAGES[kind], shape, *storages[key], order, view=(offset, strides)
            )
        case Call(
            "numpy.core.multiarray._reconstruct" | "numpy._core.multiarray._reconstruct",
            _,
            (
                _,
                tuple() as shape,
                Call("numpy.dtype", (str() as code, *_), state),
                fortran,
                content,
            ),
        ):
            if code in ("O", "O4", "O8") and type(content) is list and content:
                return content if shape else content[0]
            if code in NUMPY:
                big = type(state) is tuple and ">" in state[1:2]
                return tensor(
                    path, NUMPY[code], shape, *buffer(content), ">" if big else "<", bool(fortran)
                )
    return value


def buffer(content: Any) -> tuple[int, Callable[[], Bytes]]:
    """The bytes of an array and how many they are: Python 3 writes them as text for Python 2, which has them in Latin-1."""
    match content:
        case Call("_codecs.encode", (str() as text, "latin1")) | (str() as text):
            return len(text), partial(text.encode, "latin1")
        case bytes() | memoryview():
            return len(content), lambda: content
    raise ValueError("an array has no bytes")


READERS = {"torch": zipped, "old torch": old, "npy": array, "npz": arrays}


def recognises(path: str | Path) -> str:
    """Which of READERS a file is for, by its first bytes and, of a zip, its members; "" if for none."""
    with reading(path):
        start = bytes(mapped(path)[:64])
        names = members(path) if start.startswith(b"PK\3\4") else ()
    found = {
        "npy": start.startswith(b"\x93NUMPY"),
        "old torch": MAGIC in start,
        "torch": any(map(PICKLE.fullmatch, names)),
        "npz": any(name.endswith(".npy") for name in names),
    }
    return next((kind for kind in found if found[kind]), "")


def tensors(path: str | Path) -> Tensors:
    """The tensors of a file of torch's or numpy's by the keys that lead to them, joined by dots. Raises UserError for any other."""
    kind = recognises(path)
    with reading(path):
        if not kind:
            raise ValueError("it is none of torch's (.pth, .pt) and numpy's (.npy, .npz) files")
        value, storages, order = READERS[kind](path, mapped(path))
        return flattened(value, partial(understood, path, storages, order))
