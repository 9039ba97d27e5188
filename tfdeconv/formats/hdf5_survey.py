"""Walks an HDF5 file and describes what it holds. All that touches libhdf5 while reading stands here."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from ..errors import one_line, printable

OBJECTS, DEPTH = 100_000, 32
TEXT = 1 << 24  # bytes of names and attributes; a model's configuration in JSON can have 10 MB
NUMBER = 16  # bytes that a number takes in JSON
PLAIN = re.compile("[<>][fiu][248]|[|][iub]1")
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
LINK = "is a link, to another file perhaps, which is not followed"
ELSEWHERE = "keeps its values in another file, which is not followed"


class Excess(ValueError):
    """More than any file of weights has."""


def describe(file: h5py.File) -> tuple[dict[str, Any], list[bytes]]:
    """What a file holds, as JSON has it, and the paths of its datasets, by number."""
    survey = Survey()
    return survey.group(file, b"", 0), survey.paths


class Survey:
    """A walk through a file, with what may still be met on it."""

    def __init__(self) -> None:
        self.objects, self.text = OBJECTS, TEXT
        self.groups: set[tuple[int, int]] = set()
        self.paths: list[bytes] = []

    def spend(self, objects: int, text: int) -> None:
        self.objects, self.text = self.objects - objects, self.text - text
        if min(self.objects, self.text) < 0:
            raise Excess(
                f"it holds more than {OBJECTS:,} groups and datasets, or more than {TEXT:,} bytes of names and attributes"
            )

    def group(self, found: h5py.Group, path: bytes, depth: int) -> dict[str, Any]:
        info = h5py.h5o.get_info(found.id)
        if (info.fileno, info.addr) in self.groups:
            return {"refused": "is a group that has another name already"}
        if depth > DEPTH:
            return {"refused": f"lies more than {DEPTH} groups deep"}
        self.groups.add((info.fileno, info.addr))
        return {
            "attrs": self.attributes(found),
            "children": {
                printable(name): self.child(found, name, b"%s/%s" % (path, name), depth + 1)
                for name in found.id
            },
        }

    def child(self, group: h5py.Group, name: bytes, path: bytes, depth: int) -> dict[str, Any]:
        """A child, or why it is none: what is damaged there disturbs nobody who does not ask for it."""
        self.spend(1, len(name))
        try:
            if group.id.links.get_info(name).type != h5py.h5l.TYPE_HARD:
                return {"refused": LINK}
            found = h5py.h5o.open(group.id, name)
            if isinstance(found, h5py.h5g.GroupID):
                return self.group(h5py.Group(found), path, depth)
            if isinstance(found, h5py.h5d.DatasetID):
                return self.dataset(h5py.Dataset(found), path)
            return {"refused": "is neither a group nor a dataset"}
        except Excess:
            raise
        except Exception as error:
            return {"refused": f"cannot be read ({one_line(error)})"}

    def dataset(self, found: h5py.Dataset, path: bytes) -> dict[str, Any]:
        if refused := refusal(found):
            return {"refused": refused}
        self.paths.append(path)
        return {
            "shape": list(found.shape),
            "dtype": code(found.id),
            "attrs": self.attributes(found),
            "number": len(self.paths) - 1,
        }

    def attributes(self, owner: h5py.Group | h5py.Dataset) -> dict[str, Any]:
        names: list[bytes] = []
        h5py.h5a.iterate(owner.id, names.append)
        found = {}
        for name in names:
            self.spend(0, len(name) + NUMBER)
            try:
                value = self.attribute(h5py.h5a.open(owner.id, name))
            except Excess:
                raise
            except Exception:  # damaged, or of a type that numpy has not
                continue
            if value is not None:
                found[printable(name)] = value
        return found

    def attribute(self, found: h5py.h5a.AttrID) -> Any:
        """Text, numbers or lists of them; None for anything else."""
        kind, count = found.get_type(), math.prod(found.shape)
        strings = isinstance(kind, h5py.h5t.TypeStringID)
        if found.get_space().get_simple_extent_type() == h5py.h5s.NULL or not (
            strings or PLAIN.fullmatch(code(found))
        ):
            return None
        self.spend(0, count * (NUMBER + strings * kind.get_size()))
        values = np.zeros(found.shape, found.dtype)
        found.read(values)
        if not strings:
            return values.tolist()
        texts = [value if isinstance(value, bytes) else b"" for value in values.ravel().tolist()]
        self.spend(0, sum(map(len, texts)))
        told = [text.decode("utf-8", "replace") for text in texts]
        return told if found.shape else told[0]


def refusal(found: h5py.Dataset) -> str:
    """Why a dataset is not read: its values stand elsewhere, or take another size than they are said to; "" if it may be."""
    if found.external or found.is_virtual:
        return ELSEWHERE
    if found.shape is None:
        return "has no values"
    stored, size = (
        found.id.get_storage_size(),
        math.prod(found.shape) * found.id.get_type().get_size(),
    )
    chunked = found.id.get_create_plist().get_layout() == h5py.h5d.CHUNKED
    if PLAIN.fullmatch(code(found.id)) and not chunked and stored not in (0, size):
        return f"is said to have {size:,} bytes, and {stored:,} are stored"
    return ""


def open_dataset(file: h5py.File, path: bytes) -> h5py.Dataset:
    """A dataset by its path; raises ValueError where it is not to be read."""
    dataset = h5py.Dataset(h5py.h5o.open(file.id, path))
    if reason := refusal(dataset):
        raise ValueError(reason)
    return dataset


def read(dataset: h5py.Dataset, rows: Sequence[int] | None = None) -> np.ndarray:
    """The values of a dataset in C order: all, or the rows from rows[0] on and before rows[1]."""
    selection = () if rows is None else slice(*rows)
    return np.asarray(dataset[selection], order="C")


def flat(array: np.ndarray) -> memoryview:
    """The bytes of an array, not copied."""
    return array.reshape(-1).view(np.uint8).data


def code(found: h5py.h5d.DatasetID | h5py.h5a.AttrID) -> str:
    """numpy's code for plain numbers, words for anything else."""
    kind = found.get_type()
    try:
        dtype = kind.dtype
        if (
            dtype.metadata is None
            and PLAIN.fullmatch(dtype.str)
            and kind.equal(h5py.h5t.py_create(dtype, logical=True))
        ):
            return dtype.str
    except (TypeError, ValueError):  # numpy has nothing like it
        pass
    return TYPES.get(kind.get_class(), "numbers of an unusual kind")
