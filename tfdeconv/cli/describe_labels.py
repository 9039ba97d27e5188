"""Prints what a run's channels do at the images of each label: a table, JSON or CSV."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from ..scan.label_rows import CHANNEL_COLUMNS, LABEL_COLUMNS, LayerLabels, layer_labels
from ..scan.summary import layers_in, loaded
from ..words import number
from . import console
from .table import print_csv, print_table

# key in the rows, and how its value is written
Cell = tuple[str, Callable[[Any], str]]

SHOWN = 20  # labels of a channel, and channels of a layer
BAR = 24  # characters of the longest bar
PERCENT, SHORT, DECIMALS = "{:.1%}".format, "{:.2g}".format, "{:.3f}".format
# columns by their headings
STRONGEST: dict[str, Cell] = {
    "of the strongest": ("strongest", str),
    "share": ("share", PERCENT),
    "of all images": ("share_of_all", PERCENT),
    "lift": ("lift", SHORT),
    "chance": ("chance", SHORT),
}
# of a channel's labels
LABELS: dict[str, Cell] = {"label": ("label", str), "images": ("images", "{:,}".format)}
MEANS: dict[str, Cell] = {
    "mean maximum": ("mean_maximum", number),
    "": ("bar", str),
    "fires at": ("firing_images", PERCENT),
}
# of a layer's channels
CHANNELS: dict[str, Cell] = {"channel": ("channel", str)}
BEST: dict[str, Cell] = {
    "selectivity": ("selectivity", DECIMALS),
    "best label": ("best_label", str),
    "mean maximum": ("mean_maximum", number),
    "of others": ("mean_of_others", number),
}
FREQUENT: dict[str, Cell] = {"most frequent label": ("label", str)}

MEANS_NOTE = """\
Mean maximum: of the channel over the images of a label. Selectivity (Morcos et al. 2018):
(m - o) / (m + o), m the largest of these, o the mean of the other labels': 0 to 1."""
STRONGEST_NOTE = """\
Strongest: the images that the scan kept for the channel. Lift: how many times as frequent a label
is among them as among all images; chance: how likely so many or more are among as many images
drawn at random (hypergeometric), for one label of one channel."""
NO_MAXIMA_NOTE = """\
Only the strongest images are known: the scan kept no maxima of {}. For the means and the
selectivity, and for pictures of one label's images, scan with --keep-maxima."""


def describe_labels(given: Namespace) -> None:
    """Prints the labels of the channels that are named; without any the best one of each."""
    run = loaded(given.run)
    layers = layer_labels(run, given.run, layers_in(run, given.run, given.layer))
    if given.csv or given.json:
        print_all(given, layers)
        return
    for labels in layers:
        for channel in given.feature or ():
            print_channel(labels, channel)
        if not given.feature:
            print_channels(labels)
    without = [labels.layer for labels in layers if not labels.maxima]
    if len(without) < len(layers):
        print(MEANS_NOTE)
    print(STRONGEST_NOTE)
    if without:
        print(NO_MAXIMA_NOTE.format(", ".join(without)))


def print_all(given: Namespace, layers: Sequence[LayerLabels]) -> None:
    """Prints all rows as CSV or JSON."""
    rows: list[dict[str, Any]] = []
    for labels in layers:
        for channel in given.feature or ():
            rows += labels.label_rows(channel)
        if not given.feature:
            rows += labels.channel_rows()
    if given.csv:
        print_csv(LABEL_COLUMNS if given.feature else CHANNEL_COLUMNS, rows)
    else:
        key = "labels" if given.feature else "channels"
        print(json.dumps({"run": given.run, key: rows}, indent=1))


def print_channel(labels: LayerLabels, channel: int) -> None:
    """Prints a channel's labels: a histogram of mean maxima where these were kept."""
    rows = labels.label_rows(channel)
    title = f"{labels.layer} channel {channel}"
    if not rows:
        title += ": no image with a label fires it"
    if not labels.maxima:
        print(console.printable(title))
        print_rows(LABELS | STRONGEST, rows, "labels")
        return
    selectivity = labels.maxima.selectivity[channel]
    if isfinite(selectivity):
        title += f": selectivity {DECIMALS(selectivity)}"
    print(console.printable(title))
    largest = max(row["mean_maximum"] for row in rows)
    for row in rows:
        row["bar"] = bar(row["mean_maximum"], largest)
    print_rows(LABELS | MEANS | STRONGEST, rows, "labels")


def print_channels(labels: LayerLabels) -> None:
    """Prints a layer's channels: the most selective ones first, or the least due to chance."""
    rows = labels.channel_rows()
    counts = f"{len(rows):,} channels, {len(labels.labelled.counts):,} labels"
    print(console.printable(f"{labels.layer}: {counts}"))
    if labels.maxima:
        rows.sort(key=lambda row: -known(row["selectivity"], -1))
        print_rows(CHANNELS | BEST | FREQUENT | STRONGEST, rows, "channels")
    else:
        rows.sort(key=lambda row: known(row["chance"], 2))
        print_rows(CHANNELS | FREQUENT | STRONGEST, rows, "channels")


def print_rows(cells: Mapping[str, Cell], rows: Sequence[Mapping[str, Any]], noun: str) -> None:
    """Prints the first rows as a table, and how many more there are."""
    if not rows:
        return
    table: list[Sequence[str]] = [list(cells)]
    for row in rows[:SHOWN]:
        table.append([written(row[key], write) for key, write in cells.values()])
    print_table(table, left=1)
    if len(rows) > SHOWN:
        print(f"... and {len(rows) - SHOWN:,} more {noun}: --csv and --json have them all")


def written(value: Any, write: Callable[[Any], str]) -> str:
    """A value as it stands in a table; what is not known is a dash."""
    return "-" if value is None else console.printable(write(value))


def bar(value: float, largest: float) -> str:
    """A line as long as the value is, beside the largest one of a table."""
    length = round(BAR * value / largest) if largest > 0 else 0
    return ("#" * max(length, 0)).ljust(BAR)


def known(value: float | None, otherwise: float) -> float:
    """The value, or what stands for one that is not known."""
    return otherwise if value is None else value
