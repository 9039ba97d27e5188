"""Tables of numbers beside pictures, as CSV that any program reads."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from ..files import atomic_write

# one line of names, and rows of values under it
Table = tuple[Sequence[str], Iterable[Sequence[Any]]]


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A header and rows as CSV; numbers in full precision, and nothing for NaN and None.

    >>> csv_bytes(["image", "share"], [["a,b.jpg", 1 / 3], ["c.jpg", float("nan")]])
    b'image,share\\n"a,b.jpg",0.3333333333333333\\nc.jpg,\\n'
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([written(value) for value in row])
    # names of files may be any bytes
    return text.getvalue().encode(errors="backslashreplace")


def written(value: Any) -> Any:
    """A value as a cell has it: numpy's numbers as Python's, which are written in full."""
    if hasattr(value, "item"):
        value = value.item()
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    return value


def encoded_tables(tables: Mapping[str, Table] | None) -> dict[str, bytes]:
    """The bytes of each table, by what its file's name has behind the picture's."""
    texts = {}
    for ending, (header, rows) in (tables or {}).items():
        texts[ending] = csv_bytes(header, rows)
    return texts


def paths_of(folder: Path, name: str, tables: Mapping[str, bytes]) -> dict[Path, bytes]:
    """Where the tables beside a picture of that name are, and what is in them."""
    return {folder / f"{name}{ending}.csv": content for ending, content in tables.items()}


def is_another_table(path: Path, content: bytes) -> bool:
    """Whether there is something at a path that is not this table: it would be lost.

    A table says nothing of who made it, so that one with other numbers is another one.
    """
    if not os.path.lexists(path):
        return False
    if not os.path.isfile(path) or os.path.getsize(path) != len(content):
        return True
    return path.read_bytes() != content


def write_tables(folder: Path, name: str, tables: Mapping[str, bytes]) -> list[Path]:
    """Writes the tables beside a picture of that name, each whole or not at all."""
    paths = paths_of(folder, name, tables)
    for path, content in paths.items():
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)
    return list(paths)
