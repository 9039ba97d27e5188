"""Prints the labels that a layer's channels fire at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Any

from . import console
from .table import print_table

COLUMNS = ("channel", "label", "of its strongest", "of all images", "lift", "chance")
NOTE = """\
Label: the most frequent one among the channel's strongest images (from the list, or the name of an
image's directory). Lift: how many times as frequent it is there as among all images; chance: how
likely so many or more are among as many images drawn at random. --by-label tells more."""
SHOWN = 20  # channels


def print_labels(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints the channels that are most selective for a label; nothing if there are no labels."""
    labelled = [row for row in rows if row["label"] is not None]
    if not labelled:
        return
    # a label that is rare may be one of nine by chance
    labelled.sort(key=lambda row: -row["label_share"] * log(row["lift"]))
    table: list[Sequence[str]] = [COLUMNS]
    for row in labelled[:SHOWN]:
        shares = [f"{row[key]:.1%}" for key in ("label_share", "label_share_of_all")]
        figures = [f"{row[key]:.2g}" for key in ("lift", "chance")]
        table.append([str(row["channel"]), console.printable(row["label"]), *shares, *figures])
    print_table(table, left=0)
    if len(labelled) > SHOWN:
        print(f"... and {len(labelled) - SHOWN} more channels: --json has them all")


def print_labels_note(layers: Iterable[Sequence[Mapping[str, Any]]]) -> None:
    """Prints what the table is, if there was one of any layer; layers: the rows of each."""
    for rows in layers:
        if any(row["label"] is not None for row in rows):
            print(NOTE)
            return
