"""The images of an .npy file, each read where it lies: nothing of the file is mapped.

A mapped file that somebody shortens ends the program (SIGBUS), and what has been read of it counts
as the program's memory.
"""

from __future__ import annotations

import math
import os
import weakref
from threading import Lock

import numpy as np

from ..errors import UserError
from ..formats.npz_arrays import HEADER_READERS
from ..limits import MAX_NPZ_HEADER
from ..memory import refuse_beyond_memory

ZIP = b"PK\3\4"
AT_ONCE = 1 << 30  # bytes that the system is asked for


class NpyImages:
    """An array [n, ...] of a file; array[number] is a row of its first axis, from any thread.

    Raises UserError for another kind of file, ValueError for a damaged one.
    """

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            if file.read(len(ZIP)) == ZIP:
                raise UserError(
                    f"{path} cannot be read as an array: it is an archive of them; name it .npz"
                )
            file.seek(0)
            read_header = HEADER_READERS[np.lib.format.read_magic(file)]
            shape, in_columns, dtype = read_header(file, max_header_size=MAX_NPZ_HEADER)
            self.begin = file.tell()
            found = os.fstat(file.fileno()).st_size - self.begin
        if dtype.hasobject:
            raise ValueError("it holds Python's objects, which are not read")
        self.shape: tuple[int, ...] = shape
        self.dtype: np.dtype = dtype
        self.size = math.prod(shape) * dtype.itemsize
        if found < self.size:
            raise ValueError(f"it has {found} bytes of values, needs {self.size}")
        self.in_columns = in_columns
        if in_columns:
            # an image's values are spread over all of it
            remedy = "save it in C order (np.ascontiguousarray)"
            refuse_beyond_memory(self.size, path, remedy)
        self.lock = Lock()
        self.values: np.ndarray | None = None  # of an array in columns
        self.handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self.close = weakref.finalize(self, os.close, self.handle)

    def __getitem__(self, number: int) -> np.ndarray:
        if not 0 <= number < self.shape[0]:
            raise IndexError(f"it has {self.shape[0]} images, no number {number}")
        if not self.in_columns:
            return self._read(number * self._row_bytes, self.shape[1:])
        with self.lock:
            if self.values is None:
                self.values = self.whole()
        return self.values[number]

    def whole(self) -> np.ndarray:
        """All values."""
        if not self.in_columns:
            return self._read(0, self.shape)
        return self._read(0, self.shape[::-1]).T

    @property
    def _row_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    def _read(self, start: int, shape: tuple[int, ...]) -> np.ndarray:
        """The values from a byte of them on; raises ValueError where the file ends before."""
        size = math.prod(shape) * self.dtype.itemsize
        content = bytearray()
        while len(content) < size:
            offset = self.begin + start + len(content)
            part = self._read_at(min(size - len(content), AT_ONCE), offset)
            if not part:
                raise ValueError("the file has become shorter")
            content += part
        return np.frombuffer(content, self.dtype).reshape(shape)

    def _read_at(self, size: int, offset: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self.handle, size, offset)
        # Windows
        with self.lock:
            os.lseek(self.handle, offset, os.SEEK_SET)
            return os.read(self.handle, size)
