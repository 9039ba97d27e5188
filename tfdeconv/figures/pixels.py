"""Signals and what the network sees as pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from ..data.preprocessing import Preprocessing
from ..network.spans import overlap
from .style import PLAIN, Style
from .tones import TONES

ZERO = (128, 128, 128)
CLIP = 99  # percentile of |signal| above 0 that is full black or white
STRETCH = (1, 99)  # percentiles of a photo's bands that become black and white
# from this factor on an image is enlarged without interpolation, so that its pixels stay visible
VISIBLE_PIXELS = 8


def colours(
    signal: np.ndarray,
    preprocessing: Preprocessing,
    style: Style = PLAIN,
    full: float | None = None,
) -> np.ndarray:
    """Draws a signed signal: zero is mid-grey, and the scale is symmetric.

    signal [h, w, c] in the network's channels -> uint8 [h, w, 3], 1 to 255. Shrunk before (see
    shrink()). full: the absolute value drawn as full black or white; full_scale() of the signal by
    default.
    """
    tones = toned(signal, preprocessing, style)
    return levels(tones, scale_end(tones) if full is None else full)


def full_scale(signal: np.ndarray, preprocessing: Preprocessing, style: Style = PLAIN) -> float:
    """The absolute value that is drawn as full black or white; 0 for a signal of zeros."""
    return scale_end(toned(signal, preprocessing, style))


def levels(tones: np.ndarray, full: float) -> np.ndarray:
    """Signed tones as uint8 of the same shape: 0 is 128, -full 1, and full 255."""
    smallest = np.finfo(np.float32).tiny
    drawn = np.rint(128 + tones / max(full, smallest) * 127)
    return np.clip(drawn, 1, 255).astype(np.uint8)


def scale_end(tones: np.ndarray) -> float:
    """The absolute value from which on tones are full black or white; 0 for zeros."""
    magnitude = np.abs(tones)
    visible = magnitude[magnitude > 0]
    if not visible.size:
        return 0.0
    return float(np.percentile(visible, CLIP))


def toned(signal: np.ndarray, preprocessing: Preprocessing, style: Style) -> np.ndarray:
    """A signal [h, w, c] as red, green and blue [h, w, 3], signed, in the style's colours.

    Without bands, channels that are not three colours are summed to one grey map.
    """
    return toned_colours(preprocessing.reorder(signal), style)


def toned_colours(signal: np.ndarray, style: Style) -> np.ndarray:
    """The same of signals [..., c] whose colours are in the order rgb already: [..., 3]."""
    colours_of = three_channels(signal, style.bands, np.sum)
    if style.bands or signal.shape[-1] == 3:
        return TONES[style.colours](colours_of)
    return colours_of


def photo(
    x: np.ndarray, preprocessing: Preprocessing, bands: Sequence[int] | None = None
) -> np.ndarray:
    """What the network sees, [h, w, c], as uint8 [h, w, 3].

    Bands that are not colours have no natural range: they are stretched to their own.
    """
    image = three_channels(preprocessing.undo(x), bands, np.mean)
    if bands or x.shape[2] not in (1, 3):
        low, high = np.percentile(image, STRETCH, axis=(0, 1))
        image = (image - low) / np.maximum(high - low, 1e-6) * 255
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def three_channels(
    image: np.ndarray, bands: Sequence[int] | None, combine: Callable[..., np.ndarray]
) -> np.ndarray:
    """[..., c] -> [..., 3]: picks the bands, keeps colours, or combines all channels to grey.

    combine: np.sum or np.mean.
    """
    if bands:
        return image[..., list(bands)]
    if image.shape[-1] == 3:
        return image
    return np.repeat(combine(image, -1, keepdims=True), 3, -1)


def window(image: np.ndarray, box: Sequence[int] | np.ndarray) -> np.ndarray:
    """Crops [h, w, 3] to a box (top, left, bottom, right); grey where it leaves the image."""
    top, left, bottom, right = box
    rows = overlap(top, bottom, image.shape[0])
    columns = overlap(left, right, image.shape[1])
    inside = (
        slice(rows.start - top, rows.stop - top),
        slice(columns.start - left, columns.stop - left),
    )
    part = np.full((bottom - top, right - left, 3), ZERO, np.uint8)
    part[inside] = image[rows, columns]
    return part


def resize(array: np.ndarray, width: int, height: int) -> Image.Image:
    """uint8 [h, w, 3] as a picture of another size; what is enlarged much keeps its pixels."""
    resampling = Image.Resampling.BICUBIC
    if width >= VISIBLE_PIXELS * array.shape[1]:
        resampling = Image.Resampling.NEAREST
    return Image.fromarray(array).resize((width, height), resampling)


def shrink(signal: np.ndarray, width: int, height: int) -> np.ndarray:
    """Averages a signed signal [h, w, c] down to a tile's size; a smaller axis stays as it is.

    To be called before the signal's full_scale() is taken, because averages are weaker.
    """
    width = min(width, signal.shape[1])
    height = min(height, signal.shape[0])
    if (height, width) == signal.shape[:2]:
        return signal
    channels = []
    for i in range(signal.shape[2]):
        channel = Image.fromarray(np.ascontiguousarray(signal[..., i], np.float32))
        smaller = channel.resize((width, height), Image.Resampling.BICUBIC)
        channels.append(np.asarray(smaller))
    return np.stack(channels, 2)
