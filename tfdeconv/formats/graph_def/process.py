"""Reads a frozen graph or SavedModel in a second process, within limits (server.py).

Its messages may lie within each other and list whatever they like: what that costs is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError, one_line
from ...limits import PROTOBUF_COPIES
from ..lazy_tensor import Tensor, is_plausible
from ..protobuf_process import ProtobufProcess
from ..reading_process import BROKEN, ReadError
from . import nodes
from .nodes import GraphNodes
from .tensors import TYPES

TYPE_NAMES = {name for name, _ in TYPES.values()}
HALVES = ("bfloat16", "float16")


class GraphProcess(ProtobufProcess):
    """A graph's file in the process that reads it."""

    program = (
        "import sys; sys.path[:] = sys.argv[1:]; "
        "from tfdeconv.formats.graph_def import server; server.main()"
    )

    def working_memory(self, size: int) -> int:
        return PROTOBUF_COPIES * size


@contextmanager
def open_graph(path: str | Path) -> Iterator[GraphNodes]:
    """The nodes of a graph, its tensors not read; they can be while the block lasts.

    Raises UserError for a damaged file.
    """
    process = None
    try:
        process = GraphProcess(Path(path))
        yield described(process, process.description())
    except UserError:
        raise
    except ReadError as error:
        raise UserError(f"cannot read weights from {path}: {one_line(error)}") from None
    finally:
        if process:
            process.close()


def described(process: GraphProcess, description: Any) -> GraphNodes:
    """A graph as the process describes it; raises ReadError for what is no description."""
    try:
        tensors = []
        for number, (shape, name) in enumerate(description["tensors"]):
            tensors.append(tensor(process, number, shape, name))
        return nodes.graph_nodes(description, tensors)
    except BROKEN as error:
        raise ReadError(one_line(error)) from None


def tensor(process: GraphProcess, number: int, shape: list[int], name: str) -> Tensor:
    """A tensor of a number; halves become float32 when it is read."""
    if name not in TYPE_NAMES or not is_plausible(shape):
        raise ValueError("the description of its graph is invalid")
    code = np.dtype("float32" if name in HALVES else name).newbyteorder("<").str
    read = partial(process.values, number, tuple(shape), code)
    return Tensor(tuple(shape), name, read)
