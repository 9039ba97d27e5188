"""Views: which box of an image a tile shows.

A view is a box: top, left, bottom, right in cells of the input, bottom and right exclusive. It may
reach outside of the image, where a receptive field does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ENERGY = 0.99  # the part of a signal's energy that a crop holds
LARGE = 0.5  # a field with more of the image's area is cropped
SMALL = 0.6  # of a field's side: signals that mostly take up less of it are cropped to
NEARLY = 0.9  # of an image's side: a crop of more is the whole image
LEAST_SIDE = 16  # of a crop: a signal that is a point is shown with what is around it

Box = Sequence[int] | np.ndarray


def is_large(field: Box, size: tuple[int, int]) -> bool:
    """Whether a receptive field is so large that its unit's view is cropped, wherever it stands.

    >>> is_large((-300, -100, 183, 383), (224, 224)), is_large((10, 10, 102, 102), (224, 224))
    (True, False)
    """
    height = min(int(field[2] - field[0]), size[0])
    width = min(int(field[3] - field[1]), size[1])
    return height * width > LARGE * size[0] * size[1]


def is_cropped(is_large: bool, energies: Sequence[Box], size: tuple[int, int]) -> bool:
    """Whether units' views are where their signals are, and not their whole receptive fields.

    is_large: whether the fields are; energies: the signals' energy_box(); size: height and width
    of a unit's box.

    >>> is_cropped(False, [(0, 0, 30, 30)], (60, 60)), is_cropped(False, [(0, 0, 40, 40)], (60, 60))
    (True, False)
    """
    if is_large:
        return True
    # a strip has no room for squares
    room = SMALL * min(size)
    sides = [max(box[2] - box[0], box[3] - box[1]) for box in energies]
    return bool(sides) and max(float(np.median(sides)), LEAST_SIDE) < room


def energy_box(signal: np.ndarray, box: Box) -> np.ndarray:
    """The part of a signal's box that holds ENERGY of it; the box itself for a signal of zeros.

    signal: [h, w, c], what came back in the box. Of the energy an equal share is cut off at each
    side.

    >>> signal = np.zeros((9, 9, 1))
    >>> signal[2:4, 5] = 1
    >>> energy_box(signal, (10, 10, 19, 19)).tolist()
    [12, 15, 14, 16]
    """
    top, left, bottom, right = (int(value) for value in box)
    energy = np.square(signal, dtype=np.float64).sum(-1)
    if not energy.any():
        return np.array([top, left, bottom, right])
    first_row, last_row = middle(energy.sum(1))
    first_column, last_column = middle(energy.sum(0))
    return np.array(
        [top + first_row, left + first_column, top + last_row + 1, left + last_column + 1]
    )


def middle(energy: np.ndarray) -> tuple[int, int]:
    """The first and the last of the lines between which all but the ends' share lies."""
    cut = (1 - ENERGY) / 4
    running = np.cumsum(energy) / energy.sum()
    first = int(np.searchsorted(running, cut, side="right"))
    last = int(np.searchsorted(running, 1 - cut, side="left"))
    return first, max(first, min(last, len(energy) - 1))


def common_side(boxes: Sequence[Box]) -> int:
    """The side of the square that holds each of the boxes."""
    longest = [max(box[2] - box[0], box[3] - box[1]) for box in boxes]
    return int(max(max(longest, default=0), LEAST_SIDE))


def rounded_side(side: int, size: tuple[int, int]) -> int:
    """A view's side, or the image's longer one where next to nothing of that would be cut off.

    >>> rounded_side(150, (224, 224)), rounded_side(223, (224, 224))
    (150, 224)
    """
    return max(size) if side > NEARLY * max(size) else side


def square_around(box: Box, side: int, size: tuple[int, int]) -> np.ndarray:
    """A view of that side around a box, moved into the image as far as it fits.

    Along an axis on which the image is shorter, it is the image's.

    >>> square_around((0, 90, 10, 100), 40, (224, 100)).tolist()
    [0, 60, 40, 100]
    """
    starts = []
    ends = []
    for axis in (0, 1):
        length = min(side, size[axis])
        centre = (int(box[axis]) + int(box[axis + 2])) // 2
        start = max(0, min(centre - length // 2, size[axis] - length))
        starts.append(start)
        ends.append(start + length)
    return np.array([*starts, *ends])


def square_within(box: Box, side: int, field: Box, size: tuple[int, int]) -> np.ndarray:
    """A view of that side around a box, moved into a field that is larger, and into the image.

    It is outside of the image only as far as what the field sees of that is shorter.

    >>> square_within((0, 50, 10, 60), 20, (-30, 30, 30, 90), (99, 99)).tolist()
    [0, 45, 20, 65]
    >>> square_within((0, 50, 10, 60), 40, (-30, 30, 30, 90), (99, 99)).tolist()
    [-10, 35, 30, 75]
    """
    starts = []
    for axis in (0, 1):
        begin, end = int(field[axis]), int(field[axis + 2])
        seen = (max(begin, 0), min(end, size[axis]) - side)
        start = (int(box[axis]) + int(box[axis + 2]) - side) // 2
        start = max(min(seen), min(start, max(seen)))
        starts.append(max(begin, min(start, end - side)))
    return np.array([*starts, *(start + side for start in starts)])


def field_centre(field: Box) -> tuple[float, float]:
    """Row and column of a receptive field's middle: where the unit stands in the image."""
    return (field[0] + field[2]) / 2, (field[1] + field[3]) / 2
