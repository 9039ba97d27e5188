"""Counts, sizes and lists in a few words, for what an object says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

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
