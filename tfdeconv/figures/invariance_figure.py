"""The figure of what moving, scaling and turning photos does to a network.

As figure 5 of Zeiler & Fergus 2014: a row for each kind of transformation; in columns samples of
the first photo, the distance in each layer, and the probability of a class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..data.transformation import Transformation
from ..experiments.measured_invariance import OTHERS, MeasuredInvariance
from ..experiments.sweeps import HORIZONTAL, KINDS, ROTATION, SCALE, VERTICAL
from ..words import counted, number
from .charts.curves import Curves, Series
from .charts.panel import Panel
from .charts.picture_grid import PictureGrid
from .charts.sheet import PANEL_GAP, ROOM, draw_sheet
from .unit_names import UnitNames

SAMPLES, COLUMNS = 6, 3  # of a row's transformed photos
MOST_LINES = 8  # photos that have a line each; of more the mean is drawn, and its spread
WIDEST, NARROWEST, HEIGHT = 440, 270, 290  # of a chart
NAMES = 150  # more, of the last of a row: the photos' names
# what stands under the horizontal axes
AXES = {
    VERTICAL: "moved down, pixels",
    HORIZONTAL: "moved to the right, pixels",
    SCALE: "scaled by",
    ROTATION: "anticlockwise, degrees",
}
FORMS: Mapping[str, Callable[[float], str]] = {
    "pixels": lambda amount: f"{amount:+g} px" if amount else "0 px",
    "times": lambda amount: f"{amount:g} x",
    "degrees": lambda amount: f"{amount:g}°",
}


@dataclass(frozen=True)
class InvarianceFigure:
    """What is drawn.

    seen: the first photo under a transformation, uint8 [h, w, 3], as the network sees it. names:
    of the classes; None where there are none. given: whether the class was asked for.
    """

    measured: MeasuredInvariance
    seen: Callable[[Transformation], np.ndarray]
    names: UnitNames | None
    given: bool
    interpolation: str
    filling: str  # what is where there is no photo

    def draw(self, title: str) -> Image.Image:
        rows = [self.row(sweep) for sweep in range(len(self.measured.sweeps))]
        return draw_sheet(title, self.caption, rows, self.sentences())

    @property
    def together(self) -> bool:
        """Whether photos are too many for a line each."""
        return len(self.measured.photos) > MOST_LINES

    @property
    def has_key(self) -> bool:
        """Whether lines have names."""
        return 1 < len(self.measured.photos) <= MOST_LINES

    @property
    def caption(self) -> str:
        names = ", ".join(self.measured.photos)
        if self.together:
            names = f"{self.measured.photos[0]}, ..."
        return f"{counted(len(self.measured.photos), 'photo')}: {names}"

    @property
    def room(self) -> int:
        """For each chart of a row, in pixels."""
        columns = len(self.measured.layers) + self.measured.has_classes
        room = ROOM - self.samples(0).size[0] - (NAMES if self.has_key else 0)
        return room // columns - PANEL_GAP

    @property
    def wraps(self) -> bool:
        """Whether there are more charts in a row than a page is wide."""
        return self.room < NARROWEST

    @property
    def chart_width(self) -> int:
        return min(max(self.room, NARROWEST), WIDEST)

    def row(self, number: int) -> list[Panel]:
        """The panels of a sweep."""
        sweep = self.measured.sweeps[number]
        panels: list[Panel] = [self.samples(number)]
        charts = [(layer, self.measured.distances(number, layer)) for layer in self.measured.layers]
        if self.measured.has_classes:
            charts.append(("", self.measured.probabilities(number)))
        fill = self.measured.fill(number)
        for column, (layer, values) in enumerate(charts):
            is_last = column == len(charts) - 1
            heading = layer or "probability of the class"
            panels.append(
                Curves(
                    self.series(sweep.amounts, values, is_last),
                    AXES[sweep.kind],
                    self.distance_title if layer else "probability",
                    self.range_of(column, layer),
                    title=heading if number == 0 or self.wraps else "",
                    width=self.chart_width + (NAMES if is_last and self.has_key else 0),
                    height=HEIGHT,
                    shade=fill if fill.any() else None,
                )
            )
        return panels

    def range_of(self, column: int, layer: str) -> tuple[float, float] | None:
        """The range of a column's values, the same in all rows."""
        if not layer:
            return 0, 1
        tops = [1.0]
        for sweep in range(len(self.measured.sweeps)):
            values = self.measured.distances(sweep, layer)
            finite = values[np.isfinite(values)]
            tops.append(float(finite.max(initial=0)))
        return 0, 1.05 * max(tops)

    def series(self, amounts: Sequence[float], values: np.ndarray, is_last: bool) -> list[Series]:
        """Values [n, t] as a line for each photo, or as their mean and spread."""
        if self.together:
            defined = values[np.isfinite(values).all(1)]
            if not len(defined):
                return [Series("", amounts, np.full(len(amounts), np.nan))]
            return [Series("", amounts, defined.mean(0), defined.std(0))]
        lines = []
        is_named = is_last and len(values) > 1
        for photo, line in zip(self.measured.photos, values):
            lines.append(Series(photo if is_named else "", amounts, line))
        return lines

    @property
    def distance_title(self) -> str:
        if self.measured.measure == OTHERS:
            return "distance / between photos"
        return "distance / norm"

    @property
    def columns(self) -> int:
        """Of all rows' samples: charts stand below each other."""
        return min(COLUMNS, max(len(sweep.amounts) for sweep in self.measured.sweeps))

    def samples(self, number: int) -> PictureGrid:
        """The first photo at some steps of a sweep, from its first to its last."""
        sweep = self.measured.sweeps[number]
        last = len(sweep.amounts) - 1
        steps = np.unique(np.linspace(0, last, min(SAMPLES, last + 1)).round().astype(int))
        write = FORMS[KINDS[sweep.kind].unit]
        pictures = []
        words = []
        for step in steps.tolist():
            pictures.append(self.seen(sweep.transformations[step]))
            words.append(write(sweep.amounts[step]))
        title = self.measured.photos[0] if number == 0 else ""
        return PictureGrid(pictures, words, self.columns, title=title)

    def sentences(self) -> list[str]:
        """How to read it."""
        count = len(self.measured.photos)
        sentences = [
            "Euclidean distance between a layer's values for the transformed and the untransformed "
            + self.distance_meaning(count)
        ]
        if self.together:
            sentences.append(f"Lines: means of {self.averaged}; bands: a standard deviation")
        if any(self.measured.fill(i).any() for i in range(len(self.measured.sweeps))):
            share = "mean share" if count > 1 else "share"
            sentences.append(
                f"Grey from below: the {share} of the input that the photo does not cover (the "
                f"whole height: all of it), which is filled with {self.filling}; the network may "
                "react to its border"
            )
        sentences.append(f"Interpolation: {self.interpolation}")
        return sentences + self.class_sentences()

    @property
    def averaged(self) -> str:
        """Of which photos the means are."""
        count = len(self.measured.photos)
        known = []
        for layer in self.measured.layers:
            known.append(int(np.isfinite(self.measured.distances(0, layer)).all(1).sum()))
        if min(known) == count:
            return f"{count} photos"
        return f"{min(known)} to {count} photos, without those that leave a layer at 0"

    def distance_meaning(self, count: int) -> str:
        if self.measured.measure == OTHERS:
            typical = ", ".join(
                f"{number(value)} in {layer}" for layer, value in self.measured.between.items()
            )
            return (
                f"photo, over the root mean square distance between the {count} photos "
                f"({typical}): at 1 it is as far away as another photo"
            )
        return "photo, over the norm of the values for the untransformed one"

    def class_sentences(self) -> list[str]:
        """Whose probability it is."""
        if self.names is None:
            return ["The network has no classes, or the weights do not reach them"]
        chosen = "the class that was asked for"
        if not self.given:
            chosen = "the class that is most likely for the untransformed photo"
        watched = []
        for photo, response in zip(self.measured.photos, self.measured.responses):
            name = f"{response.chosen} {self.names.name(response.chosen)}".strip()
            watched.append(f"{photo} {name} (p = {response.probability:.2g})")
        sentence = f"Probability: of {chosen}"
        if not self.together:
            sentence += f": {'; '.join(watched)}"
        return [sentence, *self.names.legend()]
