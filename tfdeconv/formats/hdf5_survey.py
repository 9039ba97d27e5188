"""Walks an HDF5 file and describes what it holds, and reads its datasets.

All that touches libhdf5 while reading is here, whichever process does it.

A description is made of plain Python objects, as JSON has them:

    group       {"attrs": {name: value}, "children": {name: description}}
    dataset     {"attrs": {name: value}, "shape": [3, 4], "dtype": "<f4", "number": 0,
                 "chunks": [1, 4]}        [] where it is stored in one piece
    otherwise   {"refused": why it is not read}
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from ..errors import one_line, printable
from ..limits import HDF5_CHUNK_CACHE, MAX_GROUPS_DEEP, MAX_HDF5_TEXT, MAX_OBJECTS
from .hdf5_chunks import Chunks

# bytes that a number takes in JSON
NUMBER_SIZE = 16
# numpy's codes of plain numbers
PLAIN = re.compile("[<>][fiu][248]|[|][iub]1")
# two bytes that HDF5 has no number for: bfloat16, as numpy's extensions and so Keras write it
BFLOAT16 = "|V2"
# what other types are called
TYPES = {
    h5py.h5t.STRING: "strings",
    h5py.h5t.COMPOUND: "records",
    h5py.h5t.REFERENCE: "references",
    h5py.h5t.ENUM: "named values",
    h5py.h5t.VLEN: "rows of any length",
    h5py.h5t.ARRAY: "arrays",
    h5py.h5t.OPAQUE: "bytes",
    h5py.h5t.BITFIELD: "bits",
}
# bytes of chunks that HDF5 keeps unless it is told otherwise
USUAL_CACHE = 1 << 20
# of its hash table of chunks, in which two of one slot put each other out: HDF5's manual has 100
SLOTS_OF_CHUNK = 100
# how readily it puts out chunks that were read whole; 0.75 is usual
EVICT_READ_FIRST = 0.75
LINK = "is a link, to another file perhaps, which is not followed"
ELSEWHERE = "keeps its values in another file, which is not followed"


class Excess(ValueError):
    """More than any file of weights has."""


def describe(file: h5py.File) -> tuple[dict[str, Any], list[bytes]]:
    """A file's description, and the paths of its datasets in the order of their numbers."""
    survey = Survey()
    return survey.group(file, b"", 0), survey.paths


class Survey:
    """A walk through a file, with how much may still be met on it."""

    def __init__(self) -> None:
        self.objects_left = MAX_OBJECTS
        self.text_left = MAX_HDF5_TEXT
        # groups seen, as (file number, address): a group may contain itself
        self.groups: set[tuple[int, int]] = set()
        self.paths: list[bytes] = []

    def spend(self, objects: int, text: int) -> None:
        """Counts groups and datasets, and bytes of names and attributes; raises Excess."""
        self.objects_left -= objects
        self.text_left -= text
        if self.objects_left < 0 or self.text_left < 0:
            raise Excess(
                f"it holds more than {MAX_OBJECTS:,} groups and datasets, "
                f"or more than {MAX_HDF5_TEXT:,} bytes of names and attributes"
            )

    def group(self, group: h5py.Group, path: bytes, depth: int) -> dict[str, Any]:
        info = h5py.h5o.get_info(group.id)
        if (info.fileno, info.addr) in self.groups:
            return {"refused": "is a group that also has another name"}
        if depth > MAX_GROUPS_DEEP:
            return {"refused": f"lies more than {MAX_GROUPS_DEEP} groups deep"}
        self.groups.add((info.fileno, info.addr))
        attributes = self.attributes(group)
        children: dict[str, Any] = {}
        for name in group.id:
            child_path = b"%s/%s" % (path, name)
            children[printable(name)] = self.child(group, name, child_path, depth + 1)
        return {"attrs": attributes, "children": children}

    def child(self, group: h5py.Group, name: bytes, path: bytes, depth: int) -> dict[str, Any]:
        """A child of a group; one that is damaged is refused, and does not disturb the others."""
        self.spend(1, len(name))
        try:
            if group.id.links.get_info(name).type != h5py.h5l.TYPE_HARD:
                return {"refused": LINK}
            identifier = h5py.h5o.open(group.id, name)
            if isinstance(identifier, h5py.h5g.GroupID):
                return self.group(h5py.Group(identifier), path, depth)
            if isinstance(identifier, h5py.h5d.DatasetID):
                return self.dataset(h5py.Dataset(identifier), path)
            return {"refused": "is neither a group nor a dataset"}
        except Excess:
            raise
        except Exception as error:
            return {"refused": f"cannot be read ({one_line(error)})"}

    def dataset(self, dataset: h5py.Dataset, path: bytes) -> dict[str, Any]:
        if reason := refusal(dataset):
            return {"refused": reason}
        number = len(self.paths)
        self.paths.append(path)
        return {
            "shape": list(dataset.shape),
            "dtype": type_code(dataset.id),
            "attrs": self.attributes(dataset),
            "number": number,
            "chunks": list(dataset.chunks or ()),
        }

    def attributes(self, owner: h5py.Group | h5py.Dataset) -> dict[str, Any]:
        """The attributes that are texts or numbers, by name."""
        names: list[bytes] = []
        h5py.h5a.iterate(owner.id, names.append)
        values: dict[str, Any] = {}
        for name in names:
            self.spend(0, len(name) + NUMBER_SIZE)
            try:
                value = self.attribute(h5py.h5a.open(owner.id, name))
            except Excess:
                raise
            except Exception:
                # damaged, or of a type that numpy has not
                continue
            if value is not None:
                values[printable(name)] = value
        return values

    def attribute(self, attribute: h5py.h5a.AttrID) -> Any:
        """A text, a number, or a list of them; None for anything else."""
        kind = attribute.get_type()
        is_text = isinstance(kind, h5py.h5t.TypeStringID)
        is_empty = attribute.get_space().get_simple_extent_type() == h5py.h5s.NULL
        if is_empty or not (is_text or PLAIN.fullmatch(type_code(attribute))):
            return None
        size = NUMBER_SIZE + kind.get_size() if is_text else NUMBER_SIZE
        self.spend(0, math.prod(attribute.shape) * size)
        values = np.zeros(attribute.shape, attribute.dtype)
        attribute.read(values)
        if not is_text:
            return values.tolist()
        # what HDF5 has no string for is None, or 0
        raw = [value if isinstance(value, bytes) else b"" for value in values.ravel().tolist()]
        self.spend(0, sum(map(len, raw)))
        texts = [value.decode("utf-8", "replace") for value in raw]
        return texts if attribute.shape else texts[0]


def refusal(dataset: h5py.Dataset) -> str:
    """Why a dataset is not read; "" if it is.

    Its values are in another file, or take another size than its shape declares.
    """
    if dataset.external or dataset.is_virtual:
        return ELSEWHERE
    if dataset.shape is None:
        return "has no values"
    stored = dataset.id.get_storage_size()
    size = math.prod(dataset.shape) * dataset.id.get_type().get_size()
    chunked = dataset.id.get_create_plist().get_layout() == h5py.h5d.CHUNKED
    # chunks may be compressed, and nothing is stored of what was never written
    if is_number(type_code(dataset.id)) and not chunked and stored not in (0, size):
        return f"declares {size:,} bytes, and {stored:,} are stored"
    return ""


def open_dataset(file: h5py.File, path: bytes) -> h5py.Dataset:
    """A dataset by its path; raises ValueError where it is not to be read."""
    dataset = h5py.Dataset(h5py.h5o.open(file.id, path))
    if reason := refusal(dataset):
        raise ValueError(reason)
    if not dataset.chunks or not is_number(type_code(dataset.id)):
        return dataset
    chunks = Chunks(dataset.shape, dataset.chunks, dataset.dtype.itemsize)
    if not USUAL_CACHE < chunks.band_bytes <= HDF5_CHUNK_CACHE:
        return dataset
    # HDF5 goes on with the cache of a dataset that is still open
    del dataset
    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    slots = chunks.in_band * SLOTS_OF_CHUNK + 1
    access.set_chunk_cache(slots, chunks.band_bytes, EVICT_READ_FIRST)
    return h5py.Dataset(h5py.h5d.open(file.id, path, access))


def read(dataset: h5py.Dataset, rows: Sequence[int] | None = None) -> np.ndarray:
    """The values of a dataset in C order: all, or the rows from rows[0] on and before rows[1]."""
    selection = () if rows is None else slice(*rows)
    return np.asarray(dataset[selection], order="C")


def is_number(code: str) -> bool:
    """Whether a type's code is one of plain numbers, or of bfloat16."""
    return code == BFLOAT16 or PLAIN.fullmatch(code) is not None


def type_code(identifier: h5py.h5d.DatasetID | h5py.h5a.AttrID) -> str:
    """numpy's code of plain numbers (<f4) and of bfloat16, words for anything else."""
    kind = identifier.get_type()
    try:
        dtype = kind.dtype
        # numpy must mean the same by it, to the last bit
        is_plain = dtype.metadata is None and is_number(dtype.str)
        if is_plain and kind.equal(h5py.h5t.py_create(dtype, logical=True)):
            return dtype.str
    except (TypeError, ValueError):
        # numpy has no such type
        pass
    return TYPES.get(kind.get_class(), "numbers of an unusual kind")
