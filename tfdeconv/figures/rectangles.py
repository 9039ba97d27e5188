"""Rectangles on a page: left, top, right, bottom, in pixels."""

from __future__ import annotations

Rectangle = tuple[float, float, float, float]


def overlap_area(one: Rectangle, other: Rectangle) -> float:
    """How many square pixels two rectangles share.

    >>> overlap_area((0, 0, 4, 4), (2, 3, 9, 9))
    2
    """
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0) * max(height, 0)


def area(one: Rectangle) -> float:
    return overlap_area(one, one)


def contains(outer: Rectangle, inner: Rectangle) -> bool:
    """Whether no part of the inner one is outside of the outer one.

    >>> contains((0, 0, 4, 4), (0, 1, 4, 2)), contains((0, 0, 4, 4), (0, 1, 5, 2))
    (True, False)
    """
    starts = outer[0] <= inner[0] and outer[1] <= inner[1]
    return starts and inner[2] <= outer[2] and inner[3] <= outer[3]


def grown(one: Rectangle, by: float) -> Rectangle:
    """A rectangle with that much more on each side."""
    return one[0] - by, one[1] - by, one[2] + by, one[3] + by


def connection(one: Rectangle, other: Rectangle) -> Rectangle:
    """The ends, x, y and x, y, of a shortest straight line from one rectangle to the other.

    >>> connection((0, 0, 4, 4), (6, 1, 9, 3))
    (4, 2.0, 6, 2.0)
    """
    from_x, to_x = nearest(one[0], one[2], other[0], other[2])
    from_y, to_y = nearest(one[1], one[3], other[1], other[3])
    return from_x, from_y, to_x, to_y


def nearest(start: float, end: float, other_start: float, other_end: float) -> tuple[float, float]:
    """The nearest points of two intervals; the middle of what they share, if they share any."""
    if end < other_start:
        return end, other_start
    if other_end < start:
        return start, other_end
    middle = (max(start, other_start) + min(end, other_end)) / 2
    return middle, middle


def crosses(line: Rectangle, one: Rectangle) -> bool:
    """Whether a straight line runs through a rectangle.

    >>> crosses((0, 0, 10, 10), (4, 4, 6, 6)), crosses((0, 0, 10, 10), (6, 0, 9, 4))
    (True, False)
    """
    first, last = 0.0, 1.0  # the part of the line that is inside, as far as it is known
    for axis in (0, 1):
        origin = line[axis]
        step = line[axis + 2] - origin
        if step == 0:
            if not one[axis] < origin < one[axis + 2]:
                return False
            continue
        ends = sorted(((one[axis] - origin) / step, (one[axis + 2] - origin) / step))
        first = max(first, ends[0])
        last = min(last, ends[1])
    return first < last
