"""Tables in a terminal."""

from __future__ import annotations

from collections.abc import Sequence


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
