"""What came of several photos: distances on a scale that layers have in common, and the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, nan
from typing import Any

import numpy as np

from .invariance import PhotoResponse, Response
from .sweeps import KINDS, Sweep

# of a table's columns: what is divided by
NORM, OTHERS = "norm", "other photos"


@dataclass(frozen=True)
class MeasuredInvariance:
    """n photos under the same sweeps.

    between: of each layer the root mean square distance between different photos; NaN of one.
    """

    photos: tuple[str, ...]  # their names
    layers: tuple[str, ...]
    sweeps: tuple[Sweep, ...]
    responses: tuple[PhotoResponse, ...]
    between: Mapping[str, float]

    @cached_property
    def measure(self) -> str:
        """What distances are drawn in: how far other photos are, or NORM where there are none."""
        known = [isfinite(each) and each > 0 for each in self.between.values()]
        return OTHERS if all(known) else NORM

    def unit(self, number: int, layer: str, measure: str) -> float:
        """What distances of a photo's layer are divided by; NaN where that is 0."""
        value = self.between[layer]
        if measure == NORM:
            value = self.responses[number].norms[layer]
        return value if value > 0 else nan

    def distances(self, sweep: int, layer: str) -> np.ndarray:
        """[n, t] of a sweep's steps, in the measure; NaN where it is 0."""
        found = []
        for number, response in enumerate(self.responses):
            unit = self.unit(number, layer, self.measure)
            found.append(response.responses[sweep].distances[layer] / unit)
        return np.array(found)

    def probabilities(self, sweep: int) -> np.ndarray:
        """[n, t], NaN where there are no classes."""
        return np.array([each.responses[sweep].probability for each in self.responses])

    def fill(self, sweep: int) -> np.ndarray:
        """[t] the mean of the photos' shares that are filled."""
        return np.mean([each.responses[sweep].fill for each in self.responses], 0)

    @property
    def has_classes(self) -> bool:
        return any(each.chosen >= 0 for each in self.responses)

    def header(self) -> list[str]:
        """The names of the table's columns."""
        names = ["photo", "transformation", "amount", "unit", "filled"]
        for layer in self.layers:
            names += [f"{layer} distance", f"{layer} over {NORM}", f"{layer} over {OTHERS}"]
        return [*names, "class", "class name", "probability", "most likely", "most likely name"]

    def rows(self, name_of: Callable[[int], str]) -> Iterator[list[Any]]:
        """The table: a row for each photo, sweep and step; name_of: a class's name, or "".

        What is not defined is None: distances over 0, and classes of a network that has none.
        """
        for number, photo in enumerate(self.responses):
            for sweep, response in zip(self.sweeps, photo.responses):
                for step, amount in enumerate(sweep.amounts):
                    cells = [self.photos[number], sweep.kind, amount, KINDS[sweep.kind].unit]
                    cells.append(float(response.fill[step]))
                    for layer in self.layers:
                        distance = float(response.distances[layer][step])
                        units = [self.unit(number, layer, each) for each in (NORM, OTHERS)]
                        cells += [distance, distance / units[0], distance / units[1]]
                    yield cells + class_cells(photo.chosen, response, step, name_of)


def class_cells(
    chosen: int, response: Response, step: int, name_of: Callable[[int], str]
) -> list[Any]:
    """What a row says of classes."""
    if chosen < 0:
        return [None] * 5
    likely = int(response.most_likely[step])
    probability = float(response.probability[step])
    return [chosen, name_of(chosen), probability, likely, name_of(likely)]
