"""The members of a tar that nobody vouches for, from their headers: nothing is unpacked.

POSIX.1-2017, pax: a header of 512 bytes, then the member's bytes, filled up to a multiple of 512.
GNU's long names and pax's extended headers stand in front of a member as members of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from ..archive_limits import MAX_TAR_EXTENSION
from .file_bytes import FileBytes

BLOCK = 512
# a header's fields
NAME = slice(0, 100)
SIZE = slice(124, 136)
CHECKSUM = slice(148, 156)
MAGIC = slice(257, 263)
PREFIX = slice(345, 500)
POSIX = b"ustar\0"
FILE, DIRECTORY, LINK, OTHER = "file", "directory", "link", "other"
KINDS = {b"0": FILE, b"\0": FILE, b"7": FILE, b"1": LINK, b"2": LINK, b"5": DIRECTORY}
GNU_NAME, GNU_LINK, PAX, PAX_FOR_ALL = b"L", b"K", b"x", b"g"
# what an extended header says of a member; the last is how the keys of one with holes begin
SPARSE = "GNU.sparse"
KNOWN = ("path", "size", SPARSE)
# a file with holes as GNU had it before, and where a header, or a block of holes, says that one of
# these follows
GNU_HOLES, MORE_HOLES, MORE_IN_BLOCK = b"S", 482, 504
# kinds that have no bytes, whatever size they declare
EMPTY = (LINK, DIRECTORY)


@dataclass(frozen=True, slots=True)
class TarMember:
    """A member, where its bytes begin, and how many it has."""

    name: str
    kind: str
    begin: int
    size: int


def members(file: FileBytes) -> Iterator[TarMember]:
    """The members of a tar in its order; raises ValueError where it is none, or damaged."""
    offset = 0
    extension: dict[str, str] = {}
    while offset < len(file):
        header = bytes(file[offset : offset + BLOCK])
        if not any(header):
            # the end; who appended to the file did so in front of it
            return
        check(header, offset)
        begin = offset + BLOCK
        size = number(header[SIZE], offset)
        kind = header[156:157]
        if kind in (GNU_NAME, GNU_LINK, PAX, PAX_FOR_ALL):
            extension |= extension_of(kind, file, begin, size)
            offset = begin + padded(size)
            continue
        if kind == GNU_HOLES:
            begin = behind_holes(file, header, begin)
        member = member_of(header, begin, size, extension)
        if begin + member.size > len(file):
            raise ValueError(f"it is cut off within {member.name!r}; fetch or make it again")
        yield member
        offset = begin + padded(member.size)
        extension = {}


def check(header: bytes, offset: int) -> None:
    """Raises ValueError for what is no header."""
    digits = header[CHECKSUM].strip(b"\0 ")
    if len(header) == BLOCK and digits.isdigit():
        stated = number(digits, offset)
        without = header[: CHECKSUM.start] + b" " * 8 + header[CHECKSUM.stop :]
        # some programs add the bytes up as signed ones
        if stated == sum(without) or stated == sum(memoryview(without).cast("b")):
            return
    raise ValueError(f"it has no header of a tar at byte {offset:,}; fetch or make it again")


def number(field: bytes, offset: int) -> int:
    """A number in octal digits, or in binary ones where the first bit is set (GNU)."""
    if field[0] == 128:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b"\0 ")
    # int() takes a sign as well: a negative size would lead back, round and round
    if digits.strip(b"01234567"):
        raise ValueError(f"its header at byte {offset:,} is damaged; fetch it again")
    return int(digits or b"0", 8)


def behind_holes(file: FileBytes, header: bytes, begin: int) -> int:
    """Where the bytes begin of a file with holes: behind the blocks that list more of them."""
    more = header[MORE_HOLES]
    while more:
        more = file.read(begin, BLOCK)[MORE_IN_BLOCK]
        begin += BLOCK
    return begin


def padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def member_of(header: bytes, begin: int, size: int, extension: dict[str, str]) -> TarMember:
    """A member, with what stands in front of its header (`path`, `size`)."""
    name = text(header[NAME])
    if header[MAGIC] == POSIX and (prefix := text(header[PREFIX])):
        name = f"{prefix}/{name}"
    name = extension.get("path", name)
    kind = KINDS.get(header[156:157], OTHER)
    # as tar of 1979 had it
    if kind == FILE and name.endswith("/"):
        kind = DIRECTORY
    if SPARSE in extension:
        kind = OTHER
    if "size" in extension:
        size = int(extension["size"])
    return TarMember(name, kind, begin, 0 if kind in EMPTY else size)


def text(field: bytes) -> str:
    return os.fsdecode(field.split(b"\0", 1)[0])


def extension_of(kind: bytes, file: FileBytes, begin: int, size: int) -> dict[str, str]:
    """What a member says of the next one; nothing of what is said of all."""
    if size > MAX_TAR_EXTENSION:
        raise ValueError(f"it has a name of {size:,} bytes, expected at most {MAX_TAR_EXTENSION:,}")
    content = bytes(file.read(begin, size))
    if kind == GNU_NAME:
        return {"path": text(content)}
    return records(content) if kind == PAX else {}


def records(content: bytes) -> dict[str, str]:
    """The records `LENGTH KEY=VALUE` of an extended header: those that matter here.

    Others are not kept: any number of headers may stand in front of a member.
    """
    found: dict[str, str] = {}
    while content.strip(b"\0"):
        digits, _, _ = content.partition(b" ")
        if not digits.isdigit() or not len(digits) < int(digits) <= len(content):
            raise ValueError("its extended header is damaged; fetch or make it again")
        key, _, value = content[len(digits) + 1 : int(digits)].partition(b"=")
        known = SPARSE if key.startswith(os.fsencode(SPARSE)) else os.fsdecode(key)
        if known in KNOWN:
            found[known] = os.fsdecode(value.removesuffix(b"\n"))
        content = content[int(digits) :]
    if not found.get("size", "0").isdecimal():
        raise ValueError("its extended header is damaged; fetch or make it again")
    return found
