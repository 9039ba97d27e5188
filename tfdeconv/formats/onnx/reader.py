"""Opens an ONNX model: the description of what it holds, and tensors that are read when asked for.

Not read, and refused in one line: sparse tensors, and files beside the model that are not in its
folder. Kept by name only: graphs within operations (of If, Loop and Scan), and tensors of texts, of
complex numbers and of fewer than 8 bits' numbers, whose `read` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import UserError, one_line
from .. import protobuf
from ..lazy_tensor import DAMAGE, mapped
from ..reading_process import ReadError
from .description import Description
from .external import ExternalFiles
from .model import Model
from .process import ModelProcess

# fields of ModelProto: ir_version, and graph
VERSION, GRAPH = 1, 7
# the largest number of a field, of versions to come, too; Core ML's message has some from 200 on
LAST_FIELD = 199


def recognises(path: str | Path) -> bool:
    """Whether a file is an ONNX model, or the beginning of one, whatever its name.

    Its outermost fields show it.
    """
    try:
        data = mapped(path)
    except DAMAGE:
        return False
    types = {field.number: field.wire_type for field in protobuf.fields(data, cut=True)}
    if types.get(VERSION) != protobuf.VARINT or types.get(GRAPH) != protobuf.BYTES:
        return False
    return max(types) <= LAST_FIELD


@contextmanager
def open_model(path: str | Path) -> Iterator[Model]:
    """A model, which is open as long as the block; its tensors may be read from several threads.

    Raises UserError for what is no model, and for one that is damaged or not read.
    """
    path = Path(path)
    process = None
    try:
        process = ModelProcess(path)
        external = ExternalFiles(path)
        description = Description(process, external, path.stat().st_size)
        yield description.model(process.description())
    except UserError:
        raise
    except (ReadError, ValueError, OSError) as error:
        raise UserError(f"cannot read weights from {path}: {one_line(error)}") from None
    finally:
        if process:
            process.close()
