"""The arrays of an .npz that nobody vouches for, each read when it is asked for."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from ..limits import MAX_NPZ_HEADER
from .file_bytes import FileBytes
from .stored_array import StoredArray, read_header
from .zip_archive import begin_of, member, members_within

SUFFIX = ".npy"


@dataclass(eq=False)
class PackedArray:
    """A compressed array of an .npz; array[number] is a row of its first axis, from any thread.

    It is unpacked as a whole, and stays in memory.
    """

    file: FileBytes
    info: zipfile.ZipInfo
    begin: int  # of its values, in bytes of the member
    shape: tuple[int, ...]
    in_columns: bool  # Fortran's order
    dtype: np.dtype

    def __post_init__(self) -> None:
        self.lock = Lock()
        self.values: np.ndarray | None = None

    @property
    def in_memory(self) -> int:
        """Bytes that are in memory once a row has been read."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __getitem__(self, number: Any) -> np.ndarray:
        return self.whole()[number]

    def whole(self) -> np.ndarray:
        """All values; raises ValueError for a damaged member."""
        with self.lock:
            if self.values is None:
                data = member(self.file, self.info)[self.begin :]
                flat = np.frombuffer(data, self.dtype, math.prod(self.shape))
                self.values = flat.reshape(self.shape, order="F" if self.in_columns else "C")
        return self.values

    def close(self) -> None:
        """Closes the file."""
        self.file.close()


def arrays_of(path: str | Path) -> dict[str, StoredArray | PackedArray]:
    """The arrays of plain numbers in an .npz, by name.

    Raises ValueError for a file that cannot be one, or declares far more than it can hold.
    """
    return {info.filename.removesuffix(SUFFIX): array for info, array in found(FileBytes(path))}


def found(file: FileBytes) -> Iterator[tuple[zipfile.ZipInfo, StoredArray | PackedArray]]:
    for info in members_within(file).values():
        # what is no array, or one of objects, is left out
        with suppress(ValueError, KeyError, EOFError, SyntaxError, TypeError):
            start = io.BytesIO(member(file, info, MAX_NPZ_HEADER))
            shape, in_columns, dtype = read_header(start)
            begin = start.tell()
            size = math.prod(shape) * dtype.itemsize
            if dtype.kind not in "biuf" or begin + size != info.file_size:
                continue
            if info.compress_type == zipfile.ZIP_STORED:
                begin += begin_of(file, info)
                yield info, StoredArray(file, begin, shape, in_columns, dtype)
            else:
                yield info, PackedArray(file, info, begin, shape, in_columns, dtype)
