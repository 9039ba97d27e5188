"""The figure of a sliding square: Zeiler & Fergus 2014, figure 7."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..data.preprocessing import Preprocessing
from ..words import counted, extent, number
from . import pixels
from .charts.categories import CategoryMap
from .charts.heat import HeatMap
from .charts.panel import Panel
from .charts.picture import Picture, Signal
from .charts.sheet import draw_sheet
from .class_values import probability_text
from .legend import Legend
from .style import Style
from .tables import Table
from .unit_names import UnitNames

if TYPE_CHECKING:
    from ..experiments.occlusion import ClassMaps, Occlusion

SIDE = 336  # of each panel
# of an image so many times as wide as it is high each panel has a row, as wide as this
LONG, LONG_SIDE = 3, 1000
TALL_SIDE = 600  # of one so many times as high as it is wide
THINNEST = 10  # a line's panel is thicker than that part of its length
# what of a feature is projected, by mode
PROJECTED = {"all": "its whole map", "max": "its strongest unit"}


@dataclass(frozen=True)
class OcclusionFigure:
    """What is drawn, and how. names: of the layer's units; class_names: of the classes."""

    occlusion: Occlusion
    x: np.ndarray  # the photo as the network sees it, [h, w, c]
    preprocessing: Preprocessing
    style: Style
    rule: str
    mode: str
    names: UnitNames
    class_names: UnitNames | None

    def draw(self, title: str, caption: str) -> Image.Image:
        rows = [self.feature_panels()]
        classes = self.occlusion.classes
        if classes and self.class_names:
            rows.append(self.class_panels(classes, self.class_names))
        signal = rows[0][1]
        assert isinstance(signal, Signal)
        if self.is_long:
            rows = [[panel] for row in rows for panel in row]
        scale = Legend(["Grey is zero in the projection"], signal.full)
        return draw_sheet(title, caption, rows, self.sentences(), scale)

    @property
    def is_long(self) -> bool:
        """Whether the image is so wide that each panel has a row of its own."""
        height, width = self.x.shape[:2]
        return width > LONG * height

    @property
    def side(self) -> int:
        """Of each panel's longer side, in pixels."""
        height, width = self.x.shape[:2]
        if height > LONG * width:
            return TALL_SIDE
        return LONG_SIDE if self.is_long else SIDE

    def thickened(self, values: np.ndarray) -> np.ndarray:
        """An image's values [h, w, ...], each repeated across it where a line would be too thin."""
        height, width = values.shape[:2]
        times = max(height, width) // (THINNEST * min(height, width))
        return np.repeat(values, max(times, 1), 0 if height < width else 1)

    @property
    def seen(self) -> np.ndarray:
        """The photo, uint8 [h, w, 3]."""
        return self.thickened(pixels.photo(self.x, self.preprocessing, self.style.bands))

    def over_pixels(self, values: np.ndarray) -> np.ndarray:
        """Values [rows, columns] of the places as those of the pixels."""
        return self.thickened(self.occlusion.squares.over_pixels(values))

    @property
    def framed(self) -> list[list[float]]:
        """The square that costs the feature most, in pixels of what is seen; none if none does."""
        if self.occlusion.drops.max() <= 0:
            return []
        rectangles = self.occlusion.squares.rectangles()
        box = np.array(rectangles[int(self.occlusion.drops.argmax())])
        height, width = self.x.shape[:2]
        seen_height, seen_width = self.seen.shape[:2]
        rows, columns = seen_height // height, seen_width // width
        return [(box * (rows, columns, rows, columns)).tolist()]

    @property
    def unit(self) -> str:
        """`feature 46`, or `class 285 Egyptian cat`."""
        channel = self.occlusion.channel
        return f"{self.names.noun} {channel} {self.names.name(channel)}".strip()

    def feature_panels(self) -> list[Panel]:
        occlusion = self.occlusion
        value = "Logit" if self.names.classes else "Total activation"
        framed = self.framed
        where = f"framed: the square where it costs the {self.names.noun} most"
        if not framed:
            where = f"nowhere does a square cost the {self.names.noun} anything"
        return [
            Picture(self.seen, self.side, framed, "The photo", where),
            Signal(
                self.thickened(occlusion.projection.pixels[0, 0]),
                self.preprocessing,
                self.style,
                side=self.side,
                title=f"{self.unit.capitalize()}, projected",
                note=f"{self.rule}, {PROJECTED[self.mode]}",
                word="nothing came back" if not occlusion.energy.any() else "",
            ),
            HeatMap(
                self.over_pixels(occlusion.totals),
                self.seen,
                title=f"{value} of {self.unit}",
                note=f"with the square there; of the photo as it is {number(occlusion.total)}",
                side=self.side,
            ),
        ]

    def class_panels(self, classes: ClassMaps, names: UnitNames) -> list[Panel]:
        numbers = np.unique(classes.best_numbers).tolist()
        followed, best = (class_title(names, each) for each in (classes.number, classes.best))
        return [
            HeatMap(
                self.over_pixels(classes.probabilities),
                self.seen,
                title=f"Probability of {followed}",
                note=f"of the photo as it is {probability_text(classes.probability)}",
                side=self.side,
            ),
            CategoryMap(
                self.over_pixels(classes.best_numbers),
                {each: class_title(names, each) for each in numbers},
                self.seen,
                title="Most likely class",
                note=f"of the photo as it is: {best}",
                side=self.side,
            ),
        ]

    def sentences(self) -> list[str]:
        """How to read it, and what came of it."""
        occlusion = self.occlusion
        squares = occlusion.squares
        size, stride = (squares.size, squares.size), (squares.stride, squares.stride)
        count = squares.rows * squares.columns
        inside = int(squares.inside.sum())
        places = f"{counted(count, 'place')}, one in the middle of each {extent(stride)} pixels"
        if inside < count:
            places += "; at the border it reaches beyond the photo and hides less"
        sentences = [
            f"A grey square of {extent(size)} pixels hides a part of the photo: {places}",
            f"Its grey is {occlusion.grey.name}",
        ]
        if not self.names.classes:
            sentences.append("Total activation: the sum over all units of the feature's map")
        agreement = "not defined: one of the two is the same everywhere"
        if inside < 2:
            agreement = "not defined: that takes two places"
        if not isnan(occlusion.agreement):
            agreement = f"{occlusion.agreement:.2f}"
        sentences.append(
            f"Agreement of both, {agreement}: Spearman's rank correlation, over the "
            f"{counted(inside, 'place')} where the square lies within the photo, of what the "
            f"{self.names.noun} loses and the projection's energy within the square, the sum of "
            f"its values' squares"
        )
        if self.class_names:
            sentences += self.class_names.legend()
        else:
            sentences.append("The weights have no classes whose probability could be shown")
        return sentences

    def table(self) -> Table:
        """All maps as numbers: a row for each place of the square."""
        header = ["row", "column", "top", "left", "bottom", "right"]
        header += ["activation", "drop", "projection_energy"]
        if self.occlusion.classes:
            header += ["probability", "most_likely", "most_likely_name"]
        return header, self._table_rows()

    def _table_rows(self) -> Iterator[Sequence[Any]]:
        occlusion = self.occlusion
        classes = occlusion.classes
        places = np.ndindex(occlusion.totals.shape)
        for place, rectangle in zip(places, occlusion.squares.rectangles()):
            row: list[Any] = [*place, *rectangle, occlusion.totals[place]]
            row += [occlusion.drops[place], occlusion.energy[place]]
            if classes and self.class_names:
                best = int(classes.best_numbers[place])
                row += [classes.probabilities[place], best, self.class_names.name(best)]
            yield row

    def results(self) -> dict[str, str]:
        """What the picture's text says of what came out."""
        occlusion = self.occlusion
        results = {
            "channels": str(occlusion.channel),
            "activation": repr(occlusion.total),
            "agreement": "" if isnan(occlusion.agreement) else repr(occlusion.agreement),
        }
        if occlusion.classes:
            results["class"] = str(occlusion.classes.number)
            results["probability"] = repr(occlusion.classes.probability)
        return results


def class_title(names: UnitNames, number: int) -> str:
    """`Egyptian cat`, or `class 285` where it has no name."""
    return names.name(number) or f"class {number}"
