"""The images of a scan: a list in a fixed order, read in parallel, and what tells equal ones."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import UserError
from . import images

SUFFIXES = (
    *images.SUFFIXES,
    ".jfif",
    ".jpe",
    ".jp2",
    ".j2k",
    ".avif",
    ".tga",
    ".pcx",
    ".pnm",
    ".pbm",
    ".dib",
    ".ico",
)
ARRAYS = (".npy", ".h5", ".hdf5")


@dataclass(frozen=True)
class Source:
    """Images by number. root: the directory that their names are relative to, or the file of an array, which has no names.

    digest: sha256 of the list, of an array of its file's name, size, dtype and shape. shape: [h, w, c] of an array's images.
    """

    root: str
    names: tuple[str, ...]
    count: int
    digest: str
    array: Any = None
    shape: tuple[int, ...] = ()

    def pixels(self, number: int, channels: int) -> np.ndarray:
        """An image as [h, w, channels], as images.pixels has it; raises UserError where it cannot be read."""
        if self.array is None:
            return images.pixels(os.path.join(self.root, self.names[number]), channels)
        try:
            photo = np.asarray(self.array[number])
        except Exception as error:  # h5py raises whatever comes
            raise UserError(
                f"{self.root}: image {number} cannot be read: {' '.join(str(error).split())[:200]}"
            ) from None
        photo = photo[..., None] if photo.ndim == 2 else photo
        photo = photo if photo.dtype == np.uint8 else photo.astype(np.float32)
        if not np.isfinite(photo).all():
            raise UserError(
                f"{self.root}: image {number} has values that are no numbers (NaN or infinite)"
            )
        return photo

    def place(self, number: int) -> str:
        """Where an image is: its directory, or the file of the array."""
        return (
            self.root
            if self.array is not None
            else os.path.dirname(os.path.join(self.root, self.names[number]))
        )

    def places(self) -> set[str]:
        """All places of images that can be read now."""
        return {
            place
            for place in {self.place(number) for number in range(self.count)}
            if readable(place)
        }


def readable(place: str) -> bool:
    """Whether a directory has something in it, or a file."""
    try:
        if not os.path.isdir(place):
            return os.path.getsize(place) > 0
        with os.scandir(place) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def source(path: str) -> Source:
    """A directory tree, an array (.npy, .h5 with one dataset [n, h, w, c]), one image, or a text file of paths.

    A directory's images are sorted bytewise by their relative path, hidden ones left out; paths in a text file are relative to
    its own directory. Raises UserError where that cannot be read, or has no images.
    """
    place = os.path.abspath(path)
    suffix = os.path.splitext(place)[1].lower()
    if os.path.isdir(place):
        names = sorted(tree(place), key=os.fsencode)
        if not names:
            raise UserError(f"{path} has no images in it ({', '.join(SUFFIXES)})")
        return listed(place, names)
    if not os.path.exists(place):
        raise UserError(f"{path}: there is no such file or directory")
    if suffix in ARRAYS:
        return of_array(place, suffix)
    if suffix in SUFFIXES:
        return listed(os.path.dirname(place), [os.path.basename(place)])
    try:
        lines = Path(place).read_bytes().splitlines()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    if any(b"\0" in line for line in lines):
        raise UserError(
            f"{path} is neither a directory, an array (.npy, .h5) nor a text file with a path a line"
        )
    names = [os.fsdecode(line.strip()) for line in lines if line.strip()]
    if not names:
        raise UserError(f"{path} names no images: it needs a path a line")
    return listed(os.path.dirname(place), names)


def tree(root: str) -> Iterator[str]:
    """The images below a directory, relative to it; raises UserError where a directory cannot be read."""

    def unreadable(error: OSError) -> None:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}")

    for folder, folders, files in os.walk(root, onerror=unreadable, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES:
                yield os.path.relpath(os.path.join(folder, name), root)


def listed(root: str, names: Sequence[str]) -> Source:
    digest = hashlib.sha256()
    for name in names:
        digest.update(os.fsencode(name) + b"\0")
    return Source(root, tuple(names), len(names), digest.hexdigest())


def of_array(path: str, suffix: str) -> Source:
    """An array of images, read image by image."""
    try:
        array = (
            np.load(path, mmap_mode="r", allow_pickle=False)
            if suffix == ".npy"
            else dataset_in(path)
        )
        shape, dtype = tuple(array.shape), array.dtype
    except UserError:
        raise
    except Exception as error:  # on damage numpy and h5py raise whatever comes
        raise UserError(
            f"{path} cannot be read as an array: {' '.join(str(error).split())[:200]}"
        ) from None
    if len(shape) not in (3, 4) or 0 in shape or dtype.kind not in "uif":
        raise UserError(f"{path} is {dtype} {list(shape)}, needs images as numbers [n, h, w, c]")
    told = f"{os.path.basename(path)} {os.path.getsize(path)} {dtype.str} {shape}"
    return Source(
        path,
        (),
        shape[0],
        hashlib.sha256(os.fsencode(told)).hexdigest(),
        array,
        (*shape[1:], 1)[:3],
    )


def dataset_in(path: str) -> h5py.Dataset:
    """The one dataset of images in an HDF5 file."""
    found: list[h5py.Dataset] = []

    def visit(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim == 4:
            found.append(item)

    h5py.File(path, "r").visititems(visit)
    if len(found) != 1:
        raise UserError(f"{path} has {len(found)} datasets [n, h, w, c], needs one")
    return found[0]
