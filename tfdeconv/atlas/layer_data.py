"""What a run counted of a layer's channels, as the columns of layer.js and statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..data.labels import Labels
from ..engine.projection import boxes
from ..figures.unit_names import unit_names
from ..network.borders import inner_regions
from ..network.graph import INPUT, Network
from ..scan.border_bound import BorderUnits, within
from ..scan.image_labels import LabelledImages, LabelShare, labelled_images, strongest_labels
from ..scan.label_maxima import label_maxima
from ..scan.maxima import MaximaFile
from ..scan.run import Run
from ..scan.summary import channel_rows
from .scripts import number, text

# columns of 0 and 1
FLAGS = ("border_bound", "dead", "always_on")


@dataclass(frozen=True)
class LayerData:
    """A layer of a run, and what there is to say of its channels without drawing them."""

    run: Run
    network: Network
    layer: str
    borders: Mapping[str, BorderUnits] | None  # None where they cannot be told
    maxima: MaximaFile | None  # those that the run kept
    labels: Labels | None  # names of the network's classes

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        return self.run.state[self.layer]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        return channel_rows(self.run, self.layer, self.borders)

    @cached_property
    def shapes(self) -> dict[str, tuple[int, int, int]]:
        return self.network.input_shapes(self.layer, *self.run.settings.image_size)

    @property
    def has_map(self) -> bool:
        """Whether its units stand anywhere in the image: those of vectors do not."""
        return max(self.shapes[self.layer][:2]) > 1

    @cached_property
    def fields(self) -> np.ndarray:
        """The receptive fields of the kept units: int32 [c, top, 4]; of vectors the image."""
        height, width = self.run.settings.image_size
        positions = self.arrays["positions"]
        if not self.has_map:
            return np.broadcast_to([0, 0, height, width], (*positions.shape[:2], 4))
        spans = self.network.at(height, width).receptive_fields(
            {INPUT: (height, width, self.network.channels)} | self.network.shapes(height, width)
        )
        return boxes(spans[self.layer], positions)

    @cached_property
    def at_border(self) -> np.ndarray:
        """Which kept units stand at the border of the map: bool [c, top]."""
        positions = self.arrays["positions"]
        if self.run.settings.interior or not self.has_map:
            return np.zeros(positions.shape[:2], bool)
        size = self.run.settings.image_size
        nodes = self.network.at(*size).up_to(self.layer)
        region = inner_regions(nodes, self.shapes)[self.layer]
        return (self.arrays["images"] >= 0) & ~within(positions, region)

    def columns(self, channels: np.ndarray) -> dict[str, list[Any]]:
        """The columns of layer.js, an entry for each of the channels."""
        scanned = self.run.scanned
        columns: dict[str, list[Any]] = {
            "strongest": numbers(self.arrays["values"][channels, 0]),
            "fires": numbers(self.arrays["firing_images"][channels] / scanned),
            "places": numbers(self.arrays["firing_positions"][channels] / scanned),
        }
        for name in ("selectivity", "lift", "border", *FLAGS, "best_class"):
            columns[name] = []
        for channel in channels.tolist():
            row = self.rows[channel]
            label = row["label"]
            selectivity = self.selectivity
            columns["selectivity"].append(
                None if selectivity is None else number(float(selectivity[channel]))
            )
            columns["lift"].append(None if label is None else number(row["lift"]))
            columns["best_class"].append(None if label is None else text(label))
            columns["border"].append(self.border_share(channel))
            for name in FLAGS:
                columns[name].append(int(bool(row[name])))
        return columns

    def border_share(self, channel: int) -> float | None:
        """The share of a channel's kept units that stand at the border, of those that count."""
        row = self.rows[channel]
        if not row["counted_units"]:
            return None
        return number(row["at_border"] / row["counted_units"])

    def statistics(self, channel: int) -> dict[str, float | None]:
        """What a feature's page says of a channel over all images."""
        scanned = self.run.scanned
        return {
            "strongest": number(float(self.arrays["values"][channel, 0])),
            "mean": number(self.arrays["means"][channel] / scanned),
            "mean_maximum": number(self.arrays["maxima"][channel] / scanned),
            "fires": number(self.arrays["firing_images"][channel] / scanned),
            "places": number(self.arrays["firing_positions"][channel] / scanned),
        }

    @cached_property
    def labelled(self) -> LabelledImages | None:
        """The labels of the run's images; None where they have none."""
        return labelled_images(self.run)

    @cached_property
    def selectivity(self) -> np.ndarray | None:
        """Of each channel between labels: float [c]; None where it cannot be told."""
        of_labels = label_maxima(self.run, self.maxima, self.layer, self.labelled)
        return of_labels.selectivity if of_labels else None

    def class_names(self, channels: np.ndarray) -> list[str] | None:
        """The names of classes, where the layer has some; None where it has features."""
        names = unit_names(self.network, self.layer, self.labels)
        if not names.labels:
            return None
        return [text(names.name(channel)) for channel in channels.tolist()]

    def label(self, image: int) -> str | None:
        """An image's label; None where it has none."""
        return text(self.labelled.labels[image]) or None if self.labelled else None

    def label_shares(self, channel: int) -> list[LabelShare]:
        """The labels of a channel's strongest images, the most frequent first."""
        if not self.labelled:
            return []
        return strongest_labels(self.run, self.layer, channel, self.labelled)


def numbers(values: np.ndarray) -> list[float | None]:
    return [number(value) for value in values.tolist()]
