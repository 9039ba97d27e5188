"""Reads an ONNX model that nobody vouches for in a second process, within limits (server.py)."""

from __future__ import annotations

from ..protobuf_process import ProtobufProcess


class ModelProcess(ProtobufProcess):
    """A model in the process that reads it; its description is survey's."""

    program = (
        "import sys; sys.path[:] = sys.argv[1:]; "
        "from tfdeconv.formats.onnx import server; server.main()"
    )

    def working_memory(self, size: int) -> int:
        # as bits, and as numbers
        return 2 * size
