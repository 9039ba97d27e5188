"""What an HDF5 file holds, as plain Python objects, whichever process reads it.

hdf5_survey.py is all that touches libhdf5 while reading: it describes a file and reads datasets, in
a process of its own (hdf5_process.py). Its description becomes Group, Dataset and Refused objects
here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .. import errors
from ..errors import UserError
from ..limits import HDF5_CHUNK_COPIES, MAX_CELLS, MAX_HDF5_AXES, MAX_HDF5_CHUNK
from . import hdf5_survey
from .hdf5_chunks import Chunks
from .reading_process import NOTHING, Unpacking
from .zip_archive import unpacked_limit

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Refused:
    """What is not read; the reason continues a sentence that begins with its name."""

    reason: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """Values that are not read yet.

    Reading raises UserError for what is not read at all, and ReadError (of hdf5_process.py) where
    it fails.
    """

    name: str
    shape: Shape
    # as numpy writes it (<f4), or words for what is not a plain number
    dtype: str
    attrs: Mapping[str, Any]
    # all values
    read: Callable[[], np.ndarray]
    # rows(start, stop): the rows start ... stop - 1 of the first axis, [stop - start, ...]
    rows: Callable[[int, int], np.ndarray]
    # None where it is stored in one piece
    chunks: Chunks | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """A group, or the root of a file; attributes are texts, numbers, and lists of either."""

    file: str
    name: str
    attrs: Mapping[str, Any]
    children: Mapping[str, Group | Dataset | Refused]


class Attributes(dict[str, Any]):
    """Attributes by name."""

    def __missing__(self, name: str) -> Any:
        raise ValueError(f"its attribute {name} is missing or damaged")


def dataset(group: Group, path: str) -> Dataset:
    """The dataset at a path below a group; raises UserError for anything else."""
    node = inside(group, path)
    if not isinstance(node, Dataset):
        raise UserError(f"{group.file}: {group.name}/{path} is missing or not a dataset")
    return node


def subgroup(group: Group, path: str) -> Group:
    """The group at a path below a group; raises UserError for anything else."""
    node = inside(group, path)
    if not isinstance(node, Group):
        raise UserError(f"{group.file}: {group.name}/{path} is missing or not a group")
    return node


def inside(group: Group, path: str) -> Group | Dataset | None:
    """The group or dataset at a path below a group, or None.

    Raises UserError for what is not read, such as links, which may lead to other files.
    """
    node: Group | Dataset = group
    for name in path.strip("/").split("/"):
        if not isinstance(node, Group):
            return None
        child = node.children.get(name)
        if isinstance(child, Refused):
            raise UserError(f"{group.file}: {node.name}/{name} {child.reason}")
        if child is None:
            return None
        node = child
    return node


def texts(attribute: object) -> list[str]:
    """An attribute as a list of names or of other one-line texts, whatever it is."""
    values = attribute if isinstance(attribute, list) else [attribute]
    return [errors.printable(str(value)) for value in values]


class Fetch(Protocol):
    """Brings values of a dataset by its number in the description of its file.

    They have this shape and dtype; rows are the first of them and the one after the last, or None
    for all. unpacking: what these take beside their values.
    """

    def __call__(
        self,
        number: int,
        shape: Shape,
        dtype: str,
        rows: tuple[int, int] | None = None,
        unpacking: Unpacking = NOTHING,
    ) -> np.ndarray: ...


def tree(path: str | Path, description: Any, fetch: Fetch) -> Group:
    """The root group of a file, from hdf5_survey's description of it.

    Raises ValueError where this is not a description.
    """
    root = TreeBuilder(path, fetch).node(description, "")
    if not isinstance(root, Group):
        raise ValueError("its root is not a group")
    return root


class TreeBuilder:
    """Builds the objects of one file, and limits how much is read from it.

    All datasets together may come to a multiple of the file's size (compressed ones are larger than
    what is stored), whatever their shapes declare. Rows are read again and again, and dropped in
    between: for them the limit holds for each reading.
    """

    def __init__(self, path: str | Path, fetch: Fetch) -> None:
        self.path = str(path)
        self.fetch = fetch
        self.size = Path(path).stat().st_size
        # bytes
        self.limit = unpacked_limit(self.size)
        self.remaining = self.limit

    def node(self, description: Any, name: str) -> Group | Dataset | Refused:
        """A group, dataset or what is refused, from its description."""
        match description:
            case {"refused": str() as reason}:
                return Refused(reason)
            case {"attrs": dict() as attrs, "children": dict() as children}:
                nodes: dict[str, Group | Dataset | Refused] = {}
                for key, child in children.items():
                    nodes[key] = self.node(child, f"{name}/{key}".strip("/"))
                return Group(self.path, name, Attributes(attrs), nodes)
            case {
                "attrs": dict() as attrs,
                "shape": list() as shape,
                "dtype": str() as dtype,
                "number": int() as number,
                "chunks": list() as chunk,
            }:
                if not is_plausible(shape):
                    return Refused("has an impossible shape")
                if chunk and not is_plausible_chunk(chunk, shape):
                    return Refused("has impossible chunks")
                return self.dataset(number, name, tuple(shape), dtype, attrs, tuple(chunk))
        raise ValueError("the description of its contents is invalid")

    def dataset(
        self, number: int, name: str, shape: Shape, dtype: str, attrs: dict[str, Any], chunk: Shape
    ) -> Dataset:
        chunks = None
        if chunk and hdf5_survey.is_number(dtype):
            chunks = Chunks(shape, chunk, np.dtype(dtype).itemsize)

        def read() -> np.ndarray:
            size = self.checked_size(name, shape, dtype, self.remaining)
            self.remaining -= size
            return as_numbers(self.fetch(number, shape, dtype))

        def rows(start: int, stop: int) -> np.ndarray:
            if not shape or not 0 <= start <= stop <= shape[0]:
                raise IndexError(f"{name} has the shape {list(shape)}: no rows {start} to {stop}")
            rows_shape = (stop - start, *shape[1:])
            self.checked_size(name, rows_shape, dtype, self.limit)
            unpacking = NOTHING
            if chunks:
                unpacking = self.unpacking(chunks, start, stop)
            return as_numbers(self.fetch(number, rows_shape, dtype, (start, stop), unpacking))

        read_dtype = "<f4" if dtype == hdf5_survey.BFLOAT16 else dtype
        return Dataset(name, shape, read_dtype, Attributes(attrs), read, rows, chunks)

    def unpacking(self, chunks: Chunks, start: int, stop: int) -> Unpacking:
        """What unpacking rows takes, as far as a file of this size can have it."""
        size = min(chunks.bands(start, stop) * chunks.band_bytes, self.limit)
        chunk_bytes = min(chunks.chunk_bytes, MAX_HDF5_CHUNK, self.limit)
        return Unpacking(size, HDF5_CHUNK_COPIES * chunk_bytes)

    def checked_size(self, name: str, shape: Shape, dtype: str, limit: int) -> int:
        """Bytes of values of this shape; raises UserError beyond the limit, or if not numbers."""
        if not hdf5_survey.is_number(dtype):
            raise UserError(f"{self.path}: {name} is of {dtype}, expected numbers")
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size > limit:
            raise UserError(
                f"{self.path}: {name} declares {size:,} bytes, "
                f"far more than a file of {self.size:,} can hold"
            )
        return size


def as_numbers(array: np.ndarray) -> np.ndarray:
    """An array as it was read, bfloat16 as float32."""
    if array.dtype.str != hdf5_survey.BFLOAT16:
        return array
    # a bfloat16 is the upper half of a float32
    wide = array.view("<u2").astype(np.uint32)
    np.left_shift(wide, 16, out=wide)
    return wide.view(np.float32)


def is_plausible_chunk(chunk: list[Any], shape: list[Any]) -> bool:
    """Whether a list can be the shape of the chunks of a dataset of that shape."""
    return len(chunk) == len(shape) and is_plausible(chunk) and 0 not in chunk


def is_plausible(shape: list[Any]) -> bool:
    """Whether a list is a shape that an array can have."""
    if len(shape) > MAX_HDF5_AXES:
        return False
    if not all(type(length) is int and length >= 0 for length in shape):
        return False
    # an axis of no length must not hide that the others are too long
    return math.prod(length or 1 for length in shape) < MAX_CELLS
