"""Protocol buffers, as far as it takes to tell whose message a file is: its outermost fields.

A message is a row of fields: a key (field number * 8 + wire type), then a varint (type 0), 8 or 4
bytes (types 1 and 5), or a length and as many bytes (type 2).
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..limits import MAX_FIELDS, MAX_VARINT

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FIXED_SIZES = {FIXED64: 8, FIXED32: 4}


class Field(NamedTuple):
    """A field of a message: its bytes (a view), or the value of a varint."""

    number: int
    wire_type: int
    value: int | memoryview


def fields(data: memoryview, cut: bool = False) -> Iterator[Field]:
    """The outermost fields of a message, in order, as long as the bytes are a message's.

    Nothing is copied, and what a length declares is compared with the bytes that are there.
    cut: what there is of a field that goes on behind their end comes last.
    """
    position = 0
    for _ in range(MAX_FIELDS):
        key, position = varint(data, position)
        number, wire_type = key >> 3, key & 7
        if number < 1:
            return
        if wire_type == VARINT:
            value, position = varint(data, position)
            if position < 0:
                return
            yield Field(number, wire_type, value)
            continue
        size = FIXED_SIZES.get(wire_type, -1)
        if wire_type == BYTES:
            size, position = varint(data, position)
        if size < 0 or position < 0:
            return
        if position + size > len(data):
            if cut:
                yield Field(number, wire_type, data[position:])
            return
        yield Field(number, wire_type, data[position : position + size])
        position += size


def varint(data: memoryview, position: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends; -1, -1 without one."""
    value = 0
    for place, byte in enumerate(data[position : position + MAX_VARINT]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, position + place + 1
    return -1, -1
