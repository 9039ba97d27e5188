"""The figure of random weights: projections as more and more becomes random, and similarities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from ..checks.randomization import (
    CASCADING,
    EDGES,
    INDEPENDENT,
    MEASURES,
    MOSTLY,
    PARTLY,
    Plan,
    Result,
)
from ..checks.similarity import WINDOW
from ..data.preprocessing import Preprocessing
from ..words import counted
from . import pixels
from .charts.curves import Curves, Series
from .charts.panel import Panel
from .charts.picture import Picture, Signal
from .charts.sheet import draw_sheet
from .charts.table import Table
from .legend import Legend
from .randomization_text import cell, mean_and_spread, short, shorter, verdicts
from .style import Style

BOX = "box: nearly all of what comes back of the unit with trained weights; what is compared"
# steps of the cascade that there is room for beside the original
SHOWN = 7
TILE = 206
PHOTO = 300
CHART = (644, 400)
TRAINED = "trained"
# in the order of ORDERS
TITLES = ("random from the top down", "one random, all others trained")
X_TITLES = ("down to", "random")
# of MEASURES, those that are drawn as curves: the other one hardly tells pictures apart
DRAWN = (0, 1, 2)
# the lowest similarity that curves show
LOWEST = -0.2
# points of a level line: of so many none is marked
LEVEL_POINTS = 50
HOW = {
    "normal": "its kernels become normally distributed numbers of the same root mean square",
    "shuffle": "the numbers of each of its kernels are put in random order",
}


def shown_steps(blocks: int) -> list[int]:
    """Of a cascade of so many steps those that are drawn: the first, the last, and some between.

    >>> shown_steps(3), shown_steps(13)
    ([0, 1, 2], [0, 2, 4, 6, 8, 10, 12])
    """
    places = np.linspace(0, blocks - 1, min(blocks, SHOWN))
    return [int(place) for place in np.rint(places)]


@dataclass(frozen=True)
class RandomizationFigure:
    """Of one feature. title: network, layer and feature; photo: the name of its file."""

    title: str
    photo: str
    plan: Plan
    results: Mapping[str, Result]
    preprocessing: Preprocessing
    style: Style

    def draw(self, x: np.ndarray, box: Sequence[int]) -> Image.Image:
        """x [h, w, c]: the photo as the network sees it; box: its part that pictures are of."""
        rows: list[list[Panel]] = [self.head(x, box)]
        for method in self.rules:
            rows.append(self.pictures(method))
        for order in (CASCADING, INDEPENDENT):
            rows.append([self.curves(order, measure) for measure in self.drawn])
        caption = (
            f"{self.photo}   what is left of the projection when weights are random   "
            f"{counted(self.plan.draws, 'draw')}, seed {self.plan.seed}"
        )
        return draw_sheet(self.title, caption, rows, (), Legend(self.sentences()))

    @property
    def rules(self) -> list[str]:
        return [method for method in self.results if method != EDGES]

    @cached_property
    def drawn(self) -> list[int]:
        """The measures that are drawn as curves: those that have a number."""
        known = []
        for measure in DRAWN:
            values = [result.similarities[..., measure] for result in self.results.values()]
            if np.isfinite(values).any():
                known.append(measure)
        return known

    @cached_property
    def names(self) -> list[str]:
        """Of the blocks, from the target down."""
        return shorter([block.name for block in self.plan.blocks])

    def head(self, x: np.ndarray, box: Sequence[int]) -> list[Panel]:
        """The photo, its edges, and the table of what is left at the end."""
        seen = pixels.photo(x, self.preprocessing, self.style.bands)
        panels: list[Panel] = [Picture(seen, PHOTO, [box], "what the network sees", BOX)]
        edges = self.results[EDGES].original
        if edges is not None:
            note = "no weights are in them: similarity 1 at every step"
            panels.append(self.signal(edges, "edges in the box (Sobel)", note, PHOTO))
        return [*panels, self.table()]

    def table(self) -> Table:
        rows = []
        for method in self.rules:
            result = self.results[method]
            compared = {
                f"{method}: all random": result.similarities[CASCADING, -1],
                "  two random networks": result.unrelated,
                "  itself, turned": result.turned,
            }
            for name, values in compared.items():
                # of one draw there are no two networks
                if not len(values):
                    continue
                rows.append([name, *(cell(column) for column in values.T)])
        note = "\n".join(verdicts(self.plan, self.results))
        title = "similarity when all weights are random"
        return Table(("mean and spread", *MEASURES), rows, title, note)

    def pictures(self, method: str) -> list[Panel]:
        """A row: the original, and the steps of the cascade that are shown."""
        result = self.results[method]
        panels = [self.signal(result.original, f"{method}, {TRAINED}", "", TILE)]
        for step in self.plan.shown:
            values = result.similarities[CASCADING, step, 0]
            numbers = []
            for name, value in (("SSIM", values[0]), ("ranks", values[2])):
                if np.isfinite(value):
                    numbers.append(f"{name} {short(value)}")
            title = f"down to {self.names[step]}"
            panels.append(self.signal(result.pictures[step], title, ", ".join(numbers), TILE))
        return panels

    def signal(self, values: np.ndarray | None, title: str, note: str, side: int) -> Panel:
        if values is None:
            blank = np.zeros((1, 1, 3), np.uint8)
            return Picture(blank, side, (), title, note, "nothing came back")
        return Signal(values, self.preprocessing, self.style, None, side, title, note)

    def curves(self, order: int, measure: int) -> Curves:
        """Similarities with the original, by depth."""
        names = self.names
        if order == CASCADING:
            names = [TRAINED, *names]
        places = np.arange(len(names))
        level_places = np.linspace(0, len(names) - 1, LEVEL_POINTS)
        series = []
        levels = []
        for number, method in enumerate(self.results):
            if self.results[method].original is None:
                continue
            values = self.results[method].similarities[order, :, :, measure]
            drawn = [mean_and_spread(of_draws) for of_draws in values]
            if order == CASCADING:
                drawn.insert(0, (1.0, 0.0))
            means, spreads = np.transpose(drawn)
            name = method if measure == self.drawn[-1] else ""
            series.append(Series(name, places, means, spreads, colour=number))
            # nothing is to be said of the edges by chance
            if method == EDGES:
                continue
            turned, _spread = mean_and_spread(self.results[method].turned[:, measure])
            level = np.full(LEVEL_POINTS, turned)
            levels.append(Series("", level_places, level, dashed=True, colour=number))
        return Curves(
            [*series, *levels],
            X_TITLES[order],
            MEASURES[measure],
            (LOWEST, 1),
            title=TITLES[order],
            x_names=names,
            width=CHART[0],
            height=CHART[1],
        )

    def sentences(self) -> list[str]:
        """How to read it."""
        sentences = [
            f"A block that becomes random: {HOW[self.plan.how]}, its biases and norms go to other "
            f"channels",
            "Projections are of the unit that fires strongest with the trained weights, and stay "
            "of this unit: 1 is sent back, before its own rectifier, whether it fires or not",
            "Pictures: of the first draw. Curves: mean and standard deviation of all draws",
            "Dashed: of the trained network's projection with itself mirrored and turned: so "
            "similar are pictures that have nothing to do with each other",
            f"Partly, mostly: with all weights random {PARTLY:.0%}, {MOSTLY:.0%} of the way "
            "from there to 1 is left by rank correlation",
        ]
        if 0 not in self.drawn:
            sentences.append(f"SSIM needs pictures of {WINDOW} x {WINDOW} pixels")
        return sentences
