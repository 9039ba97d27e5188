"""Lines and shapes with smooth edges, which Pillow draws with steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import hypot

from PIL import Image, ImageDraw

from .palette import Colour

FINE = 4  # pixels that each of the canvas is drawn in, along a side
Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom
# the shapes of markers, by the number of their series: corners in half sides of the marker
MARKERS: tuple[tuple[Point, ...], ...] = (
    (),  # a disc
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.2), (1.1, 0.8), (-1.1, 0.8)),
    ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    ((0, 1.2), (1.1, -0.8), (-1.1, -0.8)),
    ((-0.4, -1.2), (0.4, -1.2), (0.4, 1.2), (-0.4, 1.2)),
    ((-1.2, -0.4), (1.2, -0.4), (1.2, 0.4), (-1.2, 0.4)),
)


class SmoothPen:
    """Draws in a canvas's coordinates on a part of it that has FINE times as many pixels a side."""

    def __init__(self, fine: Image.Image, left: int, top: int) -> None:
        self.pen = ImageDraw.Draw(fine, "RGBA")  # colours may be transparent
        self.left = left
        self.top = top

    def points(self, points: Sequence[Point]) -> list[Point]:
        return [((x - self.left) * FINE, (y - self.top) * FINE) for x, y in points]

    def line(
        self, points: Sequence[Point], colour: Colour, width: float = 2, dash: float = 0
    ) -> None:
        """A line through points; dash: the length of its dashes, 0 for none."""
        parts = dashes(points, dash) if dash else [list(points)]
        for part in parts:
            if len(part) > 1:
                self.pen.line(self.points(part), colour, round(width * FINE), joint="curve")

    def polygon(self, points: Sequence[Point], colour: Colour, opacity: float = 1) -> None:
        self.pen.polygon(self.points(points), (*colour, round(255 * opacity)))

    def rectangle(self, box: Rectangle, colour: Colour) -> None:
        left, top, right, bottom = box
        (x0, y0), (x1, y1) = self.points([(left, top), (right, bottom)])
        # Pillow's rectangles have their last row and column
        if x1 - 1 >= x0 and y1 - 1 >= y0:
            self.pen.rectangle((round(x0), round(y0), round(x1) - 1, round(y1) - 1), colour)

    def marker(self, centre: Point, number: int, colour: Colour, half: float = 4) -> None:
        """The marker of the series of that number; half: of its side."""
        x, y = centre
        shape = MARKERS[number % len(MARKERS)]
        if shape:
            self.polygon([(x + half * across, y + half * down) for across, down in shape], colour)
            return
        (x0, y0), (x1, y1) = self.points([(x - half, y - half), (x + half, y + half)])
        self.pen.ellipse((x0, y0, x1, y1), colour)


@contextmanager
def smooth_pen(canvas: Image.Image, box: tuple[int, int, int, int]) -> Iterator[SmoothPen]:
    """A pen for a part of a canvas (left, top, right, bottom), which keeps what it had there."""
    left, top, right, bottom = box
    size = ((right - left) * FINE, (bottom - top) * FINE)
    fine = canvas.crop(box).resize(size, Image.Resampling.NEAREST)
    yield SmoothPen(fine, left, top)
    canvas.paste(fine.reduce(FINE), (left, top))


def dashes(points: Sequence[Point], length: float) -> list[list[Point]]:
    """A line through points in dashes of that length, with gaps of the same.

    >>> dashes([(0, 0), (5, 0)], 2)
    [[(0, 0), (2.0, 0.0)], [(4.0, 0.0), (5, 0)]]
    """
    parts: list[list[Point]] = [[points[0]]] if points else []
    drawn = True
    left = length  # until the dash or the gap ends
    for begin, end in zip(points, points[1:]):
        distance = hypot(end[0] - begin[0], end[1] - begin[1])
        done = 0.0
        while distance - done > left:
            done += left
            share = done / distance
            corner = (
                begin[0] + share * (end[0] - begin[0]),
                begin[1] + share * (end[1] - begin[1]),
            )
            if drawn:
                parts[-1].append(corner)
            else:
                parts.append([corner])
            drawn = not drawn
            left = length
        left -= distance - done
        if drawn:
            parts[-1].append(end)
    return parts
