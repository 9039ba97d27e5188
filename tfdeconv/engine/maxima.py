"""The strongest units of maps, found where the maps are: places and values alone come back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from ..network.borders import Region

# What a maximum may be missed by to be meant: so many times the distance from 1 to the next number.
# On an image of one colour all units of a map are equal but for rounding, which differs from one
# processor to the next and along a row (a vector's end is computed otherwise). Sums of a thousand
# products in another order differ by less than 16 such steps; units that see different things, by
# more.
TIE_STEPS = 16
# cells of maps that are looked through at a time: places among them take 8 bytes each
CELLS = 4 << 20
# whole numbers below this are exact in float32
EXACT = 1 << 24


def strongest(
    y: tf.Tensor, image: np.ndarray, channel: np.ndarray, region: Region | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The strongest unit of each item's map: positions int32 [k, 2], and activations [k].

    y [n, h, w, c], image and channel [k]; region: whose units alone are looked at. The first in row
    order of those that are equal within rounding (TIE_STEPS). Of a map with NaN it is NaN.

    >>> y = tf.constant([[[[1.0], [3.0]], [[3.0], [2.0]]]])
    >>> positions, activations = strongest(y, np.array([0]), np.array([0]))
    >>> positions.tolist(), activations.tolist()
    ([[0, 1]], [3.0])
    """
    y = within(y, region)
    units = []
    sums = []
    for flat in flat_maps(y, image, channel):
        least = least_tie(tf.reduce_max(flat, 1))
        units.append(first_at_least(flat, least[:, None], 1).numpy())
        # of maps with NaN the sum is NaN, which a maximum may pass over
        sums.append(tf.reduce_sum(flat, 1).numpy())
    rows, columns = np.divmod(np.concatenate(units).astype(np.int32), np.int32(y.shape[2]))
    positions = np.stack([rows, columns], 1)
    activations = tf.gather_nd(y, np.column_stack([image, positions, channel])).numpy()
    if region:
        positions += np.array([region.rows.start, region.columns.start], np.int32)
    return positions, np.where(np.isnan(np.concatenate(sums)), np.nan, activations).astype(
        activations.dtype
    )


def strongest_channels(y: tf.Tensor | np.ndarray, count: int) -> np.ndarray:
    """The channels that fire strongest in each image, strongest first: y [n, h, w, c] -> [n, m].

    >>> strongest_channels(np.array([[[[1, 3, 2]]]]), 2).tolist()
    [[1, 2]]
    """
    # axis by axis: both at once take twice as long
    maxima = tf.reduce_max(tf.reduce_max(y, 2), 1).numpy()
    return np.argsort(-maxima, 1, kind="stable")[:, :count].astype(np.int32)


def maps_of(y: tf.Tensor, image: np.ndarray, channel: np.ndarray) -> tf.Tensor:
    """Each item's map [k, h, w] of y [n, h, w, c], image and channel [k]."""
    flat = tf.concat(list(flat_maps(y, image, channel)), 0)
    return tf.reshape(flat, (-1, *y.shape[1:3]))


def flat_maps(y: tf.Tensor, image: np.ndarray, channel: np.ndarray) -> Iterator[tf.Tensor]:
    """Each item's map, its cells in row order: parts of [k, h w]."""
    _, h, w, c = y.shape
    flat = tf.reshape(y, [-1])
    first = image.astype(np.int64) * (h * w * c) + channel
    cells = tf.range(h * w, dtype=tf.int64) * c
    step = max(1, CELLS // (h * w))
    for start in range(0, len(first), step):
        yield tf.gather(flat, tf.constant(first[start : start + step, None]) + cells)


def within(y: tf.Tensor, region: Region | None) -> tf.Tensor:
    """The part of maps [n, h, w, c] that is a region's; None: all of them."""
    if region is None:
        return y
    rows, columns = region.slices
    return y[:, rows, columns]


def least_tie(maxima: tf.Tensor) -> tf.Tensor:
    """The least values that equal these maxima within rounding.

    >>> least = least_tie(tf.constant([3.0]))
    >>> bool(least[0] == 3), bool(least[0] > 2.99)
    (False, True)
    """
    rounding = TIE_STEPS * np.finfo(maxima.dtype.as_numpy_dtype).eps
    return tf.where(maxima > 0, maxima * (1 - rounding), maxima * (1 + rounding))


def first_at_least(values: tf.Tensor, least: tf.Tensor, axis: int) -> tf.Tensor:
    """Where on an axis the first value is that is not below `least`: int64, without that axis.

    The last where none is.
    """
    extent = values.shape[axis]
    shape = [1] * len(values.shape)
    shape[axis] = extent
    # of int64 a GPU has no minimum
    dtype = values.dtype if extent < EXACT else tf.float64
    indices = tf.reshape(tf.range(extent, dtype=dtype), shape)
    first = tf.reduce_min(tf.where(values >= least, indices, extent - 1), axis)
    return tf.cast(first, tf.int64)
