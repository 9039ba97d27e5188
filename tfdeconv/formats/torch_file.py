"""torch's files, zipped and old: what their pickle holds, and the storages of its tensors."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

from .lazy_tensor import width
from .npy_file import Content, Storages
from .pickle_values import STORAGES
from .unpickler import Unpickler, step_budget
from .zip_archive import member, members, members_within

# the pickled number that torch before 1.6 begins a file with
MAGIC = b"l\xfc\x9cF\xf9 j\xa8P\x19"
OLD_VERSION = 1001
PICKLE = re.compile("[^/]*/data\\.pkl")
# the one line that makes a file of torch's which is read, whatever the network
EXPORT_LINE = (
    "torch.export.save(torch.export.export(model.eval(), (torch.zeros(1, 3, 224, 224),)), "
    '"model.pt2")'
)
# zips of torch's with a program that cannot be read: a member, and what it is
PROGRAMS = (
    (re.compile(r"[^/]*/(constants\.pkl|code/.*)"), "it is TorchScript"),
    (
        re.compile(r"([^/]*/)?data/aotinductor/.*"),
        "it is compiled for one kind of processor (AOTInductor)",
    ),
    (
        re.compile(r"[^/]*/\.data/extern_modules"),
        "it is a package of torch.package, with code of its own",
    ),
)


def program(names: Iterable[str]) -> str:
    """What a zip with members of these names is, if it is one of PROGRAMS; otherwise ""."""
    for pattern, what in PROGRAMS:
        if any(pattern.fullmatch(name) for name in names):
            return f"{what}; export the model in the program that defines it: {EXPORT_LINE}"
    return ""


def refuse_program(path: str | Path, data: memoryview) -> Content:
    """Raises ValueError that says what the file is."""
    raise ValueError(program(members(path)))


def read_zipped(path: str | Path, data: memoryview) -> Content:
    """A file of torch.save since 1.6: a zip of one pickle and a member for each storage."""
    archive = members_within(data)
    pickles = [name for name in archive if PICKLE.fullmatch(name)]
    root = pickles[0].removesuffix("data.pkl")
    if any(info.compress_type for info in archive.values()):
        raise ValueError(
            "its members are compressed, which torch does not do: zip them again without (zip -0)"
        )
    order = "<"
    if root + "byteorder" in archive and bytes(member(data, archive[root + "byteorder"])) == b"big":
        order = ">"
    value = Unpickler(member(data, archive[root + "data.pkl"]), 0, step_budget()).run()
    storages: Storages = {}
    for name, info in archive.items():
        if name.startswith(root + "data/"):
            # cached: several tensors may share a storage, whose checksum is checked once
            read = cache(partial(member, data, info))
            storages[name.removeprefix(root + "data/")] = (info.file_size, read)
    return value, storages, order


def read_old(path: str | Path, data: memoryview) -> Content:
    """A file of torch.save before 1.6.

    Five pickles (magic number, version, system, value, keys), then the storages in the order of the
    keys, each its number of elements (8 bytes) and the elements.
    """
    budget = step_budget()
    position = 0
    values: list[Any] = []
    dtypes: dict[str, str] = {}
    for _ in range(5):
        unpickler = Unpickler(data, position, budget)
        values.append(unpickler.run())
        position = unpickler.input.position
        for _, kind, key, *_ in unpickler.storages:
            if kind not in STORAGES:
                raise ValueError(f"its tensors are of {ascii(kind)}, which is not read")
            dtypes[key] = STORAGES[kind]
    _, version, _, value, keys = values
    if version != OLD_VERSION or not is_list_of_keys(keys, dtypes):
        raise ValueError("it is damaged, or of an unknown version of torch's old format")
    storages: Storages = {}
    for key in keys:
        (count,) = struct.unpack("<q", data[position : position + 8])
        size = count * width(dtypes[key])
        begin = position + 8
        position = begin + size
        if size < 0 or position > len(data):
            raise ValueError(
                f"it is cut off: a storage ends at byte {position}, the file at {len(data)}; "
                f"fetch or make it again"
            )
        storages[key] = (size, partial(memoryview.__getitem__, data, slice(begin, position)))
    return value, storages, "<"


def is_list_of_keys(keys: Any, dtypes: dict[str, str]) -> bool:
    return type(keys) is list and all(type(key) is str and key in dtypes for key in keys)
