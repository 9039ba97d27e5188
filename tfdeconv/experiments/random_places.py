"""Random places of a photo, off its parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..network.reach import Rectangle

# places that are tried before one counts as not to be had
TRIES = 10_000


def random_place(
    rng: np.random.Generator,
    size: tuple[int, int],
    image: tuple[int, int],
    parts: Sequence[Rectangle],
) -> Rectangle | None:
    """A rectangle of that height and width within an image, which overlaps no part.

    All such places are equally likely. None where none was found.
    """
    height, width = size
    if height > image[0] or width > image[1]:
        return None
    for _try in range(TRIES):
        top = int(rng.integers(image[0] - height + 1))
        left = int(rng.integers(image[1] - width + 1))
        place = Rectangle(top, left, top + height, left + width)
        if not any(overlap(place, part) for part in parts):
            return place
    return None


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Whether two rectangles have a pixel in common."""
    rows = min(one.bottom, other.bottom) > max(one.top, other.top)
    columns = min(one.right, other.right) > max(one.left, other.left)
    return rows and columns
