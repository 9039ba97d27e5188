"""The tensors of a checkpoint of TensorFlow's, read by a second process (checkpoint_server.py).

What TensorFlow makes of a damaged checkpoint is not known, so it reads none in this process.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import UserError, one_line
from ....files import sha256_of_all
from ....formats.lazy_tensor import Tensor, Tensors, is_plausible
from ....formats.reading_process import ReadError, ReadingProcess
from ....limits import (
    BYTES_OF_CPU_SECOND,
    BYTES_OF_WAIT_SECOND,
    MAX_NAME,
    TENSORFLOW_COPIES,
    TENSORFLOW_CPU_SECONDS,
    TENSORFLOW_MEMORY,
    TENSORFLOW_WAIT_SECONDS,
)
from .checkpoint_files import CheckpointFiles

PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from tfdeconv.weights.tensorflow.checkpoints import checkpoint_server as server; "
    "server.main()"
)
# it computes nothing: it is to see no GPU, and to say nothing
ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
# numpy's codes of plain numbers
PLAIN = re.compile("[<|][fiu][1248]")


class CheckpointProcess(ReadingProcess):
    """A checkpoint in the process that reads it."""

    library = "TensorFlow"

    def __init__(self, checkpoint: CheckpointFiles) -> None:
        super().__init__(
            checkpoint.prefix, checkpoint.size, PROGRAM, ENVIRONMENT, TENSORFLOW_MEMORY
        )

    def cpu_seconds(self, size: int) -> int:
        return int(TENSORFLOW_CPU_SECONDS + size / BYTES_OF_CPU_SECOND)

    def wait_seconds(self, size: int) -> float:
        return TENSORFLOW_WAIT_SECONDS + size / BYTES_OF_WAIT_SECOND

    def working_memory(self, size: int) -> int:
        return TENSORFLOW_COPIES * size


@contextmanager
def open_tensors(path: str | Path, checkpoint: CheckpointFiles) -> Iterator[Tensors]:
    """The tensors of a checkpoint by name, none of them read; they can be while the block lasts.

    path: what it is called in errors. Raises UserError for a damaged one.
    """
    process = None
    try:
        process = CheckpointProcess(checkpoint)
        yield tensors_of(process, process.description(), checkpoint.size)
    except UserError:
        raise
    except (ReadError, ValueError) as error:
        raise UserError(f"cannot read weights from {path}: {one_line(error)}") from None
    finally:
        if process:
            process.close()


def tensors_of(process: CheckpointProcess, description: Any, size: int) -> Tensors:
    """The tensors that the process describes; size: bytes of all files.

    Raises ValueError for what is no description.
    """
    tensors = Tensors()
    match description:
        case {"tensors": list() as described, "others": list() as others}:
            ignored = [str(name) for name in others]
        case _:
            raise ValueError("the description of its contents is invalid")
    for number, entry in enumerate(described):
        match entry:
            case [str() as name, list() as shape, str() as code] if is_plausible(
                shape
            ) and PLAIN.fullmatch(code):
                pass
            case _:
                raise ValueError("the description of its contents is invalid")
        dtype = np.dtype(code)
        if len(name) > MAX_NAME:
            ignored.append(name)
            continue
        # nothing in a checkpoint is compressed
        if math.prod(shape) * dtype.itemsize > 2 * size:
            raise ValueError(
                f"its tensor {name[:80]} declares the shape {shape}, "
                f"far more than files of {size:,} bytes can hold"
            )
        read = partial(process.values, number, tuple(shape), code)
        tensors.add(name, Tensor(tuple(shape), dtype.name, read))
    tensors.ignored = tuple(ignored)
    return tensors


def digest(checkpoint: CheckpointFiles) -> str:
    """sha256 of a checkpoint of one file; of several, of their sums' lines, in the files' order."""
    return sha256_of_all(checkpoint.files)
