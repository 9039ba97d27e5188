"""Tables in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def short(values: list[Any] | tuple[Any, ...] | None, times: str = "x") -> str:
    """A value an axis, or one for both where they agree."""
    if values is None:
        return "all"
    texts = [f"{value:g}" for value in values]
    return texts[0] if len(set(texts)) == 1 else times.join(texts)


def print_table(cells: Sequence[tuple[str, ...]], left: int) -> None:
    """Columns as wide as they need, the first so many flush left."""
    widths = [max(map(len, column)) for column in zip(*cells)]
    for line in cells:
        texts = [
            cell.ljust(wide) if i < left else cell.rjust(wide)
            for i, (cell, wide) in enumerate(zip(line, widths))
        ]
        print("  ".join(texts).rstrip())
