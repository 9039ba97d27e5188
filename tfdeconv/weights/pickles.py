"""Tensors out of pickles: torch's files, zipped and old, and .npy and .npz dictionaries by layer. Nothing of a file is run.

What the machine of machine.py notes is understood here, every number checked against the bytes that are there.
"""
from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from .machine import STEPS, STORAGES, Machine, Made
from .tensors import Bytes, Tensor, Tensors, flattened, mapped, member, members, reading, tensor, width

NUMPY = {np.dtype(dtype).str[1:]: dtype for dtype in STORAGES.values() if dtype != "bfloat16"}
MAGIC = b"l\xfc\x9cF\xf9 j\xa8P\x19"      # the number that torch before 1.6 begins a file with
PICKLE = re.compile("[^/]*/data\\.pkl")
HEAD = 4096                 # bytes of an .npy file that are searched for its header
NPY = re.compile(rb"\{'descr': '([<>|])(\w+)', 'fortran_order': (True|False), 'shape': \(([\dL, ]*)\), \}\s*")

Storages = dict[str, tuple[int, Callable[[], Bytes]]]         # size in bytes and the bytes, by key
Read = tuple[Any, Storages, str]                              # what a file's pickle holds, its storages and their byte order


def understood(path: str | Path, storages: Storages, order: str, value: Any) -> Any:
    """The Tensor, or the values, that something made is; anything else is itself."""
    match value:
        case Made("torch._utils._rebuild_parameter", (Made() as inner, *_)):
            value = inner
    match value:
        case Made("torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2",
                  (Made("storage", (_, kind, key, _, _, *_)), offset, tuple() as shape, tuple() as strides, *_)):
            if key not in storages:
                raise ValueError(f"it is damaged: the storage {ascii(key[:40])} is missing")
            return tensor(path, STORAGES[kind], shape, *storages[key], order, view=(offset, strides))
        case Made("numpy.core.multiarray._reconstruct" | "numpy._core.multiarray._reconstruct", _,
                  (_, tuple() as shape, Made("numpy.dtype", (str() as code, *_), state), fortran, content)):
            if code in ("O", "O4", "O8") and type(content) is list and content:
                return content if shape else content[0]
            if code in NUMPY:
                big = type(state) is tuple and ">" in state[1:2]
                return tensor(path, NUMPY[code], shape, *buffer(content), ">" if big else "<", bool(fortran))
    return value


def buffer(content: Any) -> tuple[int, Callable[[], Bytes]]:
    """The bytes of an array and how many they are: Python 3 writes them as text for Python 2, which has them in Latin-1."""
    match content:
        case Made("_codecs.encode", (str() as text, "latin1")) | (str() as text):
            return len(text), partial(text.encode, "latin1")
        case bytes() | memoryview():
            return len(content), lambda: content
    raise ValueError("an array has no bytes")


def zipped(path: str | Path, data: memoryview) -> Read:
    """A file of torch.save since 1.6: a zip of one pickle and a member for each storage, none compressed."""
    found = members(path)
    root = [name for name in found if PICKLE.fullmatch(name)][0].removesuffix("data.pkl")
    if any(info.compress_type for info in found.values()):
        raise ValueError("its members are compressed, which torch does not do: zip them again without (zip -0)")
    order = ">" if root + "byteorder" in found and bytes(member(data, found[root + "byteorder"])) == b"big" else "<"
    value = Machine(member(data, found[root + "data.pkl"]), 0, iter(range(STEPS))).run()
    storages: Storages = {
        name.removeprefix(root + "data/"): (info.file_size, cache(partial(member, data, info)))     # its sum is checked once
        for name, info in found.items() if name.startswith(root + "data/")}
    return value, storages, order


def old(path: str | Path, data: memoryview) -> Read:
    """A file of torch.save before 1.6: five pickles (magic, version, system, value, keys), then the storages by key."""
    at, steps = 0, iter(range(STEPS))
    read: list[Any] = []
    kinds: dict[str, str] = {}
    for _ in range(5):
        machine = Machine(data, at, steps)
        read.append(machine.run())
        at = machine.at
        kinds |= {key: STORAGES[kind] for _, kind, key, *_ in machine.storages}
    _, version, _, value, keys = read
    if version != 1001 or type(keys) is not list or not all(type(key) is str and key in kinds for key in keys):
        raise ValueError("it is damaged, or of a version of torch's old format that was never made")
    storages: Storages = {}
    for key in keys:
        size = struct.unpack("<q", data[at:at + 8])[0] * width(kinds[key])
        at += 8 + size
        if size < 0 or at > len(data):
            raise ValueError(f"it is cut off: a storage ends at byte {at}, the file at {len(data)}; fetch or make it again")
        storages[key] = size, partial(memoryview.__getitem__, data, slice(at - size, at))
    return value, storages, "<"


def npy(path: str | Path, start: memoryview, size: int, raw: Callable[[], memoryview], steps: Iterator[int]) -> Any:
    """What numpy's format holds: a Tensor, what a pickle holds, or None where it is something else."""
    at = 10 if start[6:7] == b"\1" else 12
    begin = at + int.from_bytes(start[8:at], "little")
    header = NPY.fullmatch(bytes(start[at:min(begin, HEAD)]))
    if header is None or header[2].decode() not in (*NUMPY, "O"):
        return None
    if header[2] == b"O":
        return Machine(raw(), begin, steps).run()
    shape = [int(n) for n in re.findall(rb"\d+", header[4])]
    order = ">" if header[1] == b">" else "<"
    return tensor(path, NUMPY[header[2].decode()], shape, size - begin, lambda: raw()[begin:], order, header[3] == b"True")


def array(path: str | Path, data: memoryview) -> Read:
    """An .npy file of a pickled dictionary."""
    value = npy(path, data, len(data), lambda: data, iter(range(STEPS)))
    if isinstance(value, Tensor):
        raise ValueError("it holds one array and no name of a layer, needs a dictionary by layer: np.save(FILE, {...}) or np.savez")
    return value, {}, "<"


def arrays(path: str | Path, data: memoryview) -> Read:
    """An .npz file: a zip of .npy files."""
    steps = iter(range(STEPS))
    return {name.removesuffix(".npy"): npy(path, member(data, info, HEAD), info.file_size, partial(member, data, info), steps)
            for name, info in members(path).items() if name.endswith(".npy")}, {}, "<"


READERS = {"torch": zipped, "old torch": old, "npy": array, "npz": arrays}


def recognises(path: str | Path) -> str:
    """Which of READERS a file is for, by its first bytes and, of a zip, its members; "" if for none."""
    with reading(path):
        start = bytes(mapped(path)[:64])
        names = members(path) if start.startswith(b"PK\3\4") else ()
    found = {"npy": start.startswith(b"\x93NUMPY"), "old torch": MAGIC in start, "torch": any(map(PICKLE.fullmatch, names)),
             "npz": any(name.endswith(".npy") for name in names)}
    return next((kind for kind in found if found[kind]), "")


def tensors(path: str | Path) -> Tensors:
    """The tensors of a file of torch's or numpy's by the keys that lead to them, joined by dots. Raises UserError for any other."""
    kind = recognises(path)
    with reading(path):
        if not kind:
            raise ValueError("it is none of torch's (.pth, .pt) and numpy's (.npy, .npz) files")
        value, storages, order = READERS[kind](path, mapped(path))
        return flattened(value, partial(understood, path, storages, order))
