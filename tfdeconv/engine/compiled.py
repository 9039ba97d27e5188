"""Compiled passes: how many images and items go at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

ITEM_BYTES = (
    64 << 20
)  # for the largest signal of a chunk of items: more brought nothing (scripts/benchmark.py)
IMAGE_BYTES = 256 << 20  # for the largest map of a chunk of images on the way up
MOST = 64  # items or images in a chunk


def chunks(count: int, size: int, fixed: bool) -> Iterator[tuple[int, int, np.ndarray]]:
    """Splits `count` things, `size` (1 to MOST) at a time: start, stop, and the numbers of those to compute.

    With `fixed` there are chunks of two lengths only, `size` and 1, since each length is compiled anew: what is left over
    goes one by one when it is little, and otherwise fills up a chunk with its last.
    """
    size = max(1, min(size, MOST))
    start = 0
    while start < count:
        left = min(count - start, size)
        length = left
        if fixed and left < size:
            length, left = (1, 1) if left <= size // 3 else (size, left)
        yield start, start + left, np.minimum(np.arange(start, start + length), start + left - 1)
        start += left
