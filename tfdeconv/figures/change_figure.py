"""How far the features of each layer moved from file to file, as curves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import floor

import numpy as np
from PIL import Image

from ..experiments.evolution import Shift
from ..words import counted
from .charts.curves import Curves, Series
from .charts.panel import Panel
from .charts.sheet import draw_sheet

QUARTILES = (25, 50, 75)
TICK = 0.5
FEW = 30  # images: of fewer a correlation says little
ALL_THE_WAY = "From the first file to the last"
STEP_BY_STEP = "Each file against the one before"


def draw_changes(
    title: str, images: str, whole: Mapping[str, Shift], steps: Mapping[str, Sequence[Shift]]
) -> Image.Image:
    """A sheet of curves: by layer from the first file to the last, and by file for some layers.

    title: of the sheet; images: what the files were compared over, in words; whole: of each layer
    the shift from the first file to the last; steps: of some layers that from each file to the
    next.
    """
    rows = [layer_panels(whole)]
    several = next(iter(steps.values()))
    if len(several) > 1:
        rows.append(step_panels(steps))
    first = next(iter(whole.values()))
    caption = f"{first.before} to {first.after}, over {images}"
    return draw_sheet(title, caption, rows, sentences(whole))


def layer_panels(whole: Mapping[str, Shift]) -> list[Panel]:
    """From the first file to the last: by layer."""
    shifts = list(whole.values())
    correlated = with_quartiles("", [shift.correlations for shift in shifts])
    shared = with_quartiles("", [shift.shared_part for shift in shifts])
    return [
        curves([correlated], "rank correlation", f"{ALL_THE_WAY}: order of the images", whole),
        curves([shared], "part that is the same", f"{ALL_THE_WAY}: the strongest images", whole),
    ]


def step_panels(steps: Mapping[str, Sequence[Shift]]) -> list[Panel]:
    """From each file to the next: a curve for each layer."""
    names = [shift.after for shift in next(iter(steps.values()))]
    correlated = []
    jumped = []
    for layer, shifts in steps.items():
        correlated.append(with_quartiles(layer, [shift.correlations for shift in shifts]))
        jumped.append(Series(layer, np.arange(len(shifts)), [jump_share(each) for each in shifts]))
    return [
        curves(correlated, "rank correlation", f"{STEP_BY_STEP}: order of the images", names),
        curves(
            jumped, "part of the features", f"{STEP_BY_STEP}: another image is strongest", names
        ),
    ]


def curves(series: Sequence[Series], y_title: str, title: str, names: Iterable[str]) -> Curves:
    """Curves over layers or files by their names."""
    return Curves(
        series, y_title=y_title, y_range=range_of(series), title=title, x_names=list(names)
    )


def with_quartiles(name: str, values: Sequence[np.ndarray]) -> Series:
    """A curve of medians, with the quartiles as its spread; gaps where no feature has a value."""
    middles = np.full(len(values), np.nan)
    spread = np.full((2, len(values)), np.nan)
    for place, numbers in enumerate(values):
        known = numbers[np.isfinite(numbers)]
        if known.size:
            low, middle, high = np.percentile(known, QUARTILES)
            middles[place] = middle
            spread[:, place] = middle - low, high - middle
    return Series(name, np.arange(len(values)), middles, spread)


def range_of(curves: Sequence[Series]) -> tuple[float, float]:
    """From 0, or the tick below the lowest correlation, to 1."""
    lowest = min(np.nanmin(curve.bounds[0], initial=0) for curve in curves)
    return floor(lowest / TICK) * TICK, 1.0


def jump_share(shift: Shift) -> float:
    """The part of the features that can be compared whose strongest image is another one."""
    compared = int(shift.comparable.sum())
    return int(shift.other_image.sum()) / compared if compared else np.nan


def sentences(whole: Mapping[str, Shift]) -> list[str]:
    """How to read the curves."""
    said = [
        "Rank correlation: Spearman's, of a feature's maxima in the images; 1 where they have the "
        "same order in both files",
        "Lines: the median over a layer's features, or their part; bands: from the first to the "
        "third quartile",
    ]
    strongest = max(np.nanmax(shift.strongest, initial=0) for shift in whole.values())
    if strongest:
        said.append(f"Strongest images: the {strongest:.0f} that fire a feature most")
    compared = sum(int(shift.comparable.sum()) for shift in whole.values())
    features = sum(len(shift.comparable) for shift in whole.values())
    said.append(
        f"{compared:,} of {counted(features, 'feature')} fire in the first and in the last file, "
        "and can be compared"
    )
    fewest = min(shift.images for shift in whole.values())
    if fewest < FEW:
        said.append(
            f"Over {counted(fewest, 'image')} a correlation says little: give {FEW} or more"
        )
    return said
