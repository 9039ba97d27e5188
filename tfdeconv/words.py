"""Counts, sizes and lists in a few words, for what an object says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
SHOWN = 6  # of a list; the others are dots


def counted(count: int, thing: str) -> str:
    """
    >>> counted(1, "image"), counted(4096, "channel")
    ('1 image', '4,096 channels')
    """
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def extent(sides: Iterable[Any]) -> str:
    """
    >>> extent((224, 224, 3))
    '224 x 224 x 3'
    """
    return " x ".join(map(str, sides))


def listed(things: Sequence[Any]) -> str:
    """
    >>> listed(range(3)), listed(range(100))
    ('0, 1, 2', '0, 1, 2, 3, 4, 5, ...')
    """
    dots = ["..."] if len(things) > SHOWN else []
    return ", ".join([*map(str, things[:SHOWN]), *dots])


def number(value: float) -> str:
    """A value as a person writes it: four digits, or all that stand before the point.

    >>> [number(value) for value in (10860.2, 34.5678, 0.5, -0.012345, 2.5e-7, 3e9)]
    ['10860', '34.57', '0.5', '-0.01235', '2.5e-07', '3e+09']
    """
    if 1000 <= abs(value) < 1e8:
        return f"{value:.0f}"
    return f"{value:.4g}"
