"""numpy's files: .npy and .npz, of arrays or of a pickled dictionary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .lazy_tensor import Bytes, Tensor, tensor
from .unpickler import STEPS, STORAGES, Unpickler
from .zip_archive import member, members

NUMPY = {np.dtype(dtype).str[1:]: dtype for dtype in STORAGES.values() if dtype != "bfloat16"}
HEAD = 4096  # bytes of an .npy file that are searched for its header
NPY = re.compile(
    rb"\{'descr': '([<>|])(\w+)', 'fortran_order': (True|False), 'shape': \(([\dL, ]*)\), \}\s*"
)
Storages = dict[str, tuple[int, Callable[[], Bytes]]]  # size in bytes and the bytes, by key
Read = tuple[Any, Storages, str]  # what a file's pickle holds, its storages and their byte order


def npy(
    path: str | Path,
    start: memoryview,
    size: int,
    raw: Callable[[], memoryview],
    steps: Iterator[int],
) -> Any:
    """What numpy's format holds: a Tensor, what a pickle holds, or None where it is something else."""
    at = 10 if start[6:7] == b"\1" else 12
    begin = at + int.from_bytes(start[8:at], "little")
    header = NPY.fullmatch(bytes(start[at : min(begin, HEAD)]))
    if header is None or header[2].decode() not in (*NUMPY, "O"):
        return None
    if header[2] == b"O":
        return Unpickler(raw(), begin, steps).run()
    shape = [int(n) for n in re.findall(rb"\d+", header[4])]
    order = ">" if header[1] == b">" else "<"
    return tensor(
        path,
        NUMPY[header[2].decode()],
        shape,
        size - begin,
        lambda: raw()[begin:],
        order,
        header[3] == b"True",
    )


def array(path: str | Path, data: memoryview) -> Read:
    """An .npy file of a pickled dictionary."""
    value = npy(path, data, len(data), lambda: data, iter(range(STEPS)))
    if isinstance(value, Tensor):
        raise ValueError(
            "it holds one array and no name of a layer, needs a dictionary by layer: np.save(FILE, {...}) or np.savez"
        )
    return value, {}, "<"


def arrays(path: str | Path, data: memoryview) -> Read:
    """An .npz file: a zip of .npy files."""
    steps = iter(range(STEPS))
    return (
        {
            name.removesuffix(".npy"): npy(
                path, member(data, info, HEAD), info.file_size, partial(member, data, info), steps
            )
            for name, info in members(path).items()
            if name.endswith(".npy")
        },
        {},
        "<",
    )
