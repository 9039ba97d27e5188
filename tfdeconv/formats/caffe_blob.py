"""Caffe's .binaryproto: one array of numbers, as mean images are kept in.

A BlobProto message of Google's protocol buffers, of which these fields are read (caffe.proto):
num, channels, height, width (1 to 4), data (5), shape (7), double_data (8).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..limits import MAX_CAFFE_BLOB, MAX_VARINT

# kinds of fields, and how many bytes those of a fixed length have
VARINT, LENGTH = 0, 2
FIXED = {1: 8, 5: 4}
LEGACY_SHAPE = (1, 2, 3, 4)
DATA, SHAPE, DOUBLE_DATA = 5, 7, 8
DIMENSION = 1  # of a shape
DTYPES = {DATA: "<f4", DOUBLE_DATA: "<f8"}


def read_blob(path: str | Path) -> np.ndarray:
    """The array of a file, float32; raises ValueError where it has none."""
    with open(path, "rb") as file:
        content = file.read(MAX_CAFFE_BLOB + 1)
    if len(content) > MAX_CAFFE_BLOB:
        raise ValueError(f"it has more than {MAX_CAFFE_BLOB:,} bytes")
    legacy: dict[int, int] = {}
    shape: list[int] = []
    parts: list[np.ndarray] = []
    for number, value in fields(memoryview(content)):
        if number in LEGACY_SHAPE and isinstance(value, int):
            legacy[number] = value
        elif number == SHAPE and not isinstance(value, int):
            shape = dimensions(value)
        elif number in DTYPES and not isinstance(value, int):
            parts.append(np.frombuffer(value, DTYPES[number]))
    shape = shape or [legacy.get(number, 1) for number in LEGACY_SHAPE]
    values = np.concatenate(parts or [np.empty(0)]).astype(np.float32)
    if not len(values) or math.prod(shape) != len(values):
        raise ValueError(f"its shape is {shape}, but it has {len(values)} numbers")
    return values.reshape(shape)


def dimensions(message: memoryview) -> list[int]:
    """The lengths in a BlobShape, packed or one by one."""
    lengths: list[int] = []
    for number, value in fields(message):
        if number != DIMENSION:
            continue
        if isinstance(value, int):
            lengths.append(value)
            continue
        position = 0
        while position < len(value):
            length, position = varint(value, position)
            lengths.append(length)
    return lengths


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field; raises ValueError where the message is cut off."""
    position = 0
    while position < len(message):
        tag, position = varint(message, position)
        kind = tag & 7
        if kind == VARINT:
            value, position = varint(message, position)
            yield tag >> 3, value
            continue
        size = FIXED.get(kind, 0)
        if kind == LENGTH:
            size, position = varint(message, position)
        if kind not in (*FIXED, LENGTH) or position + size > len(message):
            raise ValueError("it is not a .binaryproto of Caffe's, or it is cut off")
        yield tag >> 3, message[position : position + size]
        position += size


def varint(message: memoryview, position: int) -> tuple[int, int]:
    """A number of 7 bits a byte, the lowest first, and the position behind it."""
    value = 0
    for index in range(MAX_VARINT):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, position
    raise ValueError("it is not a .binaryproto of Caffe's, or it is cut off")
