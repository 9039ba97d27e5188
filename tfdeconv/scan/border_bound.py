"""Channels whose strongest units stand at the border of their map, where padding is read.

Such a channel fires at the edge that zeros around a map make, and not at anything in the images. At
the border are the units that read the padding nearest to them (network/borders.py): mostly the
outermost rows and columns; of a 7 x 7 convolution three. This holds for early layers, of which few
units see padding at all, and for late ones, of which all do.

By chance a unit is there as often as the map's units are: a binomial distribution. A channel is
border-bound where most of its kept units are at the border, and chance brings so many there in less
than one of 1,000 channels, so that hardly one of a layer's is marked for nothing. In a map of 28 x
28 (14 % of its units are at the border) these are six of nine, in one of 14 x 14 (27 %) eight. In
one of 7 x 7 (49 %) nine of nine can be chance: keep more units, with --top.

Of equal units a scan keeps the first in row order, which tells nothing of where the channel fires.
So units at their activation's ceiling do not count, nor those of channels whose maps are the same
everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp, inf, lgamma, log

import numpy as np

from ..network.base import Layer
from ..network.borders import Region, inner_regions
from ..network.graph import Network
from .run import Run
from .state import LayerState

# how seldom so many units come to the border by chance
SELDOM = 1e-3
# of the maxima: what mean and maximum of a map of one value differ by, in sums of float32
ROUNDING = 1e-5


@dataclass(frozen=True)
class BorderUnits:
    """A layer's kept units that stand at its map's border, by channel."""

    # rows and columns of the map
    extents: tuple[int, int]
    # units of the map at the border
    cells: int
    # int [c] kept units that count, and those of them at the border
    counted: np.ndarray
    at_border: np.ndarray
    # images kept a channel
    top: int

    @property
    def chance(self) -> float:
        """The share of the map's units that are at the border."""
        return self.cells / (self.extents[0] * self.extents[1])

    @property
    def can_tell(self) -> bool:
        """Whether as many units as are kept can be more than chance."""
        return 0 < self.cells and least_marked(self.top, self.chance) <= self.top

    @property
    def bound(self) -> np.ndarray:
        """Which channels are border-bound: bool [c]."""
        least = [least_marked(int(count), self.chance) for count in self.counted]
        return (2 * self.at_border > self.counted) & (self.at_border >= least)


def border_units(run: Run, network: Network) -> dict[str, BorderUnits]:
    """The kept units at the border of each layer's map; network: the run's.

    Raises UserError where the network cannot have the run's units.
    """
    height, width = run.settings.image_size
    layers = run.settings.layers
    shapes = network.input_shapes(layers[-1], height, width)
    inner = inner_regions(network.at(height, width).up_to(*layers), shapes)
    found = {}
    for layer in layers:
        rows, columns, _ = shapes[layer]
        cells = rows * columns - inner[layer].cells
        counted = counted_units(run.state[layer], ceiling(network.node(layer).layer))
        at_border = counted & ~within(run.state[layer]["positions"], inner[layer])
        found[layer] = BorderUnits(
            (rows, columns), cells, counted.sum(1), at_border.sum(1), run.settings.top
        )
    return found


def counted_units(arrays: LayerState, most: float) -> np.ndarray:
    """Which kept units say where their channel fires: bool [c, top]. most: their ceiling."""
    values = arrays["values"]
    fired = (arrays["images"] >= 0) & (values != 0) & (values < most)
    is_flat = arrays["maxima"] - arrays["means"] <= ROUNDING * np.abs(arrays["maxima"])
    return fired & ~is_flat[:, None]


def ceiling(layer: Layer) -> float:
    """What no unit of a layer is above, by its activation; infinity where there is no such bound.

    >>> from ..network.layers import Activation, Conv
    >>> ceiling(Activation(ceiling=6.0)), ceiling(Conv(1, 3))
    (6.0, inf)
    """
    activation = getattr(layer, "activation", layer)
    bound = getattr(activation, "ceiling", None)
    return inf if bound is None else bound


def within(positions: np.ndarray, region: Region) -> np.ndarray:
    """Which positions [..., 2] are in a region: bool [...]."""
    rows, columns = positions[..., 0], positions[..., 1]
    in_rows = (rows >= region.rows.start) & (rows < region.rows.stop)
    return in_rows & (columns >= region.columns.start) & (columns < region.columns.stop)


@cache
def least_marked(count: int, chance: float) -> int:
    """The least of `count` units at the border that chance brings there less often than SELDOM.

    count + 1 where not even all of them are so many.

    >>> least_marked(9, 52 / 196), least_marked(9, 24 / 49), least_marked(20, 24 / 49)
    (8, 10, 17)
    """
    tail = 0.0
    for least in range(count, -1, -1):
        tail += probability(count, least, chance)
        if tail >= SELDOM:
            return least + 1
    return 0


def probability(count: int, some: int, chance: float) -> float:
    """That of `count` units `some` are at the border, each with that chance: binomial.

    >>> round(probability(3, 2, 0.5), 9), probability(3, 3, 1.0), probability(3, 0, 0.0)
    (0.375, 1.0, 1.0)
    """
    if chance in (0, 1):
        return float(some == count * chance)
    ways = lgamma(count + 1) - lgamma(some + 1) - lgamma(count - some + 1)
    return exp(ways + some * log(chance) + (count - some) * log(1 - chance))
