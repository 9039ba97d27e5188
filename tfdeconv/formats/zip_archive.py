"""The members of a zip, each checked against the bytes that are there before it is read."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, cast

from ..limits import MAX_DIRECTORY, MAX_MEMBERS, MAX_NAME, UNPACKED_BYTES, UNPACKED_RATIO
from .file_bytes import FileBytes
from .lazy_tensor import mapped

# of the header in front of each member
HEADER_SIZE = 30
ENCRYPTED = 1  # a bit of the flags
# of a file: mapped, or read as they are asked for
FileContent = memoryview | FileBytes


class Directory(io.RawIOBase):
    """The bytes of a zip, of which zipfile reads the directory at once.

    Not one of more bytes than `most`, which is what weights need.
    """

    def __init__(self, data: FileContent, most: int = MAX_DIRECTORY) -> None:
        self.data = data
        self.most = most
        self.position = 0

    def read(self, size: int = -1) -> bytes:
        if size > self.most:
            raise ValueError(f"its directory has {size} bytes, at most {self.most} are read")
        end = len(self.data) if size < 0 else self.position + size
        content = bytes(self.data[self.position : end])
        self.position += len(content)
        return content

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: len(self.data)}
        if begin[whence] + offset < 0:
            raise ValueError("it is damaged: its directory begins before the file does")
        self.position = begin[whence] + offset
        return self.position

    def tell(self) -> int:
        return self.position

    def seekable(self) -> bool:
        return True


def unpacked_limit(size: int) -> int:
    """Bytes that what is compressed in a file of this size may come to."""
    return UNPACKED_BYTES + UNPACKED_RATIO * size


def members(path: str | Path) -> dict[str, zipfile.ZipInfo]:
    """The members of a zip file by name; raises ValueError for what a file of arrays has not."""
    return members_within(mapped(path))


def members_within(data: FileContent) -> dict[str, zipfile.ZipInfo]:
    """The members of a zip by name, which may itself lie within another."""
    size = len(data)
    with Directory(data) as file, zipfile.ZipFile(cast(IO[bytes], file)) as archive:
        infos = {info.filename: info for info in archive.infolist()}
    for info in infos.values():
        check_member(info, size)
    total = sum(info.file_size for info in infos.values())
    if total > unpacked_limit(size) or len(infos) > MAX_MEMBERS:
        raise ValueError(
            f"its {len(infos)} members unpack to {total:,} bytes, "
            f"far more than arrays in a file of {size:,} can"
        )
    return infos


def check_member(info: zipfile.ZipInfo, size: int) -> None:
    """Raises ValueError where a member cannot be read, or be in a file of this size."""
    name = ascii(info.filename[:MAX_NAME])
    stored = info.compress_type == zipfile.ZIP_STORED
    deflated = info.compress_type == zipfile.ZIP_DEFLATED
    if info.flag_bits & ENCRYPTED or not (stored or deflated):
        raise ValueError(f"its member {name} is encrypted or compressed in an unusual way")
    if info.compress_size > size or (stored and info.compress_size != info.file_size):
        raise ValueError(
            f"its member {name} declares {info.file_size} bytes, stored as {info.compress_size}, "
            f"in a file of {size}"
        )


def begin_of(data: FileContent, info: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin; raises ValueError where it does not lie there."""
    offset = max(info.header_offset, 0)
    header = data[offset : offset + HEADER_SIZE]
    if len(header) < HEADER_SIZE or header[:4] != b"PK\3\4":
        raise ValueError(
            f"its member {ascii(info.filename[:MAX_NAME])} is not where its directory says; "
            f"fetch or make it again"
        )
    name_size, extra_size = struct.unpack("<HH", header[26:])
    return offset + HEADER_SIZE + int(name_size) + int(extra_size)


def member(data: FileContent, info: zipfile.ZipInfo, limit: int = 0) -> memoryview:
    """The bytes of a member, decompressed, or the first `limit` of them.

    All bytes are compared with their checksum, the first few are not. Raises ValueError where the
    member is damaged.
    """
    begin = begin_of(data, info)
    stored = info.compress_type == zipfile.ZIP_STORED
    size = info.compress_size
    if stored and limit:
        size = min(size, limit)
    content = data[begin : begin + size]
    if not stored:
        # to zlib a length of 0 means all there is
        length = min(limit, info.file_size) or info.file_size or 1
        content = memoryview(zlib.decompressobj(-15).decompress(content, length))
    if limit:
        return content[:limit]
    # torch can be told to leave the checksum out (set_crc32_options), which makes it 0
    wrong_sum = info.CRC and zlib.crc32(content) != info.CRC
    if len(content) != info.file_size or wrong_sum:
        name = ascii(info.filename[:MAX_NAME])
        raise ValueError(f"its member {name} is damaged; fetch or make it again")
    return content
