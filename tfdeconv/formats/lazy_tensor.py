"""What the pure readers share: a tensor that is read when asked for, out of a mapped file or a member of a zip.

A file is mapped, never read whole. What it declares of a tensor is compared with the bytes that are there before any is read.
"""

from __future__ import annotations

import math
import mmap
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError

DIMENSIONS = 8
NAME = 200  # characters
DEPTH, ITEMS = (
    16,
    300_000,
)  # how deep tensors may be nested, and how many things may stand beside them
PLAIN = str, bytes, memoryview, int, float, type(None)
Bytes = bytes | memoryview


@dataclass(frozen=True)
class Tensor:
    """A tensor of a file that is not read yet."""

    shape: tuple[int, ...]
    dtype: str  # as stored: float32, bfloat16, int64, ...
    read: Callable[
        [], np.ndarray
    ]  # a fresh array, native and in C order; float16 and bfloat16 become float32


class Tensors(dict[str, Tensor]):
    """Tensors by name, in the file's order, and the names of what else the file holds."""

    ignored: tuple[str, ...] = ()

    def add(self, name: str, found: Tensor) -> None:
        if name in self or not 0 < len(name) <= NAME or not name.isprintable():
            raise ValueError(
                f"it calls a tensor {ascii(name[:40])}, {'as another one' if name in self else 'which is no name'}"
            )
        self[name] = found


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """What goes wrong while a file is read, as the one-line error."""
    try:
        yield
    except UserError:
        raise
    except (
        OSError,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        EOFError,
        MemoryError,
        RuntimeError,
        struct.error,
        zlib.error,
        zipfile.BadZipFile,
    ) as error:
        reason = (
            getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        )
        if type(error) is not ValueError and not isinstance(
            error, (OSError, MemoryError)
        ):  # Python's word for nonsense
            reason = f"it is damaged ({reason}); fetch or make it again"
        raise UserError(f"cannot read weights from {path}: {reason[:250]}") from None


def mapped(path: str | Path) -> memoryview:
    """The bytes of a file, none of them read; they stay mapped as long as any view of them lives.

    As everywhere with mapped files, nobody may shorten the file in the meantime: that ends the program.
    """
    if Path(path).exists() and not Path(path).is_file():  # to open a pipe would wait for a writer
        raise ValueError("it is no file")
    with open(path, "rb") as file:
        if not file.seek(0, 2):
            raise ValueError("it is empty")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def tensor(
    path: str | Path,
    dtype: str,
    shape: Sequence[int],
    size: int,
    raw: Callable[[], Bytes],
    order: str = "<",
    fortran: bool = False,
    view: tuple[int, Sequence[int]] | None = None,
) -> Tensor:
    """Elements that lie one after the other and fill `size` bytes, or those at (offset, strides), in elements, within them.

    Raises ValueError unless they do; also where a view shows elements more than once (strides of 0), so that nothing takes
    more memory than the file has bytes.
    """
    if (
        len(shape) > DIMENSIONS
        or not all(type(n) is int and n >= 0 for n in shape)
        or math.prod(n or 1 for n in shape) > 1 << 48
    ):
        raise ValueError("a tensor has a shape that cannot be")
    count = math.prod(shape)
    ones = [math.prod(shape[:axis] if fortran else shape[axis + 1 :]) for axis in range(len(shape))]
    offset, strides = view or (0, ones)
    if len(strides) != len(shape) or not all(type(n) is int and n >= 0 for n in (offset, *strides)):
        raise ValueError(f"a tensor of shape {list(shape)} has an offset or strides that cannot be")
    end = offset + sum((n - 1) * stride for n, stride in zip(shape, strides)) + 1 if count else 0
    if max(count, end) * width(dtype) > size or view is None and count * width(dtype) != size:
        raise ValueError(
            f"a tensor of shape {list(shape)} ({dtype}) does not fit into its {size} bytes"
        )
    steps = tuple(0 if n == 1 else stride for n, stride in zip(shape, strides))
    return Tensor(
        tuple(shape), dtype, partial(values, path, dtype, order, tuple(shape), raw, offset, steps)
    )


def width(dtype: str) -> int:
    """Bytes of an element."""
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def values(
    path: str | Path,
    dtype: str,
    order: str,
    shape: tuple[int, ...],
    raw: Callable[[], Bytes],
    offset: int,
    strides: tuple[int, ...],
) -> np.ndarray:
    """The elements of a tensor, copied out of a file."""
    with reading(path):
        code = order + ("u2" if dtype == "bfloat16" else np.dtype(dtype).str[1:])
        size = width(dtype)
        array = (
            np.zeros(shape, code)
            if 0 in shape
            else np.ndarray(
                shape, code, raw(), offset * size, [stride * size for stride in strides]
            )
        )
        if dtype != "bfloat16":
            return array.astype("float32" if dtype == "float16" else dtype, "C")
        wide = array.astype(np.uint32, "C")  # the upper half of a float32
        np.left_shift(wide, 16, out=wide)
        return wide.view(np.float32)


def flattened(root: Any, understood: Callable[[Any], Any]) -> Tensors:
    """The tensors within dictionaries and lists by the '.'-joined keys to them; `understood` makes a Tensor of what is one.

    Values may be shared, so that few bytes make many names: how many and how deep is bounded.
    """
    found, ignored, count = Tensors(), [], 0
    left = [("", 0, root)]
    if isinstance(understood(root), Tensor):
        raise ValueError(
            "it holds one tensor without a name, needs a dictionary: torch.save(model.state_dict(), 'FILE')"
        )
    while left:
        name, depth, value = left.pop()
        value = understood(value)
        if isinstance(value, Tensor):
            found.add(name, value)
            continue
        inner = value if isinstance(value, (dict, list, tuple)) else ()
        count += len(inner)
        if count > ITEMS or depth > DEPTH:
            raise ValueError(
                f"it holds more than {ITEMS:,} values, or nests them more than {DEPTH} deep"
            )
        pairs = list(inner.items() if isinstance(inner, dict) else enumerate(inner))
        if all(isinstance(child, PLAIN) for _, child in pairs):
            ignored.append(name)
            continue
        for key, child in reversed(pairs):
            text = str(key, "latin1") if isinstance(key, bytes) else str(key)
            left.append((f"{name}.{text[: NAME + 1]}"[not name :][: NAME + 1], depth + 1, child))
    if not found:
        raise ValueError("it holds no tensors")
    found.ignored = tuple(name if name.isprintable() else ascii(name) for name in ignored)
    return found
