"""The members of a zip, each checked against the bytes that are there before it is read."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import FileIO
from pathlib import Path
from typing import Any

from .lazy_tensor import NAME

DIRECTORY, MEMBERS = 1 << 22, 20_000  # bytes and members of a zip's directory
# what is compressed in a file may come to so many bytes, plus so many times the file's size
UNPACKED_BYTES = 1 << 26
UNPACKED_RATIO = 16


def unpacked_limit(size: int) -> int:
    """Bytes that what is compressed in a file of this size may come to."""
    return UNPACKED_BYTES + UNPACKED_RATIO * size


class Directory(FileIO):
    """A zip file whose directory is read at once, but not one that takes memory beyond what weights need."""

    def read(self, size: int | None = -1) -> Any:
        if size is not None and size > DIRECTORY:
            raise ValueError(f"its directory has {size} bytes, at most {DIRECTORY} are read")
        return super().read(size)


def members(path: str | Path) -> dict[str, zipfile.ZipInfo]:
    """The members of a zip by name; raises ValueError where they would come to far more than the file's size."""
    with Directory(path) as file, zipfile.ZipFile(file) as archive:
        found = {info.filename: info for info in archive.infolist()}
        size = file.seek(0, 2)
    for info in found.values():
        if info.flag_bits & 1 or info.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise ValueError(
                f"its member {ascii(info.filename[:NAME])} is encrypted or packed in an unusual way"
            )
        if (
            info.compress_size > size
            or info.compress_type == zipfile.ZIP_STORED
            and info.compress_size != info.file_size
        ):
            raise ValueError(
                f"its member {ascii(info.filename[:NAME])} is said to have {info.file_size} bytes, which it has not"
            )
    total = sum(info.file_size for info in found.values())
    if total > unpacked_limit(size) or len(found) > MEMBERS:
        raise ValueError(
            f"its {len(found)} members come to {total} bytes, it has {size}: this is no file of weights"
        )
    return found


def member(data: memoryview, info: zipfile.ZipInfo, limit: int = 0) -> memoryview:
    """The bytes of a member, or the first `limit` of them, unpacked if it is packed; all of them are checked against their sum."""
    head = data[max(info.header_offset, 0) :][:30]
    if len(head) < 30 or head[:4] != b"PK\3\4":
        raise ValueError(
            f"its member {ascii(info.filename[:NAME])} is not where its directory says; fetch or make it again"
        )
    begin = info.header_offset + 30 + sum(struct.unpack("<HH", head[26:]))
    found = data[begin : begin + info.compress_size]
    if info.compress_type == zipfile.ZIP_DEFLATED:
        found = memoryview(
            zlib.decompressobj(-15).decompress(
                found, min(limit, info.file_size) or info.file_size or 1
            )
        )
    if limit:
        return found[:limit]
    # torch can be told to leave the sum out (set_crc32_options), which makes it 0
    if len(found) != info.file_size or info.CRC and zlib.crc32(found) != info.CRC:
        raise ValueError(
            f"its member {ascii(info.filename[:NAME])} is damaged; fetch or make it again"
        )
    return found
