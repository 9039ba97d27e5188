"""Reads an HDF5 file that nobody vouches for in a second process, within limits (hdf5_server.py).

libhdf5 crashes, never ends or takes all memory on about two in a thousand damaged files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..limits import (
    BYTES_OF_CPU_SECOND,
    BYTES_OF_WAIT_SECOND,
    HDF5_CPU_SECONDS,
    HDF5_MEMORY,
    HDF5_WAIT_SECONDS,
)
from . import hdf5
from .reading_process import ProcessEnded, ReadError, ReadingProcess

__all__ = ["ProcessEnded", "ReadError", "SubprocessFile", "open_in_subprocess"]

PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from tfdeconv.formats import hdf5_server; hdf5_server.main()"
)
# one thread, as more read no faster; and libhdf5 is to load no plugins
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "HDF5_PLUGIN_PRELOAD": "::",
    # where it fails to open a file it would load all that lies here
    "HDF5_PLUGIN_PATH": os.devnull,
}


@contextmanager
def open_in_subprocess(path: str | Path) -> Iterator[hdf5.Group]:
    """The root of a file, read in a process of its own, which lives as long as the block.

    Its datasets can be read from several threads. They raise ReadError where that fails.
    """
    reader = SubprocessFile(path)
    try:
        yield hdf5.tree(path, reader.description(), reader.values)
    finally:
        reader.close()


class SubprocessFile(ReadingProcess):
    """An HDF5 file in the process that reads it; its description is hdf5_survey's."""

    library = "HDF5's library"

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, Path(path).stat().st_size, PROGRAM, ENVIRONMENT, HDF5_MEMORY)

    def cpu_seconds(self, size: int) -> int:
        return int(HDF5_CPU_SECONDS + size / BYTES_OF_CPU_SECOND)

    def wait_seconds(self, size: int) -> float:
        return HDF5_WAIT_SECONDS + size / BYTES_OF_WAIT_SECOND
