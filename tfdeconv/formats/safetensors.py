"""`.safetensors` files: the length of a header, the header in JSON, the tensors' bytes one after the other."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from .lazy_tensor import NAME, Tensors, mapped, reading, tensor

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
HEADER = (
    1 << 22
)  # bytes; a thousand tensors take 100 KB, and JSON can take 25 times its length in memory


def recognises(path: str | Path) -> bool:
    """Whether a file begins like a .safetensors file: they have no magic number."""
    with reading(path):
        data = mapped(path)
    return data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= min(HEADER, len(data) - 8)


def tensors(path: str | Path) -> Tensors:
    """The tensors of a .safetensors file. Raises UserError for any other file, and for a damaged one."""
    with reading(path):
        data = mapped(path)
        size = int.from_bytes(data[:8], "little")
        if not recognises(path):
            raise ValueError(
                f"it is no .safetensors file: it begins with {bytes(data[:9])!r}, needs the length of a header"
            )
        header = json.loads(bytes(data[8 : 8 + size]), object_pairs_hook=once)
        data = data[8 + size :]
        header.pop("__metadata__", None)
        entries = [(*entry(name, told), name) for name, told in header.items()]
        end = 0
        for begin, until, name in sorted(
            (begin, until, name) for _, _, begin, until, name in entries
        ):
            if begin != end or until < begin:  # the format wants neither holes nor overlaps
                raise ValueError(
                    f"its tensor {ascii(name[:NAME])} is said to begin at {begin}, needs {end}"
                )
            end = until
        if end != len(data):
            raise ValueError(
                f"it is damaged: its tensors take {end} bytes, it has {len(data)}; fetch or make it again"
            )
        found = Tensors()
        found.ignored = tuple(
            ascii(name[:NAME]) for dtype, *_, name in entries if dtype not in DTYPES
        )
        for dtype, shape, begin, until, name in entries:
            if dtype in DTYPES:
                found.add(
                    name,
                    tensor(
                        path,
                        DTYPES[dtype],
                        shape,
                        until - begin,
                        partial(memoryview.__getitem__, data, slice(begin, until)),
                    ),
                )
    return found


def entry(name: str, told: Any) -> tuple[str, list[int], int, int]:
    """What the header tells of a tensor: dtype, shape, first byte and the byte after the last."""
    match told:
        case {
            "dtype": str() as dtype,
            "shape": list() as shape,
            "data_offsets": [int() as begin, int() as until],
        }:
            return dtype, shape, begin, until
    raise ValueError(
        f"its header tells of {ascii(name[:NAME])} without dtype, shape and data_offsets"
    )


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("its header has a name twice")
    return found
