"""Prints a run's strongest units in words: a table, JSON or CSV."""

from __future__ import annotations

import csv
import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from ..errors import unknown
from ..scan.strongest import COLUMNS, unit_rows
from ..scan.summary import loaded
from ..words import number
from . import console
from .table import print_table


def describe_units(given: Namespace) -> None:
    """Prints the units of the layers and channels that are named; of all where none are."""
    run = loaded(given.run)
    layers = given.layer or list(run.settings.layers)
    for layer in layers:
        if layer not in run.state:
            raise unknown(f"{given.run} has no layer", layer, run.settings.layers)
    rows: list[dict[str, Any]] = []
    for layer in layers:
        rows += unit_rows(run, layer, given.feature)
    if given.csv:
        writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(as_text(row) for row in rows)
        return
    if given.json:
        print(json.dumps({"run": given.run, "units": rows}, indent=1))
        return
    columns: tuple[str, ...] = COLUMNS
    if not any(row["label"] for row in rows):
        columns = tuple(name for name in COLUMNS if name != "label")
    table: list[Sequence[str]] = [columns]
    for row in rows:
        cells = {**row, "activation": number(row["activation"])}
        table.append(tuple(console.printable(str(cells[name])) for name in columns))
    print_table(table, left=1)


def as_text(row: dict[str, Any]) -> dict[str, Any]:
    """A row as CSV can have it: names of files may be any bytes."""
    texts = {}
    for name in ("image", "label"):
        texts[name] = row[name].encode(errors="backslashreplace").decode()
    return {**row, **texts}
