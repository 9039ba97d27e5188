"""Does a projection say which pixels matter? Deletion and insertion.

Pixels that a unit sees are ranked by what came down to them. Deleted in that order, they should
take the unit's activation down at once (deletion: Samek et al. 2017, section III; Petsiuk et al.
2018, section 4.3); put back in that order, they should bring it back at once (insertion, ibid.). A
curve is the activation as a share of that on the whole photo, over the share of pixels; its measure
is the area under it. Of deletion less is better, of insertion more.

In one case: a unit that sums four pixels 4, 3, 2, 1 fires 10. Deleted one by one in that order they
leave 6, 3, 1 and 0: shares 1, 0.6, 0.3, 0.1, 0. The area under the lines between these is
(1 / 2 + 0.6 + 0.3 + 0.1 + 0 / 2) / 4 = 0.375, and no order has less.

An area says nothing by itself: a unit that needs all it sees is gone after any few pixels. So
others are beside it: random rankings, and one by the distance from the centre of the receptive
field, which knows nothing of the photo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

DELETION, INSERTION = GAMES = ("deletion", "insertion")
# rankings that are no rule's
RANDOM, CENTRE = "random", "centre"
MEAN, BLUR = FILLS = ("mean", "blur")


@dataclass(frozen=True)
class Settings:
    """How pixels are deleted.

    steps: from no pixel to all. block: pixels are ranked in squares of so many on each side; None:
    pixel_ranking.block_for(). randoms: random rankings, seed: of these, and of ties. fill: what
    insertion begins with, MEAN or BLUR; deleted pixels always become the preprocessing's mean, that
    is 0 in the network's input.
    """

    steps: int = 20
    block: int | None = None
    randoms: int = 5
    seed: int = 0
    fill: str = MEAN

    def versions(self, rules: int) -> int:
        """Of a photo, about, in which a unit is measured: by so many rules, and by the others.

        >>> Settings(steps=10, randoms=5).versions(1)
        140
        """
        rankings = rules + self.randoms + 1
        return rankings * len(GAMES) * self.steps


@dataclass(frozen=True)
class RankedCurves:
    """What came of one ranking, or of several random ones.

    shares [rankings, games, steps + 1]: of the activation; NaN where there are none.
    pixels [steps + 1]: the shares of pixels.
    """

    shares: np.ndarray
    pixels: np.ndarray

    @cached_property
    def areas(self) -> np.ndarray:
        """The area under each curve: [rankings, games]."""
        return areas_under(self.shares, self.pixels)


@dataclass(frozen=True)
class Fidelity:
    """What came of all rankings of one unit.

    curves: by the name of a rule, RANDOM or CENTRE; box: of the pixels that were ranked, top, left,
    bottom, right in the image; undefined: why there are no curves, "" where there are.
    """

    activation: float
    box: np.ndarray
    block: int
    curves: Mapping[str, RankedCurves]
    undefined: str = ""

    def area(self, ranking: str) -> np.ndarray:
        """The mean area of a ranking: [games], NaN where there is none."""
        return self.curves[ranking].areas.mean(0)

    def beside_random(self, rule: str) -> np.ndarray:
        """The areas of a rule, and of random rankings: [2, games]."""
        return np.stack([self.area(rule), self.area(RANDOM)])


def areas_under(shares: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """The area under curves [..., steps + 1], by trapezoids.

    >>> areas_under(np.array([1, 0.6, 0.3, 0.1, 0]), np.linspace(0, 1, 5)).round(6).item()
    0.375
    """
    widths = np.diff(pixels)
    return ((shares[..., 1:] + shares[..., :-1]) / 2 * widths).sum(-1)
