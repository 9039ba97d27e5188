"""What comes back of some units by a rule, with any weights."""

from __future__ import annotations

from collections.abc import Sequence

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
        self,
        deconvnet: Deconvnet,
        x: np.ndarray,
        channels: np.ndarray,
        positions: np.ndarray,
        views: np.ndarray | None = None,
    ):
        """deconvnet: of before_rectifier(); x [1, h, w, c]; channels [k], positions [k, 2].

        views [k, 4]: boxes within the image that pictures are of; None: what the units see of it.
        """
        self.deconvnet = deconvnet
        self.x = x
        self.channels = channels
        self.positions = positions
        self.views = views

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
        views = seen(units.boxes, self.x.shape[1:3]) if self.views is None else self.views
        pictures: list[np.ndarray | None] = []
        for patch, box, view in zip(units.patches, units.boxes, views):
            picture = cut_out(patch, box, view)
            pictures.append(picture if picture.any() else None)
        return pictures


class EdgePictures:
    """The edges in parts of an image: these look at no weights."""

    def __init__(self, x: np.ndarray, views: np.ndarray):
        """x [1, h, w, c]; views [k, 4]: boxes within it."""
        steep = edges(x[0])
        self.pictures: list[np.ndarray | None] = []
        for view in views:
            picture = cut_out(steep, (0, 0), view)
            # one colour has no edges
            self.pictures.append(picture if picture.any() else None)

    def __call__(self, weights: Weights) -> list[np.ndarray | None]:
        return self.pictures


def cut_out(patch: np.ndarray, box: Sequence[int] | np.ndarray, view: np.ndarray) -> np.ndarray:
    """The part of a patch [p, q, c], of the box that begins there, that is in a view."""
    top, left, bottom, right = view.tolist()
    return patch[top - box[0] : bottom - box[0], left - box[1] : right - box[1]]


def seen(boxes: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """The parts of boxes [k, 4] that lie within an image of that size."""
    clipped = []
    for top, left, bottom, right in boxes.tolist():
        rows, columns = overlap(top, bottom, size[0]), overlap(left, right, size[1])
        clipped.append((rows.start, columns.start, rows.stop, columns.stop))
    return np.reshape(clipped, (len(clipped), 4))
