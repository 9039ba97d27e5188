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
from .lazy_tensor import mapped
from .zip_archive import member, members

SUFFIX = ".npy"
HEADER_READERS: dict[tuple[int, int], Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


@dataclass(eq=False)
class NpzArray:
    """An array of an .npz; array[number] is a row of its first axis, from any thread."""

    file: NpzFile
    member: str
    shape: tuple[int, ...]
    dtype: np.dtype
    in_columns: bool  # Fortran's order
    begin: int  # of its values, in bytes of the member

    def __post_init__(self) -> None:
        self.lock = Lock()
        self.values: np.ndarray | None = None

    @property
    def size(self) -> int:
        """Bytes of its values."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def unpacked(self) -> int:
        """Bytes of memory that its values take; 0 where they are mapped."""
        is_mapped = self.file.infos[self.member].compress_type == zipfile.ZIP_STORED
        return 0 if is_mapped else self.size

    def __getitem__(self, number: Any) -> np.ndarray:
        with self.lock:
            if self.values is None:
                self.values = self.read()
        return self.values[number]

    def read(self) -> np.ndarray:
        """All values; raises ValueError for a damaged member."""
        data = self.file.member(self.member)[self.begin :]
        if len(data) < self.size:
            raise ValueError(f"{self.member} has {len(data)} bytes of values, needs {self.size}")
        flat = np.frombuffer(data, self.dtype, math.prod(self.shape))
        return flat.reshape(self.shape, order="F" if self.in_columns else "C")


class NpzFile:
    """An .npz whose members are mapped, not read, where they are not compressed.

    Raises ValueError for a file that cannot be one, or declares far more than it can hold.
    """

    def __init__(self, path: str | Path) -> None:
        self.infos = members(path)
        self.data = mapped(path)

    def member(self, name: str) -> memoryview:
        return member(self.data, self.infos[name])

    def arrays(self) -> dict[str, NpzArray]:
        """Its arrays of plain numbers, by name."""
        return {array.member.removesuffix(SUFFIX): array for array in self.found()}

    def found(self) -> Iterator[NpzArray]:
        for name, info in self.infos.items():
            # what is no array, or one of objects, is left out
            with suppress(ValueError, KeyError, EOFError, SyntaxError, TypeError):
                start = io.BytesIO(member(self.data, info, MAX_NPZ_HEADER))
                read = HEADER_READERS[np.lib.format.read_magic(start)]
                shape, in_columns, dtype = read(start, max_header_size=MAX_NPZ_HEADER)
                array = NpzArray(self, name, shape, dtype, in_columns, start.tell())
                if dtype.kind in "biuf" and array.begin + array.size == info.file_size:
                    yield array
