"""The table of corresponding parts: Zeiler & Fergus 2014, table 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..data.preprocessing import Preprocessing
from ..network.reach import Rectangle
from ..words import PLUS_MINUS, counted
from . import pixels
from .charts import table as charts_table
from .charts.bars import Bars
from .charts.panel import Panel
from .charts.picture import Picture
from .charts.sheet import draw_sheet
from .tables import Table

if TYPE_CHECKING:
    from ..experiments.correspondence import Consistency, Correspondence

PHOTO_SIDE = 180
SHOWN_PHOTOS = 9
LEAST_FOR_ERROR = 3  # photos


@dataclass(frozen=True)
class CorrespondenceFigure:
    """What is drawn. images: the photos as the network sees them, [h, w, c]; parts: in these."""

    correspondence: Correspondence
    images: Sequence[np.ndarray]
    names: Sequence[str]
    parts: Sequence[Mapping[str, Rectangle]]
    grey: str
    preprocessing: Preprocessing

    def draw(self, title: str, caption: str) -> Image.Image:
        rows = [self.photo_panels(), [self.bars(), self.drawn_table()]]
        return draw_sheet(title, caption, rows, self.sentences())

    @property
    def layers(self) -> list[str]:
        return [*self.correspondence.parts]

    def photo_panels(self) -> list[Panel]:
        panels: list[Panel] = []
        for image, name, parts in zip(self.images, self.names, self.parts[:SHOWN_PHOTOS]):
            seen = pixels.photo(image, self.preprocessing)
            panels.append(Picture(seen, PHOTO_SIDE, [*parts.values()], note=name))
        return panels

    def bars(self) -> Panel:
        """A group of bars for each part, and one for the random places."""
        values, errors = [], []
        for layer in self.layers:
            parts = self.correspondence.parts[layer]
            mean, error = self.correspondence.mean_of_draws(layer)
            values.append([*(each.mean for each in parts.values()), mean])
            errors.append([*(each.error for each in parts.values()), error])
        names = [*self.parts[0], "random"]
        return Bars(
            names,
            values,
            errors,
            "share of signs that differ",
            "Inconsistency: lower is more consistent",
            groups=self.layers,
        )

    def drawn_table(self) -> Panel:
        header = ["hidden", *self.layers]
        rows = []
        for part in self.parts[0]:
            each = [self.correspondence.parts[layer][part] for layer in self.layers]
            rows.append([part, *map(consistency_text, each)])
        draws = len(self.correspondence.draws[self.layers[0]])
        for name, function in (
            (f"mean of {counted(len(self.parts[0]), 'part')}", "mean_of_parts"),
            (f"mean of {draws} random places", "mean_of_draws"),
        ):
            means = [getattr(self.correspondence, function)(layer) for layer in self.layers]
            rows.append([name, *(mean_text(*mean) for mean in means)])
        return charts_table.Table(header, rows)

    def sentences(self) -> list[str]:
        found = self.correspondence
        features = ", ".join(f"{layer} {count:,}" for layer, count in found.features.items())
        random = len(found.draws[self.layers[0]])
        sentences = [
            f"The same part of {counted(found.photos, 'photo')} is hidden by grey, "
            f"{self.grey}; epsilon is what the layer's features lose by it",
            f"Share: of a layer's features ({features}) those whose epsilon has another sign, of "
            f"-1, 0 and 1, in two of the photos; the mean over all pairs of photos, {PLUS_MINUS} "
            f"its standard error over the photos (jackknife)",
            f"Means: {PLUS_MINUS} the standard error over the parts, and over {random} draws of a "
            f"random place in each photo, as large as its parts and off them",
        ]
        if found.photos < LEAST_FOR_ERROR:
            sentences.append("Two photos have one pair, and no standard error")
        return sentences

    def table(self) -> Table:
        """All numbers: a row for each layer and place."""
        header = ["layer", "hidden", "kind", "photos", "features", "delta", "mean", "error"]
        return header, self._table_rows()

    def _table_rows(self) -> Iterator[Sequence[Any]]:
        found = self.correspondence
        for layer in self.layers:
            counts = found.photos, found.features[layer]
            for name, each in found.parts[layer].items():
                yield layer, name, "part", *counts, each.delta, each.mean, each.error
            for number, each in enumerate(found.draws[layer], 1):
                yield (
                    layer,
                    f"random {number}",
                    "random",
                    *counts,
                    each.delta,
                    each.mean,
                    each.error,
                )
            yield layer, "", "mean of parts", *counts, None, *found.mean_of_parts(layer)
            yield layer, "", "mean of random", *counts, None, *found.mean_of_draws(layer)

    def results(self) -> dict[str, str]:
        """What the picture's text says of what came out."""
        results = {}
        for layer in self.layers:
            results[f"parts {layer}"] = mean_text(*self.correspondence.mean_of_parts(layer))
            results[f"random {layer}"] = mean_text(*self.correspondence.mean_of_draws(layer))
        return results


def consistency_text(consistency: Consistency) -> str:
    return mean_text(consistency.mean, consistency.error)


def mean_text(mean: float, error: float) -> str:
    """`0.067 +- 0.007`, or the mean alone where there is no error."""
    return f"{mean:.3f}" if isnan(error) else f"{mean:.3f} {PLUS_MINUS} {error:.3f}"
