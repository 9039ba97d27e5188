"""Reads an ONNX model that nobody vouches for in a second process, within limits (server.py)."""

from __future__ import annotations

from pathlib import Path

from ...limits import (
    BYTES_OF_CPU_SECOND,
    BYTES_OF_WAIT_SECOND,
    PROTOBUF_COPIES,
    PROTOBUF_CPU_SECONDS,
    PROTOBUF_MEMORY,
    PROTOBUF_WAIT_SECONDS,
)
from ..reading_process import ReadingProcess

PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from tfdeconv.formats.onnx import server; server.main()"
)
# one thread, as more read no faster
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class ModelProcess(ReadingProcess):
    """A model in the process that reads it; its description is survey's."""

    library = "the library of protocol buffers"

    def __init__(self, path: str | Path) -> None:
        size = Path(path).stat().st_size
        memory = PROTOBUF_MEMORY + PROTOBUF_COPIES * size
        super().__init__(path, size, PROGRAM, ENVIRONMENT, memory)

    def cpu_seconds(self, size: int) -> int:
        return int(PROTOBUF_CPU_SECONDS + size / BYTES_OF_CPU_SECOND)

    def wait_seconds(self, size: int) -> float:
        return PROTOBUF_WAIT_SECONDS + size / BYTES_OF_WAIT_SECOND

    def working_memory(self, size: int) -> int:
        # as bits, and as numbers
        return 2 * size
