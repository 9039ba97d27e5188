"""The images of a scan: a list in a fixed order, and what tells whether it is the same list."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, one_line
from . import images
from .hdf5_images import Hdf5Images

ARRAYS = (".npy", ".h5", ".hdf5")


@dataclass(frozen=True)
class Source:
    """Images by number.

    root: the directory that their names are relative to, or the file of an array, without names.
    digest: sha256 of the list, or of an array's file name, size, dtype and shape.
    array: what gives an array's images by number. shape: (h, w, c) of an array's images.

    The process that reads an HDF5 file ends with close(), or at the end of a `with` block.
    """

    root: str
    names: tuple[str, ...]
    count: int
    digest: str
    array: Any = None
    shape: tuple[int, ...] = ()

    def pixels(self, number: int, channels: int) -> np.ndarray:
        """An image as [h, w, channels], like images.pixels; raises UserError if unreadable."""
        if self.array is None:
            return images.pixels(os.path.join(self.root, self.names[number]), channels)
        try:
            photo = np.asarray(self.array[number])
        # whatever a damaged file comes to
        except Exception as error:
            raise UserError(
                f"{self.root}: image {number} cannot be read: {one_line(error)}"
            ) from None
        if photo.ndim == 2:
            photo = photo[..., None]
        if photo.dtype != np.uint8:
            photo = photo.astype(np.float32)
        if not np.isfinite(photo).all():
            raise UserError(
                f"{self.root}: image {number} has values that are not finite (NaN or infinity)"
            )
        return photo

    def location(self, number: int) -> str:
        """Where an image is: its directory, or the file of the array."""
        if self.array is not None:
            return self.root
        return os.path.dirname(os.path.join(self.root, self.names[number]))

    def locations(self) -> set[str]:
        """All locations of images that can be read now."""
        return set(filter(readable, set(map(self.location, range(self.count)))))

    def close(self) -> None:
        """Ends the process that reads an HDF5 file."""
        if isinstance(self.array, Hdf5Images):
            self.array.close()

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


def open_source(path: str) -> Source:
    """The images of a directory, an array, a list, or one image.

    A directory's are those below it, sorted bytewise by their relative path, hidden ones left out.
    An array is an .npy, or an .h5 with one dataset [n, h, w, c]. A list is a text file with a path
    a line, relative to its own directory.
    Raises UserError where that cannot be read, or has no images.
    """
    absolute = os.path.abspath(path)
    suffix = os.path.splitext(absolute)[1].lower()
    if os.path.isdir(absolute):
        names = sorted(images_below(absolute), key=os.fsencode)
        if not names:
            raise UserError(f"{path} has no images in it ({', '.join(images.SUFFIXES)})")
        return list_source(absolute, names)
    if not os.path.exists(absolute):
        raise UserError(f"{path}: there is no such file or directory")
    if suffix in ARRAYS:
        return array_source(absolute, suffix)
    if suffix in images.SUFFIXES:
        return list_source(os.path.dirname(absolute), [os.path.basename(absolute)])
    return list_source(os.path.dirname(absolute), names_in(path))


def names_in(path: str) -> list[str]:
    """The lines of a text file of paths; raises UserError where there are none."""
    try:
        lines = Path(path).read_bytes().splitlines()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    if any(b"\0" in line for line in lines):
        raise UserError(
            f"{path} is neither a directory, an array (.npy, .h5) "
            f"nor a text file with a path a line"
        )
    names = [os.fsdecode(line.strip()) for line in lines if line.strip()]
    if not names:
        raise UserError(f"{path} names no images: it needs a path a line")
    return names


def images_below(root: str) -> Iterator[str]:
    """The images below a directory, relative to it; raises UserError for an unreadable one."""

    def raise_unreadable(error: OSError) -> None:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}")

    for folder, folders, files in os.walk(root, onerror=raise_unreadable, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in images.SUFFIXES:
                yield os.path.relpath(os.path.join(folder, name), root)


def list_source(root: str, names: Sequence[str]) -> Source:
    """The images of these names, relative to a directory."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(os.fsencode(name) + b"\0")
    return Source(root, tuple(names), len(names), digest.hexdigest())


def array_source(path: str, suffix: str) -> Source:
    """An array of images, read image by image."""
    array: Any
    try:
        if suffix == ".npy":
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        else:
            array = Hdf5Images(path)
        shape, dtype = tuple(array.shape), array.dtype
    except UserError:
        raise
    # on damage numpy raises whatever comes
    except Exception as error:
        raise UserError(f"{path} cannot be read as an array: {one_line(error)}") from None
    if len(shape) not in (3, 4) or 0 in shape or dtype.kind not in "uif":
        raise UserError(f"{path} is {dtype} {list(shape)}, needs images as numbers [n, h, w, c]")
    identity = f"{os.path.basename(path)} {os.path.getsize(path)} {dtype.str} {shape}"
    digest = hashlib.sha256(os.fsencode(identity)).hexdigest()
    image_shape = (*shape[1:], 1)[:3]
    return Source(path, (), shape[0], digest, array, image_shape)
