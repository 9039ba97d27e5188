"""Prints a run's strongest units in words: a table, JSON or CSV."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from ..scan.strongest import COLUMNS, unit_rows
from ..scan.summary import layers_in, loaded
from ..words import number
from . import console
from .table import print_csv, print_table


def describe_units(given: Namespace) -> None:
    """Prints the units of the layers and channels that are named; of all where none are."""
    run = loaded(given.run)
    rows: list[dict[str, Any]] = []
    for layer in layers_in(run, given.run, given.layer):
        rows += unit_rows(run, layer, given.feature)
    if given.csv:
        print_csv(COLUMNS, rows)
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
