"""The images of a scan: a list in a fixed order, and what tells whether it is the same list."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, one_line
from ..files import require_regular_file
from . import archive_lists, archives, arrays, folders, images, photos
from .archive_lists import Expansion
from .archives import Archives
from .image_lists import read_list, read_standard_input
from .photo_limits import Reserve, reserve_nothing
from .photos import Decoded

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Source:
    """Images by number.

    root: the directory that their names are relative to, or an array's file (two.h5:x_train where
    its name was given), without names if not of a sample.
    digest: sha256 of the list, or of an array's file name, size, dtype and shape.
    array: what gives an array's images by number. shape: of one of them, as they are stored.
    notes: what was left out of a directory, or is assumed of an array. labels: of all images, where
    the list has any.

    The process that reads an HDF5 file ends with close(), or at the end of a `with` block.
    """

    root: str
    names: tuple[str, ...]
    count: int
    digest: str
    array: Any = None
    shape: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    # of the array's file when it was opened
    stamp: tuple[int, ...] = ()
    # of an array's images those that are meant, where these are not the first ones
    numbers: np.ndarray | None = None
    archives: Archives = field(default_factory=Archives, compare=False)

    def image(self, number: int, channels: int, reserve: Reserve = reserve_nothing) -> Decoded:
        """An image as [h, w, channels], like images.decode; raises UserError if unreadable."""
        if self.array is None:
            return self.photo(self.name(number), channels, reserve)
        try:
            values = np.asarray(self.array[self.place(number)])
        # whatever a damaged file comes to
        except Exception as error:
            raise UserError(f"{self.name(number)} cannot be read: {one_line(error)}") from None
        if values.dtype != np.uint8:
            # what is beyond float32 becomes infinite, and is refused later
            with np.errstate(over="ignore"):
                values = values.astype(np.float32)
        return Decoded(arrays.as_image(values, channels), is_array=True)

    def photo(self, path: str, channels: int, reserve: Reserve) -> Decoded:
        """An image of a directory, or of an archive."""
        member = archives.split_member(path)
        if member is None:
            return images.decode(path, channels, reserve)
        archive, name = member
        content = self.archives.archive(archive).read(name)

        def reserve_both(size: int) -> None:
            # the bytes stay in memory while they are decoded
            reserve(size + len(content))

        return photos.decode(Path(path), channels, reserve_both, content=content)

    def pixels(self, number: int, channels: int) -> np.ndarray:
        """An image as [h, w, channels], like images.pixels; raises UserError if unreadable."""
        return self.image(number, channels).pixels

    def place(self, number: int) -> int:
        """Which of the array's images one is."""
        return number if self.numbers is None else int(self.numbers[number])

    def name(self, number: int) -> str:
        """An image's path, or which of an array it is."""
        if self.array is not None:
            return f"{self.root}: image {self.place(number)}"
        return os.path.join(self.root, self.names[number])

    def location(self, number: int) -> str:
        """Where an image is: its directory, or the file of the array or archive."""
        if self.array is not None:
            return arrays.split_name(self.root)[0]
        return archives.folder_of(self.name(number))

    def locations(self) -> set[str]:
        """All locations of images that can be read now."""
        return set(filter(readable, self.locations_of(range(self.count))))

    def locations_of(self, numbers: Iterable[int]) -> set[str]:
        """The locations of some images."""
        if self.array is not None:
            return {self.location(number) for number in numbers}
        # a million joined paths would take seconds
        folders = {os.path.dirname(self.names[number]) for number in numbers}
        return {archives.folder_of(os.path.join(self.root, folder, "")) for folder in folders}

    def has_changed(self) -> bool:
        """Whether the array's file, or an archive, was written since it was opened.

        Not where it is gone.
        """
        if self.archives.have_changed():
            return True
        now = stamp_of(self.location(0)) if self.stamp else ()
        return bool(now) and now != self.stamp

    def close(self) -> None:
        """Ends the process that reads an HDF5 file."""
        self.archives.close()
        arrays.close(self.array)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def readable(location: str) -> bool:
    """Whether a directory, or a file, can be read and has something in it."""
    try:
        if not os.path.isdir(location):
            return os.path.getsize(location) > 0
        with os.scandir(location) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def stamp_of(path: str) -> tuple[int, ...]:
    """What tells a file from one that was written later; () where it cannot be asked."""
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def exists(path: str) -> bool:
    """Whether there is such a file, directory, or file whose array is named behind a colon."""
    return os.path.exists(arrays.split_name(path)[0])


def open_source(path: str, besides: Sequence[str] = ()) -> Source:
    """The images of a directory, an array, a list, or one image.

    besides: files that are none of a directory's images.

    A directory's are those below it, as folders.py lists them, or those of its archives (.tar,
    .zip), which may also be given, or stand in a list, themselves. An array is an .npy, .npz or .h5
    [n, h, w, c], [n, c, h, w] or [n, h, w]; where a file has several, FILE:NAME. A list is a text
    file with a path a line, relative to its own directory; `-` is one on standard input, relative
    to the working directory.
    Raises UserError where that cannot be read, or has no images.
    """
    opened = Archives()
    if path == STANDARD_INPUT:
        read = read_standard_input()
        listed = archive_lists.images_of_list(os.getcwd(), read.names, read.labels, opened)
        return expanded_source(path, os.getcwd(), listed, opened)
    absolute = os.path.abspath(path)
    if os.path.isdir(absolute):
        folder = folders.images_below(absolute, besides)
        return expanded_source(
            path, absolute, archive_lists.images_of_folder(folder, opened), opened
        )
    if not exists(absolute):
        raise UserError(f"{path}: there is no such file or directory")
    if arrays.is_array(absolute):
        return array_source(absolute)
    require_regular_file(absolute)
    if archives.is_archive(absolute):
        return expanded_source(
            path, absolute, archive_lists.images_of_archive(absolute, opened), opened
        )
    root = os.path.dirname(absolute)
    if folders.has_suffix(absolute, images.SUFFIXES):
        return list_source(root, [os.path.basename(absolute)])
    read = read_list(path)
    listed = archive_lists.images_of_list(root, read.names, read.labels, opened)
    return expanded_source(path, root, listed, opened)


def expanded_source(path: str, root: str, found: Expansion, opened: Archives) -> Source:
    """The images that were found below a root; raises UserError where there are none."""
    if not found.names:
        raise folders.no_images(path, found.notes)
    labels = found.labels if any(found.labels) else []
    source = list_source(root, found.names, labels)
    return replace(source, notes=tuple(found.notes), archives=opened)


def list_source(root: str, names: Sequence[str], labels: Sequence[str] = ()) -> Source:
    """The images of these names, relative to a directory, and a label of each or none."""
    return Source(root, tuple(names), len(names), digest_of_names(names), labels=tuple(labels))


def digest_of_names(names: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update(os.fsencode(name) + b"\0")
    return digest.hexdigest()


def array_source(path: str) -> Source:
    """An array of images, read image by image; one image [h, w, c] is a row of one."""
    file, name = arrays.split_name(path)
    stamp = stamp_of(file)
    array = arrays.open_array(path)
    shape = tuple(array.shape)
    dtype = np.dtype(array.dtype)
    notes: list[str] = []
    if len(shape) == 3 and shape[2] <= arrays.MOST_COLOURS and 0 not in shape:
        notes.append(f"{path}: {list(shape)} is read as one image [h, w, c]")
        array = arrays.OneImage(array)
        shape = array.shape
    if len(shape) not in (3, 4) or 0 in shape or dtype.kind not in arrays.NUMBERS:
        arrays.close(array)
        raise UserError(f"{path} is {dtype} {list(shape)}, needs images as numbers [n, h, w, c]")
    try:
        arrays.refuse_large(path, shape[1:], dtype.itemsize)
    except UserError:
        arrays.close(array)
        raise
    identity = f"{os.path.basename(file)} {os.path.getsize(file)} {dtype.str} {shape}"
    if name:
        identity += f" {name}"
    digest = hashlib.sha256(os.fsencode(identity)).hexdigest()
    return Source(path, (), shape[0], digest, array, shape[1:], tuple(notes), stamp=stamp)
