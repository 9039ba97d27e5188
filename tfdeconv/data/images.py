"""Images, photos and arrays of one image -> what a network sees."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UserError, unknown
from . import arrays, folders, photos
from .admission import Admission
from .folders import SUFFIXES
from .photo_limits import Reserve, reserve_nothing
from .photos import Decoded, text_of
from .preprocessing import Preprocessing, say_nothing
from .resizing import CROP, KEEP, RESIZES, SQUASH, at_most, crop_box, fit

__all__ = ["CROP", "KEEP", "RESIZES", "SQUASH", "SUFFIXES", "crop_box", "fit", "text_of"]


def read(
    paths: Sequence[str | Path],
    preprocessing: Preprocessing,
    resize: str = CROP,
    channels: int = 3,
    admission: Admission | None = None,
    max_side: int | None = None,
) -> np.ndarray:
    """Images as a network's input, float32 [n, h, w, c].

    resize: "crop" as in training (short side scaled, centre cut out), "squash" to the input's size
    whatever the proportions, "keep" the photo's own size. channels: the network's; a photo serves
    1 and 3, other numbers need an .npy of [h, w, channels].
    admission: what is told of odd images, see admission.py. max_side: pixels that the longer side
    has at most with "keep"; a larger image is scaled down, a JPEG while it is decoded.
    Raises UserError for a file that cannot be read, or photos of different sizes with "keep".

    >>> from tfdeconv.data.preprocessing import caffe
    >>> read(["tests/data/chelsea.jpg"], caffe((224, 224))).shape
    (1, 224, 224, 3)
    """
    if resize not in RESIZES:
        raise unknown("there is no way to resize", resize, RESIZES)
    admission = admission or Admission()
    inputs = []
    for path in paths:
        image = decode(path, channels, max_side=max_side)
        if max_side:
            image = replace(image, pixels=at_most(image.pixels, max_side))
        inputs.append(admission.input(image, str(path), preprocessing, resize))
    if not inputs:
        raise UserError("there are no images to read")
    if len({x.shape for x in inputs}) > 1:
        sizes = ", ".join(f"{path} {x.shape[0]} x {x.shape[1]}" for path, x in zip(paths, inputs))
        raise UserError(
            f'images of different sizes do not make one array with resize="keep": {sizes}'
        )
    return np.stack(inputs)


def pixels(path: str | Path, channels: int = 3) -> np.ndarray:
    """An image as [h, w, channels], 0 to 255, colours in the order rgb.

    uint8, or float32 where the file is finer. Turned as its EXIF says, transparency laid on white,
    the first frame of an animation. An array is taken as it is. Raises UserError.
    """
    return decode(path, channels).pixels


def decode(
    path: str | Path, channels: int, reserve: Reserve = reserve_nothing, max_side: int | None = None
) -> Decoded:
    """pixels(), and what was assumed of them.

    reserve: told how many bytes of memory decoding takes before it takes them. max_side: what the
    longer side is needed at; a photo that can be decoded smaller may have more.
    """
    if arrays.is_array(str(path)):
        return decode_array(str(path), channels, reserve)
    return photos.decode(Path(path), channels, reserve, max_side)


def decode_array(path: str, channels: int, reserve: Reserve) -> Decoded:
    """A file's array of one image, float32; raises UserError for anything else in it."""
    array = arrays.open_array(path)
    try:
        shape = tuple(array.shape)
        # a batch of one
        if len(shape) == 4 and shape[0] == 1:
            shape = shape[1:]
        fits = len(shape) in (2, 3) and arrays.axes_of(shape, channels)
        kind = np.dtype(array.dtype).kind
        if not fits or 0 in shape or kind not in arrays.NUMBERS:
            needed = f"needs numbers [h, w, {channels}]"
            if len(shape) > 2:
                needed += ", one image; scan.py takes many, [n, h, w, c]"
            raise UserError(f"{path} is {array.dtype} {list(array.shape)}, {needed}")
        arrays.refuse_large(path, shape, np.dtype(array.dtype).itemsize)
        reserve(array.dtype.itemsize * int(np.prod(shape)))
        values = np.reshape(arrays.read_whole(path, array), shape)
    finally:
        arrays.close(array)
    # what is beyond float32 becomes infinite, and is refused later
    with np.errstate(over="ignore"):
        values = np.asarray(values, np.float32)
    note = arrays.layout_note(shape, channels)
    return Decoded(arrays.as_image(values, channels), note, is_array=True)


def find(paths: Sequence[str], tell: Callable[[str], None] = say_nothing) -> list[Path]:
    """The images named: files as they are, directories with all the images below them, sorted.

    tell: takes a note on what was left out of a directory. Raises UserError where there are none.
    """
    found: list[Path] = []
    for path in paths:
        if not os.path.isdir(path):
            found.append(Path(path))
            continue
        folder = folders.images_below(path)
        for note in folder.notes:
            tell(note)
        found += [Path(path, name) for name in folder.names]
    if not found:
        raise folders.no_images(", ".join(paths))
    return found
