"""Tables of FlatBuffers, read where they lie in bytes that nobody vouches for.

A table begins with the distance back to a list of where its fields are; numbers stand in the table
itself, texts, lists and other tables are at a distance forward from there. Every distance and
length is checked, and what is read in all is bounded: many places may point to the same bytes.
https://flatbuffers.dev/internals
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..limits import MAX_MODEL_TEXT, MAX_MODEL_VALUES

# numbers of struct: 16 bits without a sign, 32 with and without
U16, I32, U32 = "<H", "<i", "<I"
# bytes of the distances to other things, and of the lengths of lists
WORD = 4
# a list of places begins with its own length and the table's, of 16 bits each, as its entries are
HEAD, ENTRY = 4, 2
# what a table counts in values: reading one takes so many times as long as a number
TABLE = 10


class FlatBuffer:
    """Bytes, and how much may still be read of them."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.values_left = MAX_MODEL_VALUES
        self.text_left = MAX_MODEL_TEXT

    def root(self) -> Table:
        return Table(self, self.number(0, U32))

    def number(self, position: int, form: str) -> Any:
        self.check(position, struct.calcsize(form))
        return struct.unpack_from(form, self.data, position)[0]

    def check(self, position: int, size: int) -> None:
        """Raises IndexError unless bytes are there."""
        if not 0 <= position <= len(self.data) - size:
            raise IndexError(f"it points to byte {position:,}, and has {len(self.data):,}")

    def spend(self, values: int) -> None:
        """Counts values that are read; raises ValueError where they are too many."""
        self.values_left -= values
        if self.values_left < 0:
            raise ValueError(f"its description has more than {MAX_MODEL_VALUES:,} values")

    def text(self, start: int, size: int) -> str:
        self.text_left -= size
        if self.text_left < 0:
            raise ValueError(f"its names take more than {MAX_MODEL_TEXT:,} bytes")
        return str(self.data[start : start + size], "utf-8", "replace")


class Table:
    """A table. Fields are asked for by their numbers in the schema; each may be left out."""

    def __init__(self, buffer: FlatBuffer, position: int) -> None:
        buffer.spend(TABLE)
        self.buffer = buffer
        self.position = position
        self.places = position - buffer.number(position, I32)
        size = buffer.number(self.places, U16)
        buffer.check(self.places, size)
        self.count = max(size - HEAD, 0) // ENTRY

    def place(self, field: int) -> int | None:
        """Where a field is; None where it is left out."""
        if field >= self.count:
            return None
        offset = self.buffer.number(self.places + HEAD + ENTRY * field, U16)
        return self.position + offset if offset else None

    def fields(self) -> list[int]:
        """The fields that are not left out."""
        self.buffer.spend(self.count)
        return [field for field in range(self.count) if self.place(field) is not None]

    def number(self, field: int, form: str, default: Any = 0) -> Any:
        """A number in one of struct's formats."""
        place = self.place(field)
        return default if place is None else self.buffer.number(place, form)

    def target(self, field: int) -> int | None:
        """Where that is to which a field points."""
        place = self.place(field)
        return None if place is None else place + self.buffer.number(place, U32)

    def table(self, field: int) -> Table | None:
        position = self.target(field)
        return None if position is None else Table(self.buffer, position)

    def vector(self, field: int, width: int) -> tuple[int, int] | None:
        """Where the elements of a list begin, and how many there are; width: bytes of one."""
        position = self.target(field)
        if position is None:
            return None
        count = self.buffer.number(position, U32)
        self.buffer.check(position + WORD, count * width)
        return position + WORD, count

    def tables(self, field: int) -> Iterator[Table]:
        """The tables of a list."""
        start, count = self.vector(field, WORD) or (0, 0)
        for position in range(start, start + WORD * count, WORD):
            yield Table(self.buffer, position + self.buffer.number(position, U32))

    def text(self, field: int, most: int) -> str:
        """A text, "" where it is left out; what is longer than so many bytes is cut."""
        start, count = self.vector(field, 1) or (0, 0)
        return self.buffer.text(start, min(count, most))

    def numbers(self, field: int, dtype: str) -> tuple[Any, ...] | None:
        """The numbers of a list, of one of numpy's types."""
        width = np.dtype(dtype).itemsize
        vector = self.vector(field, width)
        if vector is None:
            return None
        start, count = vector
        self.buffer.spend(count)
        content = self.buffer.data[start : start + count * width]
        return tuple(np.frombuffer(content, dtype).tolist())

    def bytes(self, field: int) -> memoryview:
        """A list of bytes, which stays where it is."""
        start, count = self.vector(field, 1) or (0, 0)
        return self.buffer.data[start : start + count]
