"""The mean of a training set, as Caffe and others keep it: an image, or a number a channel."""

from __future__ import annotations

import os

import numpy as np

from ..errors import UserError, one_line
from ..files import require_regular_file
from ..formats.caffe_blob import read_blob
from . import arrays

BLOB = ".binaryproto"
SUFFIXES = (BLOB, *arrays.SUFFIXES)
WHITE = 255


def is_mean(path: str) -> bool:
    """Whether a file is one of those, by its name."""
    file = arrays.split_name(path)[0]
    return os.path.splitext(file)[1].lower() in SUFFIXES


def read_mean(path: str, channels: int) -> tuple[str, tuple[float, ...], str]:
    """The order of the channels, a mean for each, and what was assumed of the file, in words.

    Raises UserError for a file without a number, or a plane of numbers, for each channel.
    """
    values = np.squeeze(read_values(path))
    # what is not finite is refused below
    with np.errstate(all="ignore"):
        if channels == 1 and values.ndim in (0, 2):
            values = np.atleast_1d(values.mean())
        means = channel_means(values, channels)
    if means is None or not np.isfinite(means).all():
        raise UserError(
            f"{path} is {list(values.shape)}, expected a mean image [{channels}, h, w] or "
            f"[h, w, {channels}], or {channels} finite numbers"
        )
    if means.max() <= 1 or means.min() < 0 or means.max() > WHITE:
        raise UserError(
            f"{path} has means from {means.min():g} to {means.max():g}, expected pixels from 0 to "
            f"{WHITE}: give a JSON file with mean and scale"
        )
    order = order_of(path, means)
    listed = ", ".join(f"{mean:.3f}" for mean in means)
    note = f"{path}: assumed: the mean of each channel is subtracted ({listed})"
    if values.ndim > 1:
        note = f"{path}: of the mean image the mean of each channel is used ({listed})"
    if order != "as is":
        note += f", in the order {order}"
    return order, tuple(float(mean) for mean in means), note


def read_values(path: str) -> np.ndarray:
    """The file's array; raises UserError where it has none of numbers."""
    try:
        if path.lower().endswith(BLOB):
            require_regular_file(path)
            return read_blob(path)
        array = arrays.open_array(path)
        try:
            if np.dtype(array.dtype).kind not in arrays.NUMBERS:
                raise ValueError(f"it is of {array.dtype}")
            arrays.refuse_large(path, tuple(array.shape), 8)
            return np.asarray(arrays.whole(array), np.float64)
        finally:
            arrays.close(array)
    except UserError:
        raise
    # on damage readers raise whatever comes
    except Exception as error:
        raise UserError(f"{path} cannot be read as a mean: {one_line(error)}") from None


def channel_means(values: np.ndarray, channels: int) -> np.ndarray | None:
    """[channels] of [channels], [channels, h, w] or [h, w, channels]; None of others."""
    if values.shape == (channels,):
        return values
    if values.ndim == 3 and values.shape[0] == channels:
        return values.mean((1, 2), dtype=np.float64)
    if values.ndim == 3 and values.shape[2] == channels:
        return values.mean((0, 1), dtype=np.float64)
    return None


def order_of(path: str, means: np.ndarray) -> str:
    """bgr of Caffe's own files; of others as the means say: photos have more red than blue."""
    if len(means) != 3:
        return "as is"
    if path.lower().endswith(BLOB) or means[0] < means[2]:
        return "bgr"
    return "rgb"
