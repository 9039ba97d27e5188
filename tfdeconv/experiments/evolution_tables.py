"""What became of features from file to file, as tables: by layer, and by feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..scan.summary import spread
from .evolution import Epoch, Shift

Cell = str | int | float | None

SPREAD = ("mean", "quartile1", "median", "quartile3")
LAYER_COLUMNS = (
    "layer",
    "from",
    "to",
    "images",
    "channels",
    "compared",
    *(f"correlation_{name}" for name in SPREAD),
    *(f"shared_part_{name}" for name in SPREAD),
    "other_image",
    "other_place",
    "unchanged",
    "died",
    "woke",
    "dead",
)
FEATURE_COLUMNS = (
    "layer",
    "channel",
    "file",
    "activation",
    "image",
    "row",
    "column",
    "correlation",
    "shared",
    "strongest",
    "jump",
    "distance",
)


def layer_rows(shifts: Sequence[Shift]) -> list[list[Cell]]:
    """A row of LAYER_COLUMNS for each; what is not defined is None."""
    rows: list[list[Cell]] = []
    for shift in shifts:
        compared = int(shift.comparable.sum())
        jumped = int(shift.other_image.sum()), int(shift.other_place.sum())
        changed = int(shift.died.sum()), int(shift.woke.sum())
        rows.append(
            [
                shift.layer,
                shift.before,
                shift.after,
                shift.images,
                len(shift.comparable),
                compared,
                *cells_of(shift.correlations),
                *cells_of(shift.shared_part),
                *jumped,
                compared - sum(jumped),
                *changed,
                len(shift.comparable) - compared - sum(changed),
            ]
        )
    return rows


def cells_of(values: np.ndarray) -> Sequence[Cell]:
    """Mean and quartiles over the features that have a value."""
    return spread(values) or [None] * len(SPREAD)


def feature_rows(
    epochs: Sequence[Epoch], steps: Mapping[str, Sequence[Shift]]
) -> Iterator[list[Cell]]:
    """A row of FEATURE_COLUMNS for each feature of each layer in each file.

    steps: of each layer the shifts from a file to the next. The columns from `correlation` on
    compare a file with the one before: of the first file they are None.
    """
    for layer, shifts in steps.items():
        for channel in range(len(shifts[0].comparable)):
            for epoch, shift in zip(epochs, [None, *shifts]):
                compared: Sequence[Cell] = [None] * 5
                if shift:
                    compared = compared_cells(shift, channel)
                unit = unit_cells(epoch, layer, channel)
                yield [layer, channel, epoch.name, *unit, *compared]


def unit_cells(epoch: Epoch, layer: str, channel: int) -> Sequence[Cell]:
    """Activation, image, row and column of a channel's strongest unit; None where it is dead."""
    state = epoch.run.state[layer]
    image = int(state["images"][channel, 0])
    activation = float(state["values"][channel, 0])
    if image < 0 or activation == 0:
        return [0.0, None, None, None]
    names = epoch.run.names
    row, column = state["positions"][channel, 0].tolist()
    return [activation, names[image] if names else image, row, column]


def compared_cells(shift: Shift, channel: int) -> Sequence[Cell]:
    """What became of a channel since the file before."""
    values: list[Any] = [shift.correlations, shift.shared, shift.strongest]
    numbers: list[Cell] = []
    for array in values:
        value = float(array[channel])
        numbers.append(None if np.isnan(value) else value)
    distance = float(shift.distance[channel])
    return [*numbers, shift.jump(channel), None if np.isnan(distance) else distance]
