"""Which files are TensorFlow's graphs, by their structure and never by their names."""

from __future__ import annotations

import re
from pathlib import Path

from ....formats import protobuf
from ....formats.lazy_tensor import DAMAGE, mapped

# in a SavedModel's folder
MODEL_FILE, VARIABLES = "saved_model.pb", "variables"
OPERATION = re.compile(rb"[A-Z_]\w*(>\w+)?")
# fields of a SavedModel: its version, which is 1, and its graphs; 7 is an ONNX model's graph
VERSION, GRAPHS, ONNX_GRAPH = 1, 2, 7
# of a graph its nodes, and of a node its name and its operation
NODE = 1
NAME_AND_OPERATION = [1, 2]


def find_saved_model(path: str | Path) -> Path | None:
    """The folder of the SavedModel that a folder is, or that a file belongs to; None for others."""
    place = Path(path)
    if (place / MODEL_FILE).is_file():
        return place
    folder = place.parent
    if folder.name == VARIABLES:
        folder = folder.parent
    elif place.name not in (MODEL_FILE, VARIABLES):
        return None
    data = content(folder / MODEL_FILE)
    return folder if data is not None and is_saved_model(data) else None


def is_frozen_graph(path: str | Path) -> bool:
    """Whether a file is a GraphDef."""
    data = content(Path(path))
    return data is not None and is_graph(data)


def content(path: Path) -> memoryview | None:
    """The bytes of a file; None where there are none."""
    try:
        return mapped(path)
    except DAMAGE:
        return None


def is_saved_model(data: memoryview) -> bool:
    """Whether bytes are a SavedModel."""
    found = first_fields(data)
    version, graphs = found.get(VERSION), found.get(GRAPHS)
    if version is None or graphs is None or ONNX_GRAPH in found:
        return False
    return version.value == 1 and graphs.wire_type == protobuf.BYTES


def is_graph(data: memoryview) -> bool:
    """Whether bytes are a GraphDef: its first node has a name and an operation."""
    node = next(protobuf.fields(data), None)
    if node is None or node.number != NODE or isinstance(node.value, int):
        return False
    parts = []
    for part in protobuf.fields(node.value):
        parts.append(part)
        if len(parts) == len(NAME_AND_OPERATION):
            break
    if [part.number for part in parts] != NAME_AND_OPERATION:
        return False
    operation = parts[1].value
    return isinstance(operation, memoryview) and bool(OPERATION.fullmatch(bytes(operation[:100])))


def first_fields(data: memoryview) -> dict[int, protobuf.Field]:
    """The first of each outermost field of a message, by its number."""
    found: dict[int, protobuf.Field] = {}
    for field in protobuf.fields(data):
        found.setdefault(field.number, field)
    return found
