"""The places of a square that slides over an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from ..experiment_limits import MAX_SQUARES
from ..network.reach import Rectangle


@dataclass(frozen=True)
class Squares:
    """Squares of `size` pixels, one in the middle of each `stride` x `stride` pixels of an image.

    So every pixel belongs to a place, and those at the border reach beyond the image.
    """

    height: int  # of the image
    width: int
    size: int
    stride: int

    @property
    def rows(self) -> int:
        return len(places(self.height, self.stride))

    @property
    def columns(self) -> int:
        return len(places(self.width, self.stride))

    def rectangles(self) -> list[Rectangle]:
        """What each square hides of the image, row by row."""
        rectangles = []
        for top in self.starts(self.height):
            for left in self.starts(self.width):
                rectangles.append(
                    Rectangle(
                        max(top, 0),
                        max(left, 0),
                        min(top + self.size, self.height),
                        min(left + self.size, self.width),
                    )
                )
        return rectangles

    def starts(self, extent: int) -> list[int]:
        """Where the squares begin on an axis, possibly before the image."""
        return [middle - self.size // 2 for middle in places(extent, self.stride)]

    @property
    def inside(self) -> np.ndarray:
        """Which squares lie within the image, or cross it: bool [rows, columns]."""
        top, left, bottom, right = np.array(self.rectangles()).T
        area = (bottom - top) * (right - left)
        most = min(self.size, self.height) * min(self.size, self.width)
        return (area == most).reshape(self.rows, self.columns)

    def over_pixels(self, values: np.ndarray) -> np.ndarray:
        """Values [rows, columns] of the squares, as those of the pixels they belong to: [h, w]."""
        row = np.minimum(np.arange(self.height) // self.stride, self.rows - 1)
        column = np.minimum(np.arange(self.width) // self.stride, self.columns - 1)
        return values[row[:, None], column]

    def sums(self, values: np.ndarray) -> np.ndarray:
        """The sum of an image's values [h, w] within each square: float64 [rows, columns]."""
        # not by differences of running sums: their rounding gives empty squares a value, and a rank
        strips = [values[part].sum(0, dtype=np.float64) for part in self.parts(self.height)]
        columns = self.parts(self.width)
        return np.stack([np.stack(strips)[:, part].sum(1) for part in columns], 1)

    def parts(self, extent: int) -> list[slice]:
        """What the squares hide of an axis."""
        starts = self.starts(extent)
        return [slice(max(start, 0), start + self.size) for start in starts]


def places(extent: int, stride: int) -> range:
    """The middles of the squares on an axis; of one that is shorter than the stride its own."""
    return range(min(stride, extent) // 2, extent, stride)


def squares_on(image: tuple[int, int], size: int, stride: int) -> Squares:
    """The squares on an image of that height and width; raises UserError for what is no use."""
    height, width = image
    if size >= max(height, width):
        raise UserError(
            f"--size {size}: the square would hide all of the image, which is {height} x {width} "
            f"as the network sees it: give a smaller one"
        )
    if stride > max(height, width):
        raise UserError(
            f"--stride {stride}: the image is {height} x {width} as the network sees it: give a "
            f"smaller one"
        )
    squares = Squares(height, width, size, stride)
    count = squares.rows * squares.columns
    if count > MAX_SQUARES:
        raise UserError(
            f"--stride {stride} makes {count:,} squares on {height} x {width}, expected at most "
            f"{MAX_SQUARES:,}: give a larger one"
        )
    return squares
