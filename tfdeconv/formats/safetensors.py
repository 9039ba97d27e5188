""".safetensors files: the length of a header (8 bytes), the header in JSON, the tensors' bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..limits import MAX_NAME, MAX_SAFETENSORS_HEADER
from .lazy_tensor import Tensors, mapped, reading, tensor

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}


@dataclass(frozen=True)
class Entry:
    """What the header says of a tensor; its bytes are begin ... end - 1 behind the header."""

    name: str
    dtype: str
    shape: list[int]
    begin: int
    end: int


def recognises(path: str | Path) -> bool:
    """Whether a file begins like a .safetensors file: they have no magic number."""
    with reading(path):
        data = mapped(path)
    size = int.from_bytes(data[:8], "little")
    return data[8:9] == b"{" and size <= min(MAX_SAFETENSORS_HEADER, len(data) - 8)


def tensors(path: str | Path) -> Tensors:
    """The tensors of a .safetensors file.

    Raises UserError for any other file, and for a damaged one.
    """
    with reading(path):
        data = mapped(path)
        if not recognises(path):
            raise ValueError(
                f"it is not a .safetensors file: it begins with {bytes(data[:9])!r}, "
                f"expected the length of a header and {{"
            )
        size = int.from_bytes(data[:8], "little")
        header = json.loads(bytes(data[8 : 8 + size]), object_pairs_hook=unique)
        data = data[8 + size :]
        header.pop("__metadata__", None)
        entries = [read_entry(name, fields) for name, fields in header.items()]
        check_extents(entries, len(data))
        result = Tensors()
        ignored: list[str] = []
        for entry in entries:
            if entry.dtype not in DTYPES:
                ignored.append(ascii(entry.name[:MAX_NAME]))
                continue
            content = partial(memoryview.__getitem__, data, slice(entry.begin, entry.end))
            length = entry.end - entry.begin
            dtype = DTYPES[entry.dtype]
            result.add(entry.name, tensor(path, dtype, entry.shape, length, content))
        result.ignored = tuple(ignored)
    return result


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; raises ValueError where it has a key twice."""
    items = dict(pairs)
    if len(items) != len(pairs):
        raise ValueError("its header has a name twice")
    return items


def read_entry(name: str, fields: Any) -> Entry:
    """An entry of the header; raises ValueError where it has another form."""
    match fields:
        case {
            "dtype": str() as dtype,
            "shape": list() as shape,
            "data_offsets": [int() as begin, int() as end],
        }:
            return Entry(name, dtype, shape, begin, end)
    raise ValueError(
        f"its header describes {ascii(name[:MAX_NAME])} without dtype, shape and data_offsets"
    )


def check_extents(entries: list[Entry], size: int) -> None:
    """Raises ValueError unless the tensors fill so many bytes, with neither holes nor overlaps."""
    end = 0
    for entry in sorted(entries, key=lambda entry: (entry.begin, entry.end, entry.name)):
        if entry.begin != end or entry.end < entry.begin:
            raise ValueError(
                f"its tensor {ascii(entry.name[:MAX_NAME])} begins at byte {entry.begin}, "
                f"expected {end}"
            )
        end = entry.end
    if end != size:
        raise ValueError(
            f"it is damaged: its tensors take {end} bytes, and it has {size}; "
            f"fetch or make it again"
        )
