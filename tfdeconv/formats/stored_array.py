"""An array whose values lie in a file as they are: of an .npy, or of an .npz without compression.

Each row is read when it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from threading import Lock
from typing import IO, Any

import numpy as np

from ..limits import MAX_NPZ_HEADER
from .file_bytes import FileBytes

HEADER_READERS: dict[tuple[int, int], Any] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether it is in Fortran's order, and dtype of an array that begins here.

    Raises whatever numpy does where none begins, and ValueError for sides below 0.
    """
    read: Callable = HEADER_READERS[np.lib.format.read_magic(file)]
    shape, in_columns, dtype = read(file, max_header_size=MAX_NPZ_HEADER)
    if min(shape, default=0) < 0:
        raise ValueError(f"its header declares the shape {list(shape)}")
    return shape, in_columns, dtype


class StoredArray:
    """An array [n, ...] of a file; array[number] is a row of its first axis, from any thread.

    begin: of its values in the file. Raises ValueError where the file does not have them all.
    """

    def __init__(
        self, file: FileBytes, begin: int, shape: tuple[int, ...], in_columns: bool, dtype: np.dtype
    ) -> None:
        if dtype.hasobject:
            raise ValueError("it holds Python's objects, which are not read")
        self.file = file
        self.begin = begin
        self.shape = shape
        self.in_columns = in_columns
        self.dtype = dtype
        self.size = math.prod(shape) * dtype.itemsize
        found = len(file) - begin
        if found < self.size:
            raise ValueError(f"it has {found} bytes of values, needs {self.size}")
        self.lock = Lock()
        self.values: np.ndarray | None = None  # of an array in columns

    @property
    def in_memory(self) -> int:
        """Bytes that are in memory once a row has been read.

        In columns an image's values are spread over all of the array.
        """
        return self.size if self.in_columns else 0

    def __getitem__(self, number: int) -> np.ndarray:
        if not 0 <= number < self.shape[0]:
            raise IndexError(f"it has {self.shape[0]} images, no number {number}")
        if not self.in_columns:
            row_bytes = math.prod(self.shape[1:]) * self.dtype.itemsize
            return self._read(number * row_bytes, self.shape[1:])
        with self.lock:
            if self.values is None:
                self.values = self.whole()
        return self.values[number]

    def whole(self) -> np.ndarray:
        """All values."""
        if not self.in_columns:
            return self._read(0, self.shape)
        return self._read(0, self.shape[::-1]).T

    def close(self) -> None:
        """Closes the file."""
        self.file.close()

    def _read(self, start: int, shape: tuple[int, ...]) -> np.ndarray:
        """The values from a byte of them on; raises ValueError where the file ends before."""
        size = math.prod(shape) * self.dtype.itemsize
        content = self.file.read(self.begin + start, size)
        return np.frombuffer(content, self.dtype).reshape(shape)
