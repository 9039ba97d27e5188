"""The bytes of a file, read where they lie: nothing of it is mapped.

A mapped file that somebody shortens ends the program (SIGBUS), and what has been read of it counts
as the program's memory.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from threading import Lock

AT_ONCE = 1 << 30  # bytes that the system is asked for


class FileBytes:
    """A file's bytes, from any thread: file[begin:end] are those that are there."""

    def __init__(self, path: str | Path) -> None:
        self.handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self.close = weakref.finalize(self, os.close, self.handle)
        self.size = os.fstat(self.handle).st_size
        self.lock = Lock()

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> memoryview:
        begin, end, _ = part.indices(self.size)
        if end <= begin:
            return memoryview(b"")
        first = self._read_at(min(end - begin, AT_ONCE), begin)
        if len(first) >= end - begin:
            return memoryview(first)
        content = bytearray(first)
        while len(content) < end - begin:
            some = self._read_at(min(end - begin - len(content), AT_ONCE), begin + len(content))
            if not some:
                break
            content += some
        return memoryview(content)

    def read(self, begin: int, size: int) -> memoryview:
        """So many bytes from one on; raises ValueError where the file ends before."""
        content = self[begin : begin + size]
        if len(content) < size:
            raise ValueError("the file has become shorter")
        return content

    def _read_at(self, size: int, offset: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self.handle, size, offset)
        # Windows
        with self.lock:
            os.lseek(self.handle, offset, os.SEEK_SET)
            return os.read(self.handle, size)
