"""Figures of deletion and insertion: of one unit of a photo, and of a run's features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from ..checks.fidelity import BLUR, CENTRE, DELETION, GAMES, INSERTION, RANDOM, Settings
from ..data.preprocessing import Preprocessing
from ..engine.projection import paste
from ..words import PLUS_MINUS, counted, number
from . import pixels
from .charts.axis import round_axis
from .charts.curves import Curves, Series
from .charts.panel import Panel
from .charts.picture import Picture, Signal
from .charts.sheet import draw_sheet
from .charts.table import Table
from .fidelity_text import (
    STANDARD_ERRORS,
    MeasuredUnit,
    Spread,
    any_defined,
    ranked_by,
    spread_of,
    verdict,
    verdicts,
    worse_games,
)
from .legend import Legend
from .style import COLOURS, SCALES, Style
from .unit_names import UnitNames

# which way is better, and what happens to pixels
BETTER = {DELETION: "less is better", INSERTION: "more is better"}
DONE = {DELETION: "deleted", INSERTION: "put back"}
# numbers of the curves' colours
CURVE_COLOURS = {"deconvnet": 0, "guided": 1, "gradient": 2, RANDOM: 3, CENTRE: 4}
OTHERS = (RANDOM, CENTRE)
MARKED = "Marked: worse than random or than the centre"
COMPARED = (
    f"Better or worse: the mean difference over the units is more than {STANDARD_ERRORS} of its "
    "standard errors, otherwise as good"
)
SIDE = 300  # of photo and projections


@dataclass(frozen=True)
class FidelityFigure:
    """What all figures of a command have in common."""

    network_title: str
    rules: Sequence[str]
    settings: Settings
    preprocessing: Preprocessing
    style: Style

    def of_photo(
        self,
        unit: MeasuredUnit,
        x: np.ndarray,
        signals: Mapping[str, np.ndarray],
        box: np.ndarray,
        names: UnitNames,
    ) -> Image.Image:
        """A unit of a photo: its box, what came down, the curves and their areas.

        x [h, w, c]: the photo; signals: by rule, [h, w, c] of the box.
        """
        seen = pixels.photo(x, self.preprocessing, self.style.bands)
        area = unit.fidelity.box
        top, left, bottom, right = area.tolist()
        pictures: list[Panel] = [
            Picture(seen, SIDE, [(top, left, bottom, right)], "photo"),
            Picture(seen[top:bottom, left:right], SIDE, title="what the unit sees"),
        ]
        for rule, signal in signals.items():
            within = paste(signal, box, area)
            word = "" if within.any() else "nothing came down"
            panel = Signal(within, self.preprocessing, self.style, None, SIDE, rule, "", word)
            contrast = "" if word else f"{PLUS_MINUS}{number(float(f'{panel.full:.2g}'))}"
            pictures.append(replace(panel, note=contrast))
        rows = [pictures]
        sentences = [f"There are no curves: {unit.fidelity.undefined}"]
        if not unit.fidelity.undefined:
            rows += [self.curves([unit]), [self.areas_of(unit)]]
            sentences = self.reading()
        name = f"{names.noun} {unit.channel} {names.name(unit.channel)}".strip()
        title = f"{self.network_title}   {unit.layer}   {name}"
        row, column = unit.position
        value = number(unit.fidelity.activation)
        fires = f"activation {value} in row {row}, column {column}"
        if names.classes:
            fires = f"logit {value}"
        caption = (
            f"{unit.image}, {fires}; {bottom - top} x {right - left} pixels are ranked, "
            f"{block_words(unit.fidelity.block)}"
        )
        scale = [SCALES[self.style.scale]]
        note = COLOURS[self.style.colours]
        if note and (x.shape[2] == 3 or self.style.bands):
            scale.append(note)
        return draw_sheet(title, caption, rows, sentences, Legend(scale))

    def of_run(
        self,
        layer: str,
        by_feature: Mapping[int, Sequence[MeasuredUnit]],
        names: UnitNames,
        caption: str,
    ) -> Image.Image:
        """A run's features: the mean curves of all units, and for each feature a row of areas."""
        every = [unit for units in by_feature.values() for unit in units]
        table = self.mean_areas(by_feature, names)
        sentences = []
        if any_defined(every):
            sentences = [f"All units, {words}" for words in verdicts(every, self.rules)]
            if len(every) > 1:
                sentences.append(COMPARED)
        title = f"{self.network_title}   {layer}"
        rows: list[list[Panel]] = [self.curves(every), [table]]
        return draw_sheet(title, caption, rows, [*sentences, *self.reading()])

    def curves(self, units: Sequence[MeasuredUnit]) -> list[Panel]:
        """Deletion and insertion, over all units."""
        panels: list[Panel] = []
        for game, name in enumerate(GAMES):
            series = []
            low, high = 0.0, 1.0
            for ranking in (*self.rules, *OTHERS):
                series.append(mean_curve(units, ranking, game))
                known = series[-1].ys[~np.isnan(series[-1].ys)]
                low, high = min([low, *known]), max([high, *known])
            # a tick at both ends
            axis = round_axis(float(low), float(high))
            panels.append(
                Curves(
                    series,
                    f"share of pixels {DONE[name]}",
                    "share of the activation",
                    (axis.low, axis.high),
                    f"{name}: {BETTER[name]}",
                )
            )
        return panels

    def areas_of(self, unit: MeasuredUnit) -> Table:
        """The areas of one unit's curves; of random rankings mean and deviation."""
        spreads = {}
        for ranking, curves in unit.fidelity.curves.items():
            spreads[ranking] = Spread.of(curves.areas)
        rows = []
        marked: set[tuple[int, int]] = set()
        for i, ranking in enumerate((*self.rules, *OTHERS)):
            spread = spreads[ranking]
            name = f"mean of {spread.count} random" if spread.count > 1 else ranking
            rows.append([name, *(spread.text(game) for game in range(len(GAMES)))])
            if ranking in self.rules:
                marked |= {(i, game + 1) for game in worse_games([unit], ranking)}
        header = ["ranking", *(f"{name}: {BETTER[name]}" for name in GAMES)]
        notes = [MARKED] if marked else []
        notes += verdicts([unit], self.rules)
        return Table(header, rows, "areas under the curves", "\n".join(notes), marked)

    def mean_areas(
        self, by_feature: Mapping[int, Sequence[MeasuredUnit]], names: UnitNames
    ) -> Table:
        """A row of mean areas a feature, and of all units if there are several features."""
        rankings = (*self.rules, *OTHERS)
        header = [names.noun, "images"]
        for name in GAMES:
            header += [f"{name}: {ranking}" for ranking in rankings]
        entries = {}
        for channel, units in by_feature.items():
            entries[f"{channel} {names.name(channel)}".strip()] = units
        if len(by_feature) > 1:
            entries["all"] = [unit for units in by_feature.values() for unit in units]
        rows = []
        notes = []
        marked: set[tuple[int, int]] = set()
        for i, (name, units) in enumerate(entries.items()):
            spreads = {ranking: spread_of(units, ranking) for ranking in rankings}
            cells = [name, str(spreads[RANDOM].count)]
            for game in range(len(GAMES)):
                cells += [spreads[ranking].text(game) for ranking in rankings]
            rows.append(cells)
            for place, rule in enumerate(self.rules):
                lost = worse_games(units, rule)
                if lost or not ranked_by(units, rule):
                    notes.append(f"{name}, {rule}: {verdict(units, rule)}")
                for game in lost:
                    marked.add((i, 2 + game * len(rankings) + place))
        if marked:
            notes.insert(0, MARKED)
        title = "areas under the curves: mean and standard deviation over the images"
        return Table(header, rows, title, "\n".join(notes), marked)

    def reading(self) -> list[str]:
        """How to read the figure, in sentences."""
        settings = self.settings
        sentences = [
            "What the unit sees is deleted, or put back, the pixels first that have the longest "
            "signal over the channels",
            "The curves show the activation of that unit in its place, as a share of the one on "
            f"the whole photo, at {settings.steps} steps",
            f"Deleted pixels are {self.empty_pixels()}: 0 in the network's input",
        ]
        if settings.fill == BLUR:
            sentences.append(
                "Insertion begins with the photo under a Gaussian of deviation 5 on 11 x 11 pixels"
            )
        sentences.append(
            f"Random: {counted(settings.randoms, 'ranking')} of a unit's pixels, seed "
            f"{settings.seed}; centre: by the distance from the middle of its receptive field"
        )
        sentences.append("Bands are a standard deviation wide on each side")
        return sentences

    def empty_pixels(self) -> str:
        """What deleted pixels are."""
        mean = self.preprocessing.reorder(np.array(self.preprocessing.mean))
        if mean.any():
            values = ", ".join(f"{value:.4g}" for value in mean)
            return f"the preprocessing's mean ({values})"
        return "black" if self.preprocessing.order != "as is" else "0 in all channels"


def mean_curve(units: Sequence[MeasuredUnit], ranking: str, game: int) -> Series:
    """The mean curve of a ranking over units and its orders, with the deviation of several."""
    # units that see few pixels have fewer steps
    pixels_of_most = max((unit.fidelity.curves[ranking].pixels for unit in units), key=len)
    curves = []
    for unit in units:
        own = unit.fidelity.curves[ranking]
        for shares in own.shares[:, game]:
            curves.append(np.interp(pixels_of_most, own.pixels, shares))
    spread = Spread.of(np.array(curves))
    deviation = spread.deviation if spread.count > 1 else None
    dashed = ranking in OTHERS
    return Series(
        ranking, pixels_of_most, spread.mean, deviation, dashed, CURVE_COLOURS.get(ranking, 0)
    )


def block_words(block: int) -> str:
    """How pixels are ranked: one by one, or in blocks."""
    return "one by one" if block == 1 else f"in blocks of {block} x {block}"
