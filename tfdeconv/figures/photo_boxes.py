"""The boxes of a photo's units in it, with their numbers beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image, ImageDraw

from .box_labels import place_labels
from .letters import font
from .page import INK, PAPER, hues
from .rectangles import Rectangle, grown
from .tones import LUMINANCE

# lengths in pixels
LINES = (2, 3)  # of small boxes, and of large ones
LARGE = 60  # the least side of a large box
LETTERS = 16
LABEL_HEIGHT = 20
LABEL_PAD = 3  # at a label's left and right
DOT = 4  # from the middle of a unit's mark to its edge
LISTED = 5  # numbers in a label; more are counted
LIGHT = 135  # a colour of that luminance carries dark letters

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Box:
    """A box in the photo, and all units that see it."""

    units: list[int]  # their places in the picture
    corners: Rectangle  # in the input's pixels
    colour: Colour


def boxes_of(views: np.ndarray, alive: Sequence[int]) -> list[Box]:
    """A box for each of the different views of units that fired, in a colour of its own.

    views [m, 4]: top, left, bottom, right of all units.
    """
    units: dict[tuple[int, int, int, int], list[int]] = {}
    for i in alive:
        top, left, bottom, right = (int(value) for value in views[i])
        units.setdefault((left, top, right, bottom), []).append(i)
    colours = hues(len(units))
    return [Box(units[corners], corners, colours[k]) for k, corners in enumerate(units)]


def draw_boxes(
    canvas: Image.Image,
    photo: Rectangle,
    gutter: tuple[int, int],
    scale: tuple[float, float],
    boxes: Sequence[Box],
    numbers: Sequence[str],
    centres: Sequence[tuple[float, float]],
) -> None:
    """Draws boxes, their units' centres, and numbers into the photo that is on the canvas.

    photo: where it is; gutter: what is free at its right and below it; scale: its pixels for one
    of the input, across and down; numbers and centres: of all units, the latter rows and columns,
    or none.
    """
    left, top, right, bottom = photo
    pen = ImageDraw.Draw(canvas)
    rectangles: list[Rectangle] = []
    for box in boxes:
        inside = (
            round(max(left, left + box.corners[0] * scale[0])),
            round(max(top, top + box.corners[1] * scale[1])),
            round(min(right, left + box.corners[2] * scale[0]) - 1),
            round(min(bottom, top + box.corners[3] * scale[1]) - 1),
        )
        rectangles.append(sorted_corners(inside))
    # a dark line around each, because a photo may have a box's colour
    for rectangle in rectangles:
        pen.rectangle(grown(rectangle, 1), outline=INK, width=line_width(rectangle) + 2)
    for box, rectangle in zip(boxes, rectangles):
        pen.rectangle(rectangle, outline=box.colour, width=line_width(rectangle))
    if centres:
        for box in boxes:
            for i in box.units:
                row, column = centres[i]
                draw_dot(pen, (left + column * scale[0], top + row * scale[1]), photo, box.colour)

    texts = [label_text(box, numbers) for box in boxes]
    letters = font(LETTERS)
    sizes = [(ceil(letters.getlength(text)) + 2 * LABEL_PAD, LABEL_HEIGHT) for text in texts]
    room = (left, top, right + gutter[0], bottom + gutter[1])
    labels = place_labels(rectangles, sizes, room)
    for box, label in zip(boxes, labels):
        if label and label.line:
            pen.line(label.line, INK, 4)
            pen.line(label.line, box.colour, 2)
    for box, label, text in zip(boxes, labels, texts):
        if label:
            spot = label.spot
            ink = INK if np.dot(box.colour, LUMINANCE) > LIGHT else PAPER
            pen.rectangle((spot[0], spot[1], spot[2] - 1, spot[3] - 1), box.colour, INK)
            middle = ((spot[0] + spot[2]) / 2, (spot[1] + spot[3]) / 2)
            pen.text(middle, text, ink, letters, anchor="mm")


def draw_dot(
    pen: ImageDraw.ImageDraw, point: tuple[float, float], photo: Rectangle, colour: Colour
) -> None:
    """Draws a unit's mark, if it is in the photo."""
    x, y = point
    if photo[0] <= x < photo[2] and photo[1] <= y < photo[3]:
        pen.ellipse((x - DOT, y - DOT, x + DOT, y + DOT), colour, INK)


def line_width(one: Rectangle) -> int:
    is_large = min(one[2] - one[0], one[3] - one[1]) >= LARGE
    return LINES[is_large]


def sorted_corners(one: Rectangle) -> Rectangle:
    """A rectangle that is at least a pixel wide and high."""
    return one[0], one[1], max(one[0], one[2]), max(one[1], one[3])


def label_text(box: Box, numbers: Sequence[str]) -> str:
    """`92, 430`, and of many units the first, and how many more there are.

    numbers: of all units of the picture.
    """
    text = ", ".join(numbers[i] for i in box.units[:LISTED])
    if len(box.units) > LISTED:
        text += f" and {len(box.units) - LISTED} more"
    return text
