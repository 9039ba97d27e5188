"""Grad-CAM's heat maps, and how they are enlarged to the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..words import extent


@dataclass(frozen=True, repr=False)
class HeatMaps:
    """Grad-CAM of a projection's units: arrays are [images, channels, ...] as its are.

    >>> maps = HeatMaps("conv", np.array([[[[1.0, 3.0]]]]), np.zeros((1, 1, 2, 4, 3)))
    >>> maps.enlarged(0, 0, (1, 4)).tolist()
    [[1.0, 1.5, 2.5, 3.0]]
    """

    # the inner layer's name
    layer: str
    # [n, m, h, w] of the inner layer's map, at least 0
    values: np.ndarray
    # [n, m, p, q, c] guided Grad-CAM in the projection's boxes, signed
    guided: np.ndarray

    def __repr__(self) -> str:
        images, units = self.values.shape[:2]
        return f"HeatMaps({self.layer}: {images} x {units} maps of {extent(self.values.shape[2:])})"

    def enlarged(self, image: int, unit: int, size: tuple[int, int]) -> np.ndarray:
        """One of the maps at the image's height and width: [height, width]."""
        return enlarge(self.values[image, unit], size)


def enlarge(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A map [h, w] at another height and width, bilinearly: its cells cover the image evenly."""
    rows, columns = (shares(*lengths, values.dtype) for lengths in zip(values.shape, size))
    return rows @ values @ columns.T


def shares(cells: int, length: int, dtype: np.dtype) -> np.ndarray:
    """How much of each cell of an axis is in each pixel: [length, cells].

    The value at a cell's middle is the cell's own; beyond the outermost middles it stays the same.

    >>> shares(2, 4, np.dtype("float32")).tolist()
    [[1.0, 0.0], [0.75, 0.25], [0.25, 0.75], [0.0, 1.0]]
    """
    middles = (np.arange(length) + 0.5) * (cells / length) - 0.5
    places = np.clip(middles, 0, cells - 1)
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(cells))).astype(dtype)
