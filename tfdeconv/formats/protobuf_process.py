"""A process that reads a file of protocol buffers that nobody vouches for, within limits."""

from __future__ import annotations

from pathlib import Path

from ..limits import (
    BYTES_OF_CPU_SECOND,
    BYTES_OF_WAIT_SECOND,
    PROTOBUF_COPIES,
    PROTOBUF_CPU_SECONDS,
    PROTOBUF_MEMORY,
    PROTOBUF_WAIT_SECONDS,
)
from .reading_process import ReadingProcess

# one thread, as more read no faster
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class ProtobufProcess(ReadingProcess):
    """A file in the process that reads it; a subclass says with which program."""

    library = "the library of protocol buffers"
    program = ""

    def __init__(self, path: str | Path) -> None:
        size = Path(path).stat().st_size
        memory = PROTOBUF_MEMORY + PROTOBUF_COPIES * size
        super().__init__(path, size, self.program, ENVIRONMENT, memory)

    def cpu_seconds(self, size: int) -> int:
        return int(PROTOBUF_CPU_SECONDS + size / BYTES_OF_CPU_SECOND)

    def wait_seconds(self, size: int) -> float:
        return PROTOBUF_WAIT_SECONDS + size / BYTES_OF_WAIT_SECOND
