"""Tables in a terminal, and as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def short(values: Sequence[float] | None, separator: str = "x") -> str:
    """`3x5`, or `3` where the values of both axes agree; `all` for None: the whole image."""
    if values is None:
        return "all"
    texts = [f"{value:g}" for value in values]
    if len(set(texts)) == 1:
        return texts[0]
    return separator.join(texts)


def print_table(rows: Sequence[Sequence[str]], left: int) -> None:
    """Prints columns as wide as they need, the first `left` of them flush left."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells: list[str] = []
        for column, (text, width) in enumerate(zip(row, widths)):
            cells.append(text.ljust(width) if column < left else text.rjust(width))
        print("  ".join(cells).rstrip())


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Prints the columns of rows as CSV; None is an empty cell."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([encodable(row[name]) for name in columns])


def encodable(value: Any) -> Any:
    """A value as CSV can have it: names of files may be any bytes."""
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    return value
