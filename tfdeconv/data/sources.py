"""Images as a caller has them: paths, PIL's images, arrays, and lists of these."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import UserError, one_line
from . import arrays, photos
from .photo_limits import Reserve, refuse_large, reserve_nothing
from .photos import Decoded

# a path, a PIL image, or an array
Source = str | os.PathLike[str] | Any


def decode_all(
    sources: Source | Iterable[Source], channels: int, max_side: int | None = None
) -> Iterator[tuple[str, Decoded]]:
    """Each image and its name; raises UserError for what is none."""
    if is_one(sources):
        sources = [sources]
    elif not isinstance(sources, Iterable):
        raise not_an_image("images", sources)
    for number, source in enumerate(sources):
        name = f"image {number}"
        if isinstance(source, str | os.PathLike):
            yield str(source), decode(Path(source), channels, max_side=max_side)
        elif isinstance(source, Image.Image):
            yield name, decode_picture(name, source, channels, max_side)
        elif is_one(source):
            yield from decode_values(name, np.asarray(source), channels)
        else:
            raise not_an_image(name, source)


def is_one(source: Source) -> bool:
    """Whether it is a path, a PIL image or an array, and not a list of them."""
    is_file = isinstance(source, str | os.PathLike) or isinstance(source, Image.Image)
    return is_file or hasattr(source, "__array__")


def not_an_image(name: str, source: object) -> UserError:
    return UserError(
        f"{name}: expected the path of a file, a PIL image, an array, or a list of these; "
        f"found {type(source).__name__}"
    )


def decode_picture(name: str, picture: Image.Image, channels: int, max_side: int | None) -> Decoded:
    """A PIL image, which stays as it is; raises UserError where its file is damaged."""
    try:
        refuse_large(picture, Path(name))
        copy = picture.copy()
        copy.format = picture.format
        return photos.decode_opened(copy, Path(name), channels, reserve_nothing, max_side)
    except UserError:
        raise
    # on damaged files Pillow's decoders raise whatever comes
    except Exception as error:
        raise UserError(f"{name} cannot be read as an image: {one_line(error)}") from None


def decode_values(name: str, array: np.ndarray, channels: int) -> Iterator[tuple[str, Decoded]]:
    """The images of an array [h, w, c] or [h, w], or [n, h, w, c]; of one channel [n, h, w]."""
    is_grey_batch = array.ndim == 3 and channels == 1 and array.shape[2] > arrays.MOST_COLOURS
    if array.ndim != 4 and not (is_grey_batch and array.shape[0] > 1):
        yield name, decode_array(name, array, channels)
        return
    for number, image in enumerate(array):
        yield f"{name}[{number}]", decode_array(f"{name}[{number}]", image, channels)


def decode(
    path: str | Path, channels: int, reserve: Reserve = reserve_nothing, max_side: int | None = None
) -> Decoded:
    """A file's image as images.pixels() describes it, and what was assumed of it.

    reserve: told how many bytes of memory decoding takes before it takes them. max_side: what the
    longer side is needed at; a photo that can be decoded smaller may have more.
    """
    if arrays.is_array(str(path)):
        return decode_file(str(path), channels, reserve)
    return photos.decode(Path(path), channels, reserve, max_side)


def decode_file(path: str, channels: int, reserve: Reserve) -> Decoded:
    """A file's array of one image, float32; raises UserError for anything else in it."""
    array = arrays.open_array(path)
    try:
        shape = tuple(array.shape)
        # a batch of one
        if len(shape) == 4 and shape[0] == 1:
            shape = shape[1:]
        if not is_image(shape, array.dtype, channels):
            more = ", one image; scan.py takes many, [n, h, w, c]" if len(shape) > 2 else ""
            raise unfit(path, array, channels, more)
        arrays.refuse_large(path, shape, np.dtype(array.dtype).itemsize)
        reserve(array.dtype.itemsize * int(np.prod(shape)))
        values = np.reshape(arrays.read_whole(path, array), shape)
    finally:
        arrays.close(array)
    return as_decoded(values, channels)


def decode_array(name: str, array: np.ndarray, channels: int) -> Decoded:
    """An array of one image; raises UserError for another one."""
    if not is_image(array.shape, array.dtype, channels):
        raise unfit(name, array, channels)
    # bytes are pixels, as a photo's are
    if array.dtype == np.uint8:
        note = arrays.layout_note(array.shape, channels)
        return Decoded(arrays.as_image(array, channels), note)
    return as_decoded(array, channels)


def is_image(shape: Sequence[int], dtype: Any, channels: int) -> bool:
    """Whether an array of that shape is of numbers, and one image of so many channels."""
    fits = len(shape) in (2, 3) and bool(arrays.axes_of(tuple(shape), channels))
    return fits and 0 not in shape and np.dtype(dtype).kind in arrays.NUMBERS


def unfit(name: str, array: Any, channels: int, more: str = "") -> UserError:
    found = f"{array.dtype} {list(array.shape)}"
    return UserError(f"{name} is {found}, needs numbers [h, w, {channels}]{more}")


def as_decoded(values: np.ndarray, channels: int) -> Decoded:
    """Values of one image as float32, and what was assumed of their axes."""
    # what is beyond float32 becomes infinite, and is refused later
    with np.errstate(over="ignore"):
        values = np.asarray(values, np.float32)
    note = arrays.layout_note(values.shape, channels)
    return Decoded(arrays.as_image(values, channels), note, is_array=True)
