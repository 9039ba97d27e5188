"""Signals and what the network sees as pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..data.preprocessing import Preprocessing
from ..network.spans import overlap

ZERO = (128, 128, 128)
CLIP = 99.5  # percentile of |signal| above 0 that is full black or white


def colours(
    signal: np.ndarray,
    preprocessing: Preprocessing,
    bands: Sequence[int] | None = None,
    full: float | None = None,
) -> np.ndarray:
    """A signed signal [h, w, c] in the network's channels -> uint8 [h, w, 3]: zero is mid-grey, the scale symmetric.

    Bands that are no colours are drawn as those picked, or summed into one signed map. full: what is full white; strength()
    when left out.
    """
    full = strength(signal, preprocessing, bands) if full is None else full
    signal = chosen(preprocessing.reorder(signal), bands, np.sum)
    return np.clip(
        np.rint(128 + signal / max(full, np.finfo(np.float32).tiny) * 127), 1, 255
    ).astype(np.uint8)


def strength(
    signal: np.ndarray, preprocessing: Preprocessing, bands: Sequence[int] | None = None
) -> float:
    """What of a signal is drawn full black or white; 0 where there is none."""
    size = np.abs(chosen(preprocessing.reorder(signal), bands, np.sum))
    return float(np.percentile(size[size > 0], CLIP)) if size.any() else 0.0


def photo(
    x: np.ndarray, preprocessing: Preprocessing, bands: Sequence[int] | None = None
) -> np.ndarray:
    """What the network sees, [h, w, c], as uint8 [h, w, 3]; bands that are no colours are stretched to their range."""
    image = chosen(preprocessing.undo(x), bands, np.mean)
    if bands or x.shape[2] not in (1, 3):
        low, high = np.percentile(image, (1, 99), axis=(0, 1))
        image = (image - low) / np.maximum(high - low, 1e-6) * 255
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def chosen(image: np.ndarray, bands: Sequence[int] | None, together) -> np.ndarray:
    """[h, w, c] -> [h, w, 3]: the bands picked; colours as they are; anything else taken together."""
    if bands:
        return image[..., list(bands)]
    return image if image.shape[2] == 3 else np.repeat(together(image, -1, keepdims=True), 3, -1)


def window(image: np.ndarray, box: Sequence[int] | np.ndarray) -> np.ndarray:
    """The part of [h, w, 3] in a box (top, left, bottom, right); grey where the image has none."""
    top, left, bottom, right = box
    part = np.full((bottom - top, right - left, 3), ZERO, np.uint8)
    rows, columns = overlap(top, bottom, image.shape[0]), overlap(left, right, image.shape[1])
    part[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = image[
        rows, columns
    ]
    return part


def scaled(array: np.ndarray, width: int, height: int) -> Image.Image:
    """uint8 [h, w, 3] at another size: pixels stay visible where they are enlarged much."""
    how = Image.Resampling.NEAREST if width >= 4 * array.shape[1] else Image.Resampling.BICUBIC
    return Image.fromarray(array).resize((width, height), how)


def shrunk(signal: np.ndarray, width: int, height: int) -> np.ndarray:
    """A signed signal [h, w, c] averaged to a smaller size before its scale is taken, since averages are weaker; else as it is."""
    if width >= signal.shape[1]:
        return signal
    planes = [
        Image.fromarray(np.ascontiguousarray(signal[..., i], np.float32))
        for i in range(signal.shape[2])
    ]
    return np.stack(
        [np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC)) for plane in planes], 2
    )
