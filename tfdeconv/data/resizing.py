"""Images brought to the size of a network's input."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .photo_limits import size_at_most
from .preprocessing import Preprocessing

RESIZES = ("crop", "squash", "keep")
CROP, SQUASH, KEEP = RESIZES


def fit(photo: np.ndarray, preprocessing: Preprocessing, resize: str) -> np.ndarray:
    """[h, w, c] -> the size of the network's input, as in images.read().

    Bilinear, averaging to shrink.
    """
    if resize == KEEP:
        return photo
    height, width = preprocessing.size
    box = (0.0, 0.0, float(photo.shape[1]), float(photo.shape[0]))
    if resize == CROP:
        box = crop_box(photo.shape[0], photo.shape[1], preprocessing)
    return scaled(photo, height, width, box)


def at_most(photo: np.ndarray, side: int) -> np.ndarray:
    """[h, w, c] scaled down, but never up, so that its longer side has at most `side` pixels.

    >>> at_most(np.zeros((30, 40, 3), np.uint8), 20).shape
    (15, 20, 3)
    """
    height, width = size_at_most(photo.shape[0], photo.shape[1], side)
    if (height, width) == photo.shape[:2]:
        return photo
    return scaled(photo, height, width, (0.0, 0.0, float(photo.shape[1]), float(photo.shape[0])))


Box = tuple[float, float, float, float]


def scaled(photo: np.ndarray, height: int, width: int, box: Box) -> np.ndarray:
    """What a box of [h, w, c] holds, at another size."""
    if photo.dtype == np.uint8 and photo.shape[2] == 3:
        return resized(Image.fromarray(photo), width, height, box)
    bands = []
    for i in range(photo.shape[2]):
        band = Image.fromarray(np.ascontiguousarray(photo[..., i], np.float32))
        bands.append(resized(band, width, height, box))
    return np.stack(bands, 2)


def crop_box(rows: int, columns: int, preprocessing: Preprocessing) -> Box:
    """(left, top, right, bottom) of what "crop" cuts out, in pixels of the photo."""
    height, width = preprocessing.size
    # the short side as in training, but never so small that the photo does not fill the input
    scale = max(preprocessing.resize / min(rows, columns), height / rows, width / columns)
    h = height / scale
    w = width / scale
    # within the photo: rounding may lead out of it
    left = max((columns - w) / 2, 0)
    top = max((rows - h) / 2, 0)
    return left, top, min(left + w, columns), min(top + h, rows)


def resized(image: Image.Image, width: int, height: int, box: Box) -> np.ndarray:
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box))
