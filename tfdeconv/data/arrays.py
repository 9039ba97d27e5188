"""Files of arrays: which of theirs are images, and how an array's axes are an image's."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import UserError, one_line, unknown
from ..files import require_regular_file
from ..formats.npz_arrays import PackedArray, arrays_of
from ..formats.stored_array import StoredArray
from ..limits import MAX_PIXELS
from ..memory import refuse_beyond_memory
from .hdf5_images import Hdf5Images
from .npy_images import open_npy
from .photo_limits import most_bytes, too_many_pixels

NPY, NPZ, HDF5 = ".npy", ".npz", (".h5", ".hdf5")
SUFFIXES = (NPY, NPZ, *HDF5)
# the last axis of one image [h, w, c], at most; a stack of grey ones is wider
MOST_COLOURS = 4
SHOWN = 8  # arrays that an error lists
NUMBERS = "uif"  # kinds of dtypes that are images
# how an array is saved of which single images can be read
UNCOMPRESSED = "save it uncompressed (np.savez)"
IN_ROWS = "save it as an .npy in C order (np.ascontiguousarray)"
FLOAT_SIZE = 4  # bytes of the numbers that images become


class Array(Protocol):
    """What has images as rows of its first axis."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...

    def __getitem__(self, number: Any) -> np.ndarray: ...


def split_name(path: str) -> tuple[str, str]:
    """`two.h5:x_train` -> ("two.h5", "x_train"); a path that exists is a path."""
    file, _, name = path.rpartition(":")
    suffix = os.path.splitext(file)[1].lower()
    if os.path.lexists(path) or suffix not in SUFFIXES or not os.path.exists(file):
        return path, ""
    return file, name


def is_array(path: str) -> bool:
    """Whether a path is that of an array's file, with the array's name or without it."""
    return os.path.splitext(split_name(path)[0])[1].lower() in SUFFIXES


def open_array(path: str) -> Array:
    """The array of a file [n, ...], or the one that is named behind a colon.

    Raises UserError where it cannot be read, or where several may be meant.
    """
    file, name = split_name(path)
    require_regular_file(file)
    suffix = os.path.splitext(file)[1].lower()
    try:
        if suffix == NPY:
            npy = open_npy(file)
            refuse_beyond_memory(npy.in_memory, path, IN_ROWS)
            return npy
        if suffix == NPZ:
            arrays = arrays_of(file)
            array = arrays[chosen(file, name, arrays)]
            refuse_beyond_memory(array.in_memory, path, f"{UNCOMPRESSED}, or {IN_ROWS}")
            return array
        return Hdf5Images(file, partial(chosen, file, name))
    except UserError:
        raise
    # on damage numpy and zlib raise whatever comes
    except Exception as error:
        raise UserError(f"{file} cannot be read as an array: {one_line(error)}") from None


def chosen(path: str, name: str, arrays: Mapping[str, Any], refused: Sequence[str] = ()) -> str:
    """The name of the array that is meant: the one named, or the only one of images.

    refused: why others are not read. Raises UserError where none is meant, or several may be.
    """
    if name:
        if name not in arrays:
            raise unknown(f"{path} has no array", name, arrays)
        return name
    for axes in (4, 3, 2):
        images = {each: arrays[each] for each in sorted(arrays) if len(arrays[each].shape) == axes}
        if len(images) == 1:
            return next(iter(images))
        if images:
            raise UserError(
                f"{path} has several arrays of images: {listed(images)}; "
                f"say which, as {path}:{next(iter(images))}"
            )
    parts = [f"it has {listed(arrays)}", *refused[:3]]
    raise UserError(f"{path} has no array of images [n, h, w, c]; {'; '.join(parts)}")


def listed(arrays: Mapping[str, Any]) -> str:
    """`x_train [20, 28, 28] uint8, ...`"""
    texts: list[str] = []
    for name, array in list(arrays.items())[:SHOWN]:
        texts.append(f"{name} {list(array.shape)} {np.dtype(array.dtype)}")
    more = ", ..." if len(arrays) > SHOWN else ""
    return ", ".join(texts) + more or "no arrays of numbers"


def whole(array: Array) -> np.ndarray:
    """All values."""
    if isinstance(array, Hdf5Images):
        return array.rows(0, array.shape[0])
    if isinstance(array, StoredArray | PackedArray):
        return array.whole()
    return np.asarray(array[...])


def read_whole(path: str, array: Array) -> np.ndarray:
    """All values; raises UserError where they cannot be read."""
    try:
        return whole(array)
    # whatever a damaged file comes to
    except Exception as error:
        raise UserError(f"{path} cannot be read as an array: {one_line(error)}") from None


def close(array: Array) -> None:
    """Ends what reads the file: of HDF5 a process."""
    if isinstance(array, OneImage):
        array = array.array
    if isinstance(array, Hdf5Images | StoredArray | PackedArray):
        array.close()


class OneImage:
    """An array [h, w, c] as a row of images."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.shape = (1, *array.shape)
        self.dtype = array.dtype

    def __getitem__(self, number: int) -> np.ndarray:
        return whole(self.array)


def refuse_large(path: str, shape: tuple[int, ...], itemsize: int) -> None:
    """Raises UserError where an image of that shape has too many pixels, or takes too much."""
    sides = sorted(shape)
    if math.prod(sides[-2:]) > MAX_PIXELS:
        raise too_many_pixels(Path(path))
    size = math.prod(shape) * max(itemsize, FLOAT_SIZE)
    if size > most_bytes():
        raise UserError(
            f"{path} has images {list(shape)}, which need {size / 1e9:.1f} GB each, expected "
            f"at most {most_bytes() / 1e9:.1f}: scale them down first"
        )


def image_size(path: str, shape: tuple[int, ...], channels: int) -> tuple[int, int]:
    """Height and width of an image of that shape; raises UserError if it is not the network's."""
    axes = axes_of(shape, channels)
    if not axes:
        kind = f"of {shape[2]} channels" if len(shape) == 3 else "of 1 channel"
        raise UserError(
            f"{path} has images {kind} {list(shape)}, this network takes {channels}: "
            f"needs [h, w, {channels}]"
        )
    return shape[axes.index("h")], shape[axes.index("w")]


def axes_of(shape: tuple[int, ...], channels: int) -> str:
    """How the axes of one image serve a network: hwc, chw or hw; "" if they do not.

    Channels stand last, or else first where only they can be that many. One channel serves three.
    """
    if len(shape) == 2:
        return "hw" if channels in (1, 3) else ""
    for axes in ("hwc", "chw"):
        if shape[axes.index("c")] == channels:
            return axes
    for axes in ("hwc", "chw"):
        if shape[axes.index("c")] == 1 and channels == 3:
            return axes
    return ""


def as_image(array: np.ndarray, channels: int) -> np.ndarray:
    """[h, w], [h, w, c] or [c, h, w], as axes_of says -> [h, w, channels]."""
    axes = axes_of(array.shape, channels)
    if axes == "hw":
        array = array[..., None]
    if axes == "chw":
        array = np.moveaxis(array, 0, 2)
    return np.broadcast_to(array, (*array.shape[:2], channels))


def layout_note(shape: tuple[int, ...], channels: int) -> str:
    """What is assumed of the axes of one image; "" of [h, w, channels]."""
    notes = {"chw": "read with the channels first"}
    axes = axes_of(shape, channels)
    parts = [notes.get(axes, "")]
    grey = axes == "hw" or (axes and shape[axes.index("c")] == 1)
    if grey and channels == 3:
        parts.append("the grey channel is used as red, green and blue")
    text = "; ".join(filter(None, parts))
    return f"{list(shape)}: {text}" if text else ""
