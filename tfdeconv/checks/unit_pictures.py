"""What comes back of some units by a rule, with any weights."""

from __future__ import annotations

import numpy as np

from ..engine.deconvnet import Deconvnet
from ..engine.finite import NotFinite
from ..engine.parameters import with_parameters
from ..network.spans import overlap
from .edges import edges
from .random_weights import Weights


class UnitPictures:
    """Makes the pictures of an image's units: always of these, and always with 1 sent back.

    A unit with random weights may not fire. What is sent back starts before the target's own
    rectifier, which stops nothing then: it is what would come back if the unit fired. Where it
    fires that is the usual projection, but for its strength.
    """

    def __init__(
        self, deconvnet: Deconvnet, x: np.ndarray, channels: np.ndarray, positions: np.ndarray
    ):
        """deconvnet: of before_rectifier(); x [1, h, w, c]; channels [k], positions [k, 2]."""
        self.deconvnet = deconvnet
        self.x = x
        self.channels = channels
        self.positions = positions

    def __call__(self, weights: Weights) -> list[np.ndarray | None]:
        """weights: of the computed network."""
        # what is prepared of layers that stay as they were is kept
        self.deconvnet = with_parameters(self.deconvnet, weights)
        count = len(self.channels)
        image = np.zeros(count, np.int32)
        seeds = np.ones(count, self.x.dtype)
        try:
            units = self.deconvnet.units(self.x, image, self.channels, self.positions, seeds)
        except NotFinite:
            return [None] * count
        pictures: list[np.ndarray | None] = []
        for patch, box in zip(units.patches, units.boxes):
            picture = within_image(patch, box, self.x.shape[1:3])
            pictures.append(picture if picture.any() else None)
        return pictures


class EdgePictures:
    """The edges in the parts of an image that units see: these look at no weights."""

    def __init__(self, x: np.ndarray, boxes: np.ndarray):
        """x [1, h, w, c]; boxes [k, 4] of the units' patches."""
        self.pictures = []
        steep = edges(x[0])
        for box in boxes:
            rows, columns = inside(box, x.shape[1:3])
            self.pictures.append(steep[rows, columns])

    def __call__(self, weights: Weights) -> list[np.ndarray]:
        return self.pictures


def within_image(patch: np.ndarray, box: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """The part of a patch [p, q, c] of that box that lies within an image of that size."""
    top, left = box[:2]
    rows, columns = inside(box, size)
    return patch[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]


def inside(box: np.ndarray, size: tuple[int, ...]) -> tuple[slice, slice]:
    """The rows and columns of an image of that size that a box has."""
    top, left, bottom, right = (int(side) for side in box)
    return overlap(top, bottom, size[0]), overlap(left, right, size[1])
