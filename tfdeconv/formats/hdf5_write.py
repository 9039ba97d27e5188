"""Writes this program's HDF5 files, and the texts in them."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from ..files import atomic_write


@contextmanager
def create_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """An HDF5 file to fill; it is written to path, whole or not at all, when the block succeeds.

    Raises UserError where it cannot be written. After any error an old file at path is unchanged.
    """
    # In memory first: on a full disk libhdf5 fails half-way, and crashes at its next file, or when
    # the program ends.
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        yield file
    with atomic_write(path, durable=True) as temporary:
        temporary.write_bytes(memory.getbuffer())


def pack_texts(names: Iterable[str]) -> np.ndarray:
    """Texts as bytes [n] uint8, each with a 0 behind it."""
    # at once: millions of names as bytes of their own take several times the memory
    text = "\0".join([*names, ""])
    return np.frombuffer(os.fsencode(text), np.uint8)


def unpack_texts(values: np.ndarray) -> tuple[str, ...]:
    """The texts that `pack_texts` made bytes of."""
    parts = os.fsdecode(np.asarray(values, np.uint8).tobytes()).split("\0")
    # behind the last 0 there is nothing
    return tuple(parts[:-1])


def fixed_text(value: str) -> np.ndarray:
    """A string of fixed length, as an attribute.

    HDF5 keeps strings of variable length in a heap, whose reader never ends where it is damaged.
    """
    # names of files may hold bytes that are not UTF-8
    encoded = value.encode(errors="backslashreplace")
    return np.array(encoded, h5py.string_dtype("utf-8", max(1, len(encoded))))
