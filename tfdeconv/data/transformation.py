"""Photos moved, scaled and turned before they become a network's input.

What the input's edges cut off of a photo comes in where it can: only what no pixel of the photo
covers is filled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, cos, floor, hypot, radians, sin

import numpy as np
from PIL import Image

from .preprocessing import Preprocessing
from .resizing import CROP, Box, crop_box, fit, scaled

INTERPOLATIONS = ("bicubic", "bilinear")
# whole numbers of pixels, and right angles, are these within rounding
DIGITS = 12


@dataclass(frozen=True)
class Transformation:
    """Scaled and turned about the centre of the input, and then moved."""

    down: int = 0  # pixels of the input
    right: int = 0
    scale: float = 1.0  # above 1: larger
    degrees: float = 0.0  # anticlockwise

    @property
    def is_identity(self) -> bool:
        return (self.down, self.right, self.scale, self.degrees % 360) == (0, 0, 1, 0)

    def reach(self, height: int, width: int) -> int:
        """How far beyond the edges of such an input it looks, in pixels, at most."""
        turned = 0
        if self.degrees % 360:
            turned = ceil((hypot(height, width) - min(height, width)) / 2)
        return turned + max(abs(self.down), abs(self.right))


@dataclass(frozen=True)
class Canvas:
    """A photo on the grid of an input's pixels: pixels[0, 0] lies in that row and column of it."""

    pixels: np.ndarray  # [h, w, c]
    top: int
    left: int


@dataclass
class Scene:
    """A photo [h, w, c], 0 to 255, as a network sees it under transformations.

    resize: crop or squash. interpolation: of INTERPOLATIONS. reach: how far beyond the input's
    edges the transformations look. fill [c]: what the network sees where there is no photo.
    """

    photo: np.ndarray
    preprocessing: Preprocessing
    resize: str = CROP
    interpolation: str = INTERPOLATIONS[0]
    reach: int = 0
    fill: np.ndarray | float = 0.0
    # of those that only move and turn, which have it in common
    _unscaled: list[Canvas] = field(default_factory=list)

    def input(self, transformation: Transformation) -> tuple[np.ndarray, float]:
        """What the network sees, float32 [h, w, c], and which share of it is filled, 0 to 1.

        The identity gives exactly what images.read() does.
        """
        height, width = self.preprocessing.size
        if transformation.is_identity:
            return self.preprocessing.apply(fit(self.photo, self.preprocessing, self.resize)), 0.0
        canvas = self.canvas(transformation.scale)
        pixels, outside = warped(canvas, transformation, (height, width), self.interpolation)
        x = self.preprocessing.apply(pixels)
        x[outside] = self.fill
        return x, float(outside.mean())

    def canvas(self, scale: float) -> Canvas:
        """The photo scaled, with what lies beyond the input's edges as far as the reach."""
        if scale != 1:
            return self.drawn_canvas(scale)
        if not self._unscaled:
            canvas = self.drawn_canvas(1)
            height, width = self.preprocessing.size
            rows = slice(-canvas.top, height - canvas.top)
            columns = slice(-canvas.left, width - canvas.left)
            # as without any transformation, to the last bit
            canvas.pixels[rows, columns] = fit(self.photo, self.preprocessing, self.resize)
            self._unscaled.append(canvas)
        return self._unscaled[0]

    def drawn_canvas(self, scale: float) -> Canvas:
        size = self.preprocessing.size
        rows, columns = self.photo.shape[:2]
        box: Box = (0.0, 0.0, float(columns), float(rows))
        if self.resize == CROP:
            box = crop_box(rows, columns, self.preprocessing)
        left, right, x_ends = covered(box[0], box[2], columns, size[1], scale, self.reach)
        top, bottom, y_ends = covered(box[1], box[3], rows, size[0], scale, self.reach)
        if left >= right or top >= bottom:
            return Canvas(np.zeros((0, 0, self.photo.shape[2]), np.float32), 0, 0)
        part = (x_ends[0], y_ends[0], x_ends[1], y_ends[1])
        pixels = scaled(self.photo, bottom - top, right - left, part)
        return Canvas(np.array(pixels, np.float32), top, left)


def covered(
    start: float, stop: float, extent: int, size: int, scale: float, reach: int
) -> tuple[int, int, tuple[float, float]]:
    """Which pixels of the input's grid a photo covers along an axis, and where these lie in it.

    start, stop: what the input shows of the photo's `extent` pixels, unscaled; size: the input's
    pixels. Returns the first and one past the last pixel, and the ends of both in the photo.

    >>> covered(10, 20, 30, 5, 1, 3), covered(10, 20, 30, 5, 1, 99)
    ((-3, 8, (4.0, 26.0)), (-5, 10, (0.0, 30.0)))
    >>> covered(0, 10, 10, 10, 0.5, 99)
    (3, 7, (1.0, 9.0))
    """
    middle = (start + stop) / 2
    pixel = (stop - start) / size / scale  # in pixels of the photo
    origin = middle - size / 2 * pixel
    first = max(ceil(round(-origin / pixel, DIGITS // 2)), -reach)
    last = min(floor(round((extent - origin) / pixel, DIGITS // 2)), size + reach)
    # within the photo: rounding may lead out of it
    ends = (max(origin + first * pixel, 0.0), min(origin + last * pixel, float(extent)))
    return first, last, ends


def warped(
    canvas: Canvas, transformation: Transformation, size: tuple[int, int], interpolation: str
) -> tuple[np.ndarray, np.ndarray]:
    """The input [h, w, c] that a canvas of the same scale gives moved and turned, float32.

    And where it shows nothing of the canvas, bool [h, w].
    """
    height, width = size
    rows, columns, channels = canvas.pixels.shape
    angle = radians(transformation.degrees % 360)
    cosine, sine = round(cos(angle), DIGITS), round(sin(angle), DIGITS)
    # pixels have their centres at halves; from the place where the input's centre goes, turned
    # back, to the centre in the canvas
    x = np.arange(width) + 0.5
    y = np.arange(height)[:, None] + 0.5
    centre_x = width / 2 + transformation.right
    centre_y = height / 2 + transformation.down
    left = width / 2 - canvas.left - (cosine * centre_x - sine * centre_y)
    top = height / 2 - canvas.top - (sine * centre_x + cosine * centre_y)
    source_x = cosine * x - sine * y + left
    source_y = sine * x + cosine * y + top
    outside = (source_x < 0) | (source_x >= columns) | (source_y < 0) | (source_y >= rows)
    if outside.all():
        return np.zeros((height, width, channels), np.float32), outside
    # Pillow leaves black what it finds outside, which rounding may decide otherwise than we do
    framed = np.pad(canvas.pixels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    matrix = (cosine, -sine, left + 1, sine, cosine, top + 1)
    resampling = Image.Resampling[interpolation.upper()]
    bands = []
    for i in range(channels):
        # in floating point: of bytes Pillow cuts off what is behind the point
        band = Image.fromarray(np.ascontiguousarray(framed[..., i], np.float32))
        turned = band.transform((width, height), Image.Transform.AFFINE, matrix, resampling)
        bands.append(np.asarray(turned))
    # cubic interpolation leads beyond the values that there are
    low, high = canvas.pixels.min((0, 1)), canvas.pixels.max((0, 1))
    return np.clip(np.stack(bands, 2), low, high), outside


def farthest_reach(transformations: Iterable[Transformation], size: tuple[int, int]) -> int:
    """How far beyond the edges of an input of that height and width any of them looks."""
    return max((each.reach(*size) for each in transformations), default=0)
