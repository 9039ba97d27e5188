"""torch's files, zipped and old: what their pickle holds, and the storages of its tensors."""

from __future__ import annotations

import re
import struct
from functools import cache, partial
from pathlib import Path
from typing import Any

from .lazy_tensor import width
from .npy_file import Read, Storages
from .unpickler import STEPS, STORAGES, Unpickler
from .zip_archive import member, members

MAGIC = b"l\xfc\x9cF\xf9 j\xa8P\x19"  # the number that torch before 1.6 begins a file with
PICKLE = re.compile("[^/]*/data\\.pkl")


def zipped(path: str | Path, data: memoryview) -> Read:
    """A file of torch.save since 1.6: a zip of one pickle and a member for each storage, none compressed."""
    found = members(path)
    root = [name for name in found if PICKLE.fullmatch(name)][0].removesuffix("data.pkl")
    if any(info.compress_type for info in found.values()):
        raise ValueError(
            "its members are compressed, which torch does not do: zip them again without (zip -0)"
        )
    order = (
        ">"
        if root + "byteorder" in found and bytes(member(data, found[root + "byteorder"])) == b"big"
        else "<"
    )
    value = Unpickler(member(data, found[root + "data.pkl"]), 0, iter(range(STEPS))).run()
    storages: Storages = {
        name.removeprefix(root + "data/"): (
            info.file_size,
            cache(partial(member, data, info)),
        )  # its sum is checked once
        for name, info in found.items()
        if name.startswith(root + "data/")
    }
    return value, storages, order


def old(path: str | Path, data: memoryview) -> Read:
    """A file of torch.save before 1.6: five pickles (magic, version, system, value, keys), then the storages by key."""
    at, steps = 0, iter(range(STEPS))
    read: list[Any] = []
    kinds: dict[str, str] = {}
    for _ in range(5):
        machine = Unpickler(data, at, steps)
        read.append(machine.run())
        at = machine.at
        kinds |= {key: STORAGES[kind] for _, kind, key, *_ in machine.storages}
    _, version, _, value, keys = read
    if (
        version != 1001
        or type(keys) is not list
        or not all(type(key) is str and key in kinds for key in keys)
    ):
        raise ValueError("it is damaged, or of a version of torch's old format that was never made")
    storages: Storages = {}
    for key in keys:
        size = struct.unpack("<q", data[at : at + 8])[0] * width(kinds[key])
        at += 8 + size
        if size < 0 or at > len(data):
            raise ValueError(
                f"it is cut off: a storage ends at byte {at}, the file at {len(data)}; fetch or make it again"
            )
        storages[key] = size, partial(memoryview.__getitem__, data, slice(at - size, at))
    return value, storages, "<"
