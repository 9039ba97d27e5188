"""Where the numbers of boxes stand in a photo: beside what they name, and never over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin

from .rectangles import Rectangle, area, connection, contains, crosses, grown, overlap_area

# a label stands within its box if that is at least so many times as wide, high and large
ROOMY_SIDES = 2.5
ROOMY_AREA = 16
TOUCHING = 4  # up to this distance in pixels a label needs no line to its box
DISTANCES = (14, 24, 36, 50, 68, 90, 120, 160, 220)  # that are tried for labels with a line
DIRECTIONS = 24
CLEARANCE = 2  # pixels between labels
# what spots cost, in pixels of distance from the box
HIDES_BOX = 3.0  # for each square pixel of a small box
HIDES_EDGE = 0.15  # for each square pixel of the box's edge, where it is a large one
CROSSING = 40.0  # a label, or a small box, that the line runs through
WITHIN = 6.0  # a spot within the box: what is beside a box hides less of what it holds


@dataclass(frozen=True)
class Label:
    """Where a box's label stands, and the line from it to the box, if it is not close by."""

    spot: Rectangle
    line: Rectangle | None


def place_labels(
    boxes: Sequence[Rectangle], sizes: Sequence[tuple[float, float]], room: Rectangle
) -> list[Label | None]:
    """A label for each box, within the room; no two overlap. None where none is left.

    sizes: width and height of each label. Small boxes choose first, because theirs have to be
    close by.
    """
    labels: list[Label | None] = [None] * len(boxes)
    for i in sorted(range(len(boxes)), key=lambda i: area(boxes[i])):
        placed = [label for label in labels if label is not None]
        best_cost = float("inf")
        for spot in spots(boxes[i], sizes[i]):
            if contains(room, spot) and is_free(spot, placed):
                line = connection(boxes[i], spot)
                length = hypot(line[2] - line[0], line[3] - line[1])
                # no spot costs less than its distance
                if length >= best_cost:
                    continue
                cost = length + spot_cost(spot, line, i, boxes, placed)
                if cost < best_cost:
                    best_cost = cost
                    labels[i] = Label(spot, line if length > TOUCHING else None)
    return labels


def is_free(spot: Rectangle, placed: Sequence[Label]) -> bool:
    near = grown(spot, CLEARANCE)
    return not any(overlap_area(near, label.spot) for label in placed)


def is_roomy(box: Rectangle, size: tuple[float, float]) -> bool:
    """Whether a label of that size hides little of what is in the box."""
    width = box[2] - box[0]
    height = box[3] - box[1]
    wide = width >= ROOMY_SIDES * size[0] and height >= ROOMY_SIDES * size[1]
    return wide and width * height >= ROOMY_AREA * size[0] * size[1]


def spots(box: Rectangle, size: tuple[float, float]) -> Iterator[Rectangle]:
    """Rectangles for a box's label: in its corners if it is roomy, at its edges, around it."""
    left, top, right, bottom = box
    width, height = size
    corners = []
    if is_roomy(box, size):
        for x in (left, right - width):
            corners += [(x, top), (x, bottom - height)]
    for x in (left, right - width, (left + right - width) / 2):
        corners += [(x, top - height), (x, bottom)]
    for y in (top, bottom - height, (top + bottom - height) / 2):
        corners += [(left - width, y), (right, y)]
    middle_x = (left + right - width) / 2
    middle_y = (top + bottom - height) / 2
    for distance in DISTANCES:
        reach_x = (right - left + width) / 2 + distance
        reach_y = (bottom - top + height) / 2 + distance
        for direction in range(DIRECTIONS):
            angle = 2 * pi * direction / DIRECTIONS
            corners.append((middle_x + reach_x * cos(angle), middle_y + reach_y * sin(angle)))
    for x, y in corners:
        yield x, y, x + width, y + height


def spot_cost(
    spot: Rectangle, line: Rectangle, own: int, boxes: Sequence[Rectangle], placed: Sequence[Label]
) -> float:
    """How bad a spot is for a box's label, but for its distance: what it and its line hide.

    own: the number of the label's box.
    """
    size = (spot[2] - spot[0], spot[3] - spot[1])
    cost = 0.0
    if overlap_area(spot, boxes[own]):
        cost += WITHIN
    for i, box in enumerate(boxes):
        hidden = overlap_area(spot, box)
        if not is_roomy(box, size):
            cost += HIDES_BOX * hidden
            cost += CROSSING * (i != own and crosses(line, box))
        elif 0 < hidden < area(spot):
            cost += HIDES_EDGE * min(hidden, area(spot) - hidden)
    for label in placed:
        cost += CROSSING * crosses(line, label.spot)
        if label.line:
            cost += CROSSING * crosses(label.line, spot)
    return cost
