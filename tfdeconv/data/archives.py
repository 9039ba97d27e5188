"""Images in archives: .tar and .zip, as webdataset's shards are, read where they lie.

Nothing is unpacked to the disk. A member is called by the archive's path with its own name behind
it, `shard-0000.tar/00017.jpg`; of what a hostile archive may hold the rest is left out by name.
"""

from __future__ import annotations

import os
import re
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import IO, cast

from ..archive_limits import (
    MAX_ARCHIVE_DIRECTORY,
    MAX_ARCHIVE_MEMBERS,
    MAX_MEMBER,
    MAX_MEMBER_LABEL,
)
from ..errors import UserError, one_line
from ..files import NO_FILE, file_stamp, require_regular_file
from ..formats import tar_archive, zip_archive
from ..formats.file_bytes import FileBytes
from ..limits import MAX_LABEL
from .folders import ARCHIVE_SUFFIXES, PHOTO_SUFFIXES, has_suffix, left_out_notes

ZIP = ".zip"
LABEL = ".cls"
# the end of an archive's path, and what is within
INSIDE = re.compile(r"\.(?:tar|zip)/", re.IGNORECASE)
OPEN = 8  # archives, of which the threads of a scan read one or two at a time

LINKS = "links"
UNUSUAL = "no plain files"
OUTSIDE = "names that lead out of it"
TWICE = "names that are there already"
LARGE = f"of more than {MAX_MEMBER:,} bytes"
SECRET = "encrypted, or compressed in an unusual way"
# where a tar's member lies, or what a zip's directory says of it
Place = tar_archive.TarMember | zipfile.ZipInfo


@dataclass(slots=True)
class Found:
    """A member of any archive; why_not: the reason why it is not read, or ""."""

    name: str
    place: Place
    size: int
    why_not: str = ""


def is_archive(path: str) -> bool:
    """Whether a path is called as one that may have images as members."""
    return has_suffix(path, ARCHIVE_SUFFIXES)


def split_member(path: str) -> tuple[str, str] | None:
    """`a/x.tar/b/c.jpg` -> ("a/x.tar", "b/c.jpg"); None where that is no archive's member."""
    for match in INSIDE.finditer(path):
        archive = path[: match.end() - 1]
        if os.path.isfile(archive):
            return archive, path[match.end() :]
    return None


def folder_of(path: str) -> str:
    """The directory of a file, or the archive of a member."""
    match = INSIDE.search(path)
    return path[: match.end() - 1] if match else os.path.dirname(path)


class Archive:
    """The images of an archive by their names, in its order.

    Raises UserError where it cannot be read.
    """

    def __init__(self, path: str) -> None:
        require_regular_file(path)
        self.path = path
        self.stamp = file_stamp(path)
        self.places: dict[str, Place] = {}
        self.labels: dict[str, Place] = {}
        # names of what is not read, by the reason
        self.left_out: dict[str, list[str]] = {}
        try:
            self.file = FileBytes(path)
            for found in self.members():
                self.take(found)
        # on damaged archives zipfile raises whatever comes
        except Exception as error:
            raise UserError(f"{path} cannot be read as an archive: {one_line(error)}") from None

    def members(self) -> Iterator[Found]:
        """The files and links in it."""
        is_zip = has_suffix(self.path, (ZIP,))
        every = members_of_zip(self.file) if is_zip else members_of_tar(self.file)
        for count, found in enumerate(every):
            if count == MAX_ARCHIVE_MEMBERS:
                raise ValueError(f"it has more than {MAX_ARCHIVE_MEMBERS:,} members: split it")
            yield found

    def take(self, found: Found) -> None:
        """Notes an image, a label, or why one is left out; hidden and other files are neither."""
        name = found.name.removeprefix("./")
        suffix = os.path.splitext(name)[1].lower()
        if suffix not in (*PHOTO_SUFFIXES, LABEL) or is_hidden(name):
            return
        places = self.labels if suffix == LABEL else self.places
        why_not = found.why_not
        if name.startswith("/") or ".." in name.split("/"):
            why_not = OUTSIDE
        elif not why_not and name in places:
            why_not = TWICE
        elif not why_not and found.size > MAX_MEMBER:
            why_not = LARGE
        if why_not:
            self.left_out.setdefault(why_not, []).append(name)
        else:
            places[name] = found.place

    @property
    def names(self) -> list[str]:
        return list(self.places)

    @property
    def notes(self) -> list[str]:
        """What was left out and its owner may not expect to be."""
        return list(left_out_notes(self.path, self.left_out))

    def take_labels(self) -> list[str]:
        """The label of each image, `7` of 0001.cls for 0001.jpg; none where there are none.

        They are given once: a scan of millions of images has other uses for the memory.
        """
        if not self.labels:
            return []
        by_key = {key_of(name): place for name, place in self.labels.items()}
        self.labels = {}
        texts: list[str] = []
        for name in self.places:
            place = by_key.get(key_of(name))
            texts.append(self.label_at(place) if place else "")
        return texts

    def label_at(self, place: Place) -> str:
        """The text of a label; "" where it is none, or cannot be read."""
        if size_of(place) > MAX_MEMBER_LABEL:
            return ""
        try:
            text = os.fsdecode(bytes(self.content(place)))
        # whatever a damaged member comes to
        except Exception:
            return ""
        # one text for all images of a class
        return sys.intern(" ".join(text.split())[:MAX_LABEL])

    def read(self, name: str) -> memoryview:
        """The bytes of a member; raises UserError where they cannot be read."""
        if name not in self.places:
            raise UserError(f"{self.path}/{name}: there is no such member")
        try:
            return self.content(self.places[name])
        except Exception as error:
            raise UserError(f"{self.path}/{name} cannot be read: {one_line(error)}") from None

    def content(self, place: Place) -> memoryview:
        if isinstance(place, tar_archive.TarMember):
            return self.file.read(place.begin, place.size)
        return zip_archive.member(self.file, place)


class Archives:
    """Archives by their paths, of which the last few stay open; from any thread."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.opened: OrderedDict[str, Archive] = OrderedDict()

    def archive(self, path: str) -> Archive:
        """Opens an archive; raises UserError where it cannot be read."""
        with self.lock:
            archive = self.opened.pop(path, None) or Archive(path)
            self.opened[path] = archive
            if len(self.opened) > OPEN:
                self.opened.popitem(last=False)
            return archive

    def have_changed(self) -> bool:
        """Whether one was written since it was opened; not where it is gone."""
        with self.lock:
            archives = list(self.opened.values())
        for archive in archives:
            now = file_stamp(archive.path)
            if now not in (archive.stamp, NO_FILE):
                return True
        return False

    def close(self) -> None:
        with self.lock:
            self.opened.clear()


def members_of_tar(file: FileBytes) -> Iterator[Found]:
    for member in tar_archive.members(file):
        if member.kind == tar_archive.FILE:
            yield Found(member.name, member, member.size)
        elif member.kind != tar_archive.DIRECTORY:
            why_not = LINKS if member.kind == tar_archive.LINK else UNUSUAL
            yield Found(member.name, member, 0, why_not)


def members_of_zip(file: FileBytes) -> Iterator[Found]:
    directory = zip_archive.Directory(file, MAX_ARCHIVE_DIRECTORY)
    with directory, zipfile.ZipFile(cast(IO[bytes], directory)) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            why_not = ""
            try:
                zip_archive.check_member(info, len(file))
            except ValueError:
                why_not = SECRET
            yield Found(info.filename, info, max(info.file_size, info.compress_size), why_not)


def size_of(place: Place) -> int:
    return place.size if isinstance(place, tar_archive.TarMember) else place.file_size


def key_of(name: str) -> str:
    """What the files of one sample have in common: `a/0001` of a/0001.seg.png (webdataset)."""
    folder, _, base = name.rpartition("/")
    return f"{folder}/{base.split('.', 1)[0]}"


def is_hidden(name: str) -> bool:
    """Whether a name, or a directory in it, begins with a dot, as macOS's ._0001.jpg does."""
    return any(part.startswith(".") and part != ".." for part in name.split("/"))
