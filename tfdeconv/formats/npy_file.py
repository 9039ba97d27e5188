"""numpy's files: .npy and .npz, of arrays or of a pickled dictionary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..limits import MAX_NPY_HEADER
from .lazy_tensor import Bytes, Tensor, tensor
from .pickle_values import STORAGES
from .unpickler import Unpickler, step_budget
from .zip_archive import member, members

# numpy's codes of the dtypes that are read: {"f4": "float32", ...}
NUMPY_CODES = {np.dtype(dtype).str[1:]: dtype for dtype in STORAGES.values() if dtype != "bfloat16"}
HEADER = re.compile(
    rb"\{'descr': '([<>|])(\w+)', 'fortran_order': (True|False), 'shape': \(([\dL, ]*)\), \}\s*"
)
# size in bytes and the bytes, by key
Storages = dict[str, tuple[int, Callable[[], Bytes]]]
# what a file's pickle holds, its storages and their byte order
Content = tuple[Any, Storages, str]


def npy(
    path: str | Path,
    start: memoryview,
    size: int,
    read: Callable[[], memoryview],
    budget: Iterator[int],
) -> Any:
    """What a file in numpy's format holds: a Tensor or what its pickle holds; None for other types.

    start: its first bytes. size: how many it has. read: brings all of them.
    """
    # version 1 of the format has a header length of 2 bytes, later ones of 4
    header_begin = 10 if start[6:7] == b"\1" else 12
    data_begin = header_begin + int.from_bytes(start[8:header_begin], "little")
    header = HEADER.fullmatch(bytes(start[header_begin : min(data_begin, MAX_NPY_HEADER)]))
    if header is None:
        return None
    order, code, fortran, sides = (group.decode() for group in header.groups())
    if code == "O":
        return Unpickler(read(), data_begin, budget).run()
    if code not in NUMPY_CODES:
        return None
    return tensor(
        path,
        NUMPY_CODES[code],
        [int(length) for length in re.findall(r"\d+", sides)],
        size - data_begin,
        lambda: read()[data_begin:],
        order=">" if order == ">" else "<",
        fortran=fortran == "True",
    )


def read_npy(path: str | Path, data: memoryview) -> Content:
    """An .npy file of a pickled dictionary."""
    value = npy(path, data, len(data), lambda: data, step_budget())
    if isinstance(value, Tensor):
        raise ValueError(
            "it holds one array without a layer's name, expected a dictionary by layer: "
            "save it with np.save(FILE, {...}) or np.savez"
        )
    return value, {}, "<"


def read_npz(path: str | Path, data: memoryview) -> Content:
    """An .npz file: a zip of .npy files."""
    budget = step_budget()
    values: dict[str, Any] = {}
    for name, info in members(path).items():
        if name.endswith(".npy"):
            start = member(data, info, MAX_NPY_HEADER)
            read = partial(member, data, info)
            values[name.removesuffix(".npy")] = npy(path, start, info.file_size, read, budget)
    return values, {}, "<"
