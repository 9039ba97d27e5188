"""Which part of a photo each feature's tiles show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .view import (
    common_side,
    energy_box,
    field_centre,
    is_cropped,
    is_large,
    square_around,
    square_within,
)

if TYPE_CHECKING:
    from ..engine.projection import Projection

# a view that has this part of the image's sides is the image: it is drawn once, and not beside
# each projection again
WHOLE = 0.85
STEPS = 16  # the places of cropped views are this part of their side apart


@dataclass(frozen=True)
class PhotoViews:
    """What the tiles of an image's features show."""

    boxes: np.ndarray  # int [m, 4] top, left, bottom, right in cells of the input; of one size
    # whether they are the whole image, so that the photo's patches need not be drawn
    whole: bool
    cropped: bool  # whether they are parts of the receptive fields
    # row and column of each unit; none where units have no place, or it is the view's middle
    centres: list[tuple[float, float]]
    field: tuple[int, int] | None  # height and width of the receptive field; None for whole maps

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the views."""
        top, left, bottom, right = (int(value) for value in self.boxes[0])
        return bottom - top, right - left


def views_of(projection: Projection, image: int) -> PhotoViews:
    """Boxes of units, or where their signals are if those or the image are much smaller."""
    count = projection.channels.shape[1]
    whole = np.tile((0, 0, *projection.size), (count, 1))
    # where nothing came back, its place says nothing
    silent = projection.dead[image] | projection.saturated[image]
    telling = np.flatnonzero(~silent).tolist()
    positions = projection.positions[image]
    if not (positions >= 0).all():
        return PhotoViews(whole, True, False, [], None)

    boxes = projection.boxes[image]
    fields = projection.receptive_fields[image]
    field = (int(fields[0, 2] - fields[0, 0]), int(fields[0, 3] - fields[0, 1]))
    patches = projection.patches[image]
    large = is_large(fields[0], projection.size)
    parts = [energy_box(patches[i], boxes[i]) for i in range(count)]
    energies = [parts[i] for i in telling]
    side = common_side(energies)
    box_size = patches.shape[1:3]
    if not is_cropped(large, energies, box_size) or (not large and side >= min(box_size)):
        return PhotoViews(boxes, False, False, [], field)

    centres = []
    if positions.any() or not covers(fields[0], projection.size):
        centres = [field_centre(unit_field) for unit_field in fields]
    step = max(1, side // STEPS)
    crops = []
    for part, box in zip(parts, boxes):
        if large:
            view = square_around(part, side + step, projection.size)
            crops.append(snapped(view, step, projection.size))
        else:
            crops.append(square_within(part, side, box, projection.size))
    views = PhotoViews(np.array(crops), False, True, centres, field)
    if np.prod(views.size) >= WHOLE**2 * np.prod(projection.size):
        return PhotoViews(whole, True, False, centres, field)
    return views


def snapped(view: np.ndarray, step: int, size: tuple[int, int]) -> np.ndarray:
    """A view moved by less than a step, so that views that nearly coincide are the same.

    >>> snapped(np.array([13, 21, 73, 81]), 10, (90, 85)).tolist()
    [10, 20, 70, 80]
    """
    corner = view[:2] // step * step
    # a view at the far border of the image stays there
    at_end = view[2:] == size
    corner = np.where(at_end, view[:2], corner)
    return np.concatenate([corner, corner + view[2:] - view[:2]])


def covers(field: np.ndarray, size: tuple[int, int]) -> bool:
    """Whether a receptive field holds all of the image, as that of a vector's units does."""
    return bool((field[:2] <= 0).all() and (field[2:] >= size).all())
