"""The colours of charts: told apart by colour-blind eyes, and by their lightness on a scale."""

from __future__ import annotations

import numpy as np

Colour = tuple[int, int, int]

# Okabe & Ito 2008, "Color Universal Design", without the yellow, which is lost on white paper
SERIES: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (90, 90, 90),
)
# viridis at ten even steps (van der Walt & Smith 2015, CC0): lightness rises evenly
SEQUENTIAL: tuple[Colour, ...] = (
    (68, 1, 84),
    (72, 40, 120),
    (62, 74, 137),
    (49, 104, 142),
    (38, 130, 142),
    (31, 158, 137),
    (53, 183, 121),
    (109, 205, 89),
    (180, 222, 44),
    (253, 231, 37),
)
# from blue over white, zero, to red: as dark at one end as at the other
DIVERGING: tuple[Colour, ...] = (
    (5, 48, 97),
    (33, 102, 172),
    (67, 147, 195),
    (146, 197, 222),
    (247, 247, 247),
    (244, 165, 130),
    (214, 96, 77),
    (178, 24, 43),
    (103, 0, 31),
)
# three parts of a whole, from below: dark, middle, light
PARTS: tuple[Colour, ...] = ((62, 74, 137), (53, 163, 138), (226, 217, 96))


def series_colour(number: int) -> Colour:
    """The colour of a series by its number; after the last the first comes again."""
    return SERIES[number % len(SERIES)]


def shades(parts: np.ndarray, scale: tuple[Colour, ...]) -> np.ndarray:
    """Colours of values from 0 to 1 on a scale: [...] -> uint8 [..., 3]. What is beyond is its end.

    >>> shades(np.array([0.0, 0.5, 2.0]), ((0, 0, 0), (100, 200, 50))).tolist()
    [[0, 0, 0], [50, 100, 25], [100, 200, 50]]
    """
    places = np.linspace(0, 1, len(scale))
    stops = np.array(scale, np.float64)
    channels = [np.interp(parts, places, stops[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, -1)).astype(np.uint8)


def paler(colour: Colour, strength: float) -> Colour:
    """The colour mixed with white paper.

    >>> paler((0, 100, 200), 0.5)
    (128, 178, 228)
    """
    red, green, blue = (round(255 - (255 - value) * strength) for value in colour)
    return red, green, blue
