"""The first layers of weight files: what is marked in them, and their numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..experiments.first_layer import FirstLayer
from ..experiments.frequencies import Spectra
from ..words import counted, extent
from .charts.mosaic import DEAD, LARGE
from .tables import Table

COLUMNS = (
    *("file", "layer", "kernel", "rms", "relative_rms", "dead", "oversized"),
    *("low", "middle", "high", "beyond_nyquist", "peak", "bias", "greatest"),
)


@dataclass(frozen=True)
class Filters:
    """The first layer of one file."""

    name: str  # of the file
    layer: FirstLayer
    spectra: Spectra
    radius: float  # times the median: a larger root mean square is oversized

    @property
    def caption(self) -> str:
        """`weights.h5: 64 kernels, 7 x 7 x 3, stride 2`"""
        count, *sides = self.layer.kernels.shape
        steps = extent(dict.fromkeys(self.layer.stride))
        return f"{self.name}: {counted(count, 'kernel')}, {extent(sides)}, stride {steps}"

    @property
    def dead(self) -> np.ndarray:
        """Which kernels have next to no weights or cannot fire: [n]."""
        return self.layer.weightless | self.layer.silent

    @property
    def oversized(self) -> np.ndarray:
        return self.layer.oversized(self.radius)

    @property
    def marks(self) -> dict[int, str]:
        """The kernels that are marked, by number."""
        marks = dict.fromkeys(np.flatnonzero(self.oversized).tolist(), LARGE)
        return marks | dict.fromkeys(np.flatnonzero(self.dead).tolist(), DEAD)

    @property
    def strided(self) -> bool:
        return max(self.layer.stride) > 1

    def reasons(self) -> list[str]:
        """Why each kernel is dead, "" of the others."""
        reasons = np.where(self.layer.silent, "cannot fire", "")
        return np.where(self.layer.weightless, "no weights", reasons).tolist()


def table_of(files: Sequence[Filters]) -> Table:
    """A row for each kernel; what is not known is empty."""
    rows: list[Sequence[Any]] = []
    for each in files:
        layer = each.layer
        unknown = [None] * len(layer.kernels)
        columns = (
            layer.rms,
            layer.relative_rms,
            each.reasons(),
            np.where(each.oversized, "yes", ""),
            *each.spectra.bands,
            each.spectra.beyond(layer.stride),
            each.spectra.peaks,
            layer.bias,
            unknown if layer.greatest is None else layer.greatest,
        )
        for kernel, values in enumerate(zip(*columns)):
            rows.append([each.name, layer.layer, kernel, *values])
    return COLUMNS, rows


def results_of(files: Sequence[Filters]) -> dict[str, str]:
    """What the picture's text says of it."""
    results = {}
    for each in files:
        for name, which in (("dead", each.dead), ("oversized", each.oversized)):
            listed = ",".join(map(str, np.flatnonzero(which).tolist()))
            results[f"{name} in {each.name}"] = listed or "none"
    return results
