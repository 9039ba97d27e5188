"""What insertion may begin with instead of a grey area: the photo, blurred."""

from __future__ import annotations

import numpy as np

# Petsiuk et al. 2018 (RISE): a Gaussian of deviation 5 on 11 x 11 pixels
RADIUS, DEVIATION = 5, 5.0


def blurred(x: np.ndarray) -> np.ndarray:
    """An image [h, w, c] under that Gaussian; at borders the mean of what lies within the image.

    >>> blurred(np.full((3, 20, 1), 7.0)).round(6).ravel()[:3].tolist()
    [7.0, 7.0, 7.0]
    """
    offsets = np.arange(-RADIUS, RADIUS + 1)
    weights = np.exp(-0.5 * (offsets / DEVIATION) ** 2)
    for axis in (0, 1):
        x = blurred_axis(x, axis, weights)
    return x


def blurred_axis(x: np.ndarray, axis: int, weights: np.ndarray) -> np.ndarray:
    """An image as weighted means along one axis."""
    extent = x.shape[axis]
    sums = np.zeros(x.shape, np.float64)
    totals = np.zeros(extent)
    for offset, weight in zip(range(-RADIUS, RADIUS + 1), weights):
        cells = np.arange(max(-offset, 0), min(extent, extent - offset))
        if cells.size:
            np.moveaxis(sums, axis, 0)[cells] += weight * np.moveaxis(x, axis, 0)[cells + offset]
            totals[cells] += weight
    shape = [1, 1, 1]
    shape[axis] = extent
    return sums / totals.reshape(shape)
