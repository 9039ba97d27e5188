"""A tensor that is read when asked for, out of a mapped file or a member of a zip.

What the readers in pure Python share. A file is mapped, never read whole; what it declares of a
tensor is compared with the bytes that are there before any is read.
"""

from __future__ import annotations

import math
import mmap
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ..errors import UserError, one_line
from ..limits import MAX_AXES, MAX_CELLS, MAX_NAME, MAX_TENSORS

REASON = 250  # characters of what went wrong
Bytes = bytes | memoryview
# what reading a damaged file can raise
DAMAGE = (
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
)


@dataclass(frozen=True)
class Tensor:
    """A tensor of a file that is not read yet."""

    shape: tuple[int, ...]
    # as stored: float32, bfloat16, int64, ...
    dtype: str
    # a new array, native and in C order; float16 and bfloat16 become float32
    read: Callable[[], np.ndarray]


class Tensors(dict[str, Tensor]):
    """Tensors by name, in the file's order, and the names of what else the file holds."""

    ignored: tuple[str, ...] = ()
    # of those, the objects of classes that are not known here, and their classes
    objects: Mapping[str, str] = MappingProxyType({})

    def add(self, name: str, tensor: Tensor) -> None:
        """Adds a tensor; raises ValueError where its name cannot be one, or is taken."""
        if len(self) == MAX_TENSORS:
            raise ValueError(f"it has more than {MAX_TENSORS:,} tensors")
        if name in self:
            raise ValueError(f"it has two tensors called {ascii(name[:40])}")
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise ValueError(
                f"it has a tensor called {ascii(name[:40])}, "
                f"expected 1 to {MAX_NAME} printable characters"
            )
        self[name] = tensor


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Raises what goes wrong while a file is read as a UserError of one line."""
    try:
        yield
    except UserError:
        raise
    except DAMAGE as error:
        reason = one_line(error, REASON)
        # these say themselves what is wrong; the others are what Python says of damaged data
        if type(error) is not ValueError and not isinstance(error, (OSError, MemoryError)):
            reason = f"it is damaged ({reason}); fetch or make it again"
        raise UserError(f"cannot read weights from {path}: {reason[:REASON]}") from None


def mapped(path: str | Path) -> memoryview:
    """The bytes of a file, none of them read; they stay mapped as long as any view of them lives.

    As always with mapped files, nobody may shorten the file in the meantime: that ends the program.
    """
    # to open a pipe would wait for a writer
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError("it is not a file")
    with open(path, "rb") as file:
        if not file.seek(0, 2):
            raise ValueError("it is empty")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def tensor(
    path: str | Path,
    dtype: str,
    shape: Sequence[int],
    size: int,
    read: Callable[[], Bytes],
    order: str = "<",
    fortran: bool = False,
    view: tuple[int, Sequence[int]] | None = None,
) -> Tensor:
    """A tensor whose elements lie in `size` bytes, which `read` brings.

    They fill these, one after the other; with a view, (offset, strides) in elements, they are
    somewhere in them. Raises ValueError unless they are, also where a view shows elements more than
    once (strides of 0), so that no tensor takes more memory than the file has bytes.
    """
    if not is_plausible(shape):
        raise ValueError("a tensor has an impossible shape")
    count = math.prod(shape)
    offset, strides = view or (0, contiguous_strides(shape, fortran))
    if not are_plausible(offset, strides, len(shape)):
        raise ValueError(f"a tensor of shape {list(shape)} has an impossible offset or strides")
    # behind the last element
    end = 0
    if count:
        end = offset + 1 + sum((n - 1) * stride for n, stride in zip(shape, strides))
    fits = max(count, end) * width(dtype) <= size
    fills = count * width(dtype) == size
    if not fits or (view is None and not fills):
        raise ValueError(
            f"a tensor of shape {list(shape)} ({dtype}) does not fit into its {size} bytes"
        )
    # the stride of an axis of length 1 may be any number, even one that overflows in bytes
    steps = [0 if n == 1 else stride for n, stride in zip(shape, strides)]

    def values() -> np.ndarray:
        with reading(path):
            return elements(dtype, order, tuple(shape), read, offset, steps)

    return Tensor(tuple(shape), dtype, values)


def is_plausible(shape: Sequence[Any]) -> bool:
    """Whether numbers are a shape that a tensor can have."""
    if len(shape) > MAX_AXES:
        return False
    if not all(type(length) is int and length >= 0 for length in shape):
        return False
    # an axis of no length must not hide that the others are too long
    return math.prod(length or 1 for length in shape) <= MAX_CELLS


def are_plausible(offset: Any, strides: Sequence[Any], axes: int) -> bool:
    """Whether numbers are an offset, and strides for so many axes."""
    if len(strides) != axes:
        return False
    return all(type(number) is int and number >= 0 for number in (offset, *strides))


def contiguous_strides(shape: Sequence[int], fortran: bool) -> list[int]:
    """Strides, in elements, of a tensor without gaps: the last axis is dense, or the first."""
    strides = []
    for axis in range(len(shape)):
        faster_axes = shape[:axis] if fortran else shape[axis + 1 :]
        strides.append(math.prod(faster_axes))
    return strides


def width(dtype: str) -> int:
    """Bytes of an element."""
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def elements(
    dtype: str,
    order: str,
    shape: tuple[int, ...],
    read: Callable[[], Bytes],
    offset: int,
    strides: Sequence[int],
) -> np.ndarray:
    """The elements of a tensor, copied out of a file, float16 and bfloat16 as float32."""
    # numpy has no bfloat16
    code = "u2" if dtype == "bfloat16" else np.dtype(dtype).str[1:]
    size = width(dtype)
    if 0 in shape:
        array = np.zeros(shape, order + code)
    else:
        byte_strides = [stride * size for stride in strides]
        array = np.ndarray(shape, order + code, read(), offset * size, byte_strides)
    if dtype == "float16":
        return array.astype("float32", "C")
    if dtype != "bfloat16":
        return array.astype(dtype, "C")
    # a bfloat16 is the upper half of a float32
    wide = array.astype(np.uint32, "C")
    np.left_shift(wide, 16, out=wide)
    return wide.view(np.float32)
