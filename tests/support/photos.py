"""Photos for tests."""

from __future__ import annotations

import numpy as np
from PIL import Image

from tfdeconv.data.preprocessing import Preprocessing

RGB = Preprocessing("rgb", (8, 8), 8)
# colours such that no turn and no mirror image of it looks the same, in the blocks of 16 pixels
# that JPEG codes on their own
UPRIGHT = np.kron(
    np.array(
        [[[255, 0, 0], [0, 200, 0]], [[0, 0, 255], [90, 90, 90]], [[255, 255, 0], [255, 255, 255]]],
        np.uint8,
    ),
    np.ones((16, 16, 1), np.uint8),
)


def saved(path, image, **options):
    """The path of a picture written by Pillow."""
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
    return path


def ramps(height: int, width: int) -> np.ndarray:
    """A photo that tells where each of its pixels was: red is the column, green the row."""
    rows, columns = np.mgrid[:height, :width]
    return np.uint8(np.stack([columns, rows, 0 * rows], 2))
