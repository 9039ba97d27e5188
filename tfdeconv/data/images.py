"""Images, photos and arrays of one image -> what a network sees."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UserError, unknown
from ..formats import purposes
from . import folders
from .admission import Admission
from .folders import SUFFIXES
from .picture_text import text_of
from .preprocessing import Preprocessing, say_nothing
from .resizing import CROP, KEEP, RESIZES, SQUASH, at_most, crop_box, fit
from .sources import Source, decode, decode_all

__all__ = ["CROP", "KEEP", "RESIZES", "SQUASH", "SUFFIXES", "crop_box", "decode", "fit", "text_of"]


def read(
    images: Source | Sequence[Source],
    preprocessing: Preprocessing,
    resize: str = CROP,
    channels: int = 3,
    admission: Admission | None = None,
    max_side: int | None = None,
) -> np.ndarray:
    """Images as a network's input, float32 [n, h, w, c].

    images: one, or a list of them: the path of a file, a PIL image, or an array of pixels [h, w, c]
    or [h, w], uint8 or from 0 to 255; an array [n, h, w, c] is n of them.
    resize: "crop" as in training (short side scaled, centre cut out), "squash" to the input's size
    whatever the proportions, "keep" the photo's own size. channels: the network's; a photo serves
    1 and 3, other numbers need an array [h, w, channels].
    admission: what is told of odd images, see admission.py; None: a warning. max_side: pixels that
    the longer side has at most with "keep"; a larger image is scaled down, a JPEG while it is
    decoded. Raises UserError for what cannot be read, or images of different sizes with "keep".

    >>> from tfdeconv.data.preprocessing import caffe
    >>> read("tests/data/chelsea.jpg", caffe((224, 224))).shape
    (1, 224, 224, 3)
    """
    if resize not in RESIZES:
        raise unknown("there is no way to resize", resize, RESIZES)
    admission = admission or Admission(warn, as_is="give Admission(as_they_are=True)")
    inputs: dict[tuple[int, str], np.ndarray] = {}
    for number, (name, image) in enumerate(decode_all(images, channels, max_side)):
        if max_side:
            image = replace(image, pixels=at_most(image.pixels, max_side))
        inputs[number, name] = admission.input(image, name, preprocessing, resize)
    if not inputs:
        raise UserError("there are no images to read")
    if len({x.shape for x in inputs.values()}) > 1:
        sizes = [f"{name} {x.shape[0]} x {x.shape[1]}" for (_, name), x in inputs.items()]
        raise UserError(
            f'images of different sizes do not make one array with resize="keep": '
            f"{', '.join(sizes)}"
        )
    return np.stack([*inputs.values()])


def warn(note: str) -> None:
    """For a caller of Python's, who gives no way to be told."""
    warnings.warn(note, stacklevel=4)


def pixels(path: str | Path, channels: int = 3) -> np.ndarray:
    """An image as [h, w, channels], 0 to 255, colours in the order rgb.

    uint8, or float32 where the file is finer. Turned as its EXIF says, transparency laid on white,
    the first frame of an animation. An array is taken as it is. Raises UserError.
    """
    return decode(path, channels).pixels


def find(paths: Sequence[str], tell: Callable[[str], None] = say_nothing) -> list[Path]:
    """The images named: files as they are, directories with all the images below them, sorted.

    tell: takes a note on what was left out of a directory. Raises UserError where there are none.
    """
    found: list[Path] = []
    notes: list[str] = []
    for path in paths:
        if not os.path.isdir(path):
            found.append(Path(path))
            continue
        folder = folders.images_below(path)
        notes += folder.notes
        found += [Path(path, name) for name in folder.names]
    if not found:
        for purpose in filter(None, map(purposes.of_name, paths)):
            raise purpose.refusal(", ".join(paths), "photos")
        raise folders.no_images(", ".join(paths), notes)
    for note in notes:
        tell(note)
    return found
