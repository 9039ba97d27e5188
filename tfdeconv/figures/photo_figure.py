"""What the picture of a photo shows: an image's features, their views, labels and contrasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.preprocessing import Preprocessing
from ..engine.projection import paste
from ..words import PLUS_MINUS, number
from . import pixels
from .letters import text_width
from .photo_layout import Content
from .photo_views import PhotoViews
from .style import Style

if TYPE_CHECKING:
    from ..engine.projection import Projection

LETTERS = 19  # of labels
LABEL_GAP = 10  # pixels between the parts of a label

Labels = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class TileSignal:
    """The part of a signal that a tile shows."""

    values: np.ndarray  # [h, w, c], with at most as many pixels as the tile has
    box: np.ndarray  # that they are of, within the image
    contrast: float  # the absolute value that is full black or white, if the tile has its own


@dataclass(frozen=True)
class PhotoFigure:
    """What is drawn of an image; arrays are [features, ...]."""

    seen: np.ndarray  # the photo, uint8 [h, w, 3]
    projection: Projection
    image: int  # its number in the projection
    preprocessing: Preprocessing
    style: Style
    labels: Labels
    views: PhotoViews

    @property
    def paired(self) -> bool:
        return not self.views.whole

    def contrast_width(self, i: int) -> float:
        """At most so wide is what is said of the contrast, in pixels."""
        patch = self.projection.patches[self.image, i]
        largest = float(max(patch.max(), -patch.min()))
        return text_width(contrast_text(self, i, largest), LETTERS)

    @property
    def in_colour(self) -> bool:
        """Whether signals have colours, and are not summed to grey."""
        channels = self.projection.patches.shape[4]
        return channels == 3 or self.style.bands is not None

    def is_dead(self, i: int) -> bool:
        return bool(self.projection.dead[self.image, i])

    @property
    def dead_text(self) -> str:
        """What stands in the tile of a feature of which there is nothing to project."""
        origin = self.projection.origin
        if origin and origin.at:
            return "does not fire in this place"
        return "dead: fires nowhere in this photo"

    def is_saturated(self, i: int) -> bool:
        return bool(self.projection.saturated[self.image, i])

    def content(self, count: int) -> Content:
        """What is to be laid out on a page of that many features."""
        contrast_width = max(self.contrast_width(i) for i in range(len(self.labels)))
        return Content(
            photo=self.seen.shape[:2],
            view=self.views.size,
            count=count,
            tiles=2 if self.paired else 1,
            label_width=max(label_width(*label) for label in self.labels) + contrast_width,
            value_width=max(label_width(value) for _name, value in self.labels) + contrast_width,
            boxes=self.paired,
            cam=self.projection.heat_maps is not None,
            contrast_width=contrast_width,
        )

    def signal(
        self, i: int, tile: tuple[int, int], patches: np.ndarray | None = None
    ) -> TileSignal:
        """What a feature's tile, of that width and height, shows of its signal.

        patches [features, p, q, c]: other signals in the projection's boxes. At most as many
        pixels as the tile has: averages are weaker, and the contrast is theirs.
        """
        if patches is None:
            patches = self.projection.patches[self.image]
        view = self.views.boxes[i]
        height, width = self.seen.shape[:2]
        inside = np.clip(view, 0, (height, width, height, width))
        boxes = self.projection.boxes[self.image]
        signal = paste(patches[i], boxes[i], inside)
        view_height, view_width = self.views.size
        rows = max(1, round(signal.shape[0] * tile[1] / view_height))
        columns = max(1, round(signal.shape[1] * tile[0] / view_width))
        shrunk = pixels.shrink(signal, columns, rows)
        contrast = pixels.full_scale(shrunk, self.preprocessing, self.style)
        return TileSignal(shrunk, inside, contrast)


def contrast_text(figure: PhotoFigure, i: int, contrast: float) -> str:
    """The ends of a projection's own scale, `+-0.31` in one letter; "" where nothing is drawn."""
    if figure.is_dead(i) or figure.is_saturated(i):
        return ""
    return signal_text(contrast)


def signal_text(contrast: float) -> str:
    """`+-0.31` in one letter, of what is full black or white."""
    return PLUS_MINUS + number(float(f"{contrast:.2g}"))


def label_width(*texts: str) -> float:
    """Of texts in one line, with the gaps behind them."""
    return sum(text_width(text, LETTERS) + LABEL_GAP for text in texts)
