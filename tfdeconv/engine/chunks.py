"""How many images or items are computed at a time, and what happens where that is too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import numpy as np
import tensorflow as tf

from ..network.spans import Spans
from .device import OutOfMemory, available_memory, out_of_memory
from .types import ShapesByLayer

Result = TypeVar("Result")
LESS = "ask for less at a time, for smaller images, or for an earlier layer"
# items or images in a chunk
MAX_ITEMS = 64
# On a device with as much memory as this, chunks are as large as they were measured to be best.
# On a smaller one they are smaller in proportion.
ROOMY_BYTES = 4 << 30
# bytes of the largest map of a chunk of images in the forward pass
IMAGE_BYTES = 256 << 20
# bytes of the largest signal of a chunk of items: more brought nothing (scripts/benchmark.py)
ITEM_BYTES = 64 << 20
# bytes of a chunk of items in a layer's transpose, with what it needs beside them
MOST_BYTES = 1 << 30


def images_at_once(largest: int) -> int:
    """How many images go forward at a time; largest: bytes of the largest map of one."""
    return budget(IMAGE_BYTES) // largest


def items_at_once(largest: int, whole: int) -> int:
    """How many items go back at a time; bytes of the largest signal of one, and of all it takes."""
    return min(budget(ITEM_BYTES) // largest, budget(MOST_BYTES) // whole)


def largest_window(route: Mapping[str, Spans], shapes: ShapesByLayer) -> int:
    """Values of the largest of an item's windows on a route."""
    return max(a.size * b.size * shapes[name][2] for name, (a, b) in route.items())


def budget(most: int) -> int:
    """So many bytes for a chunk, or as many fewer as the device's memory is small."""
    return int(most * min(1.0, available_memory() / ROOMY_BYTES))


def in_chunks(
    count: int, size: int, fixed: bool, compute: Callable[[int, int, np.ndarray], Result]
) -> Iterator[tuple[int, int, Result]]:
    """Computes `count` things, `size` (1 to MAX_ITEMS) at a time: start, stop, and the result.

    compute: takes where a chunk starts and stops, and the numbers of the things to compute. With
    `fixed` there are chunks of two lengths only, `size` and 1, since each length is compiled anew:
    what is left over goes one by one when it is little, and otherwise fills up a chunk with its
    last. Where the device runs out of memory, or chunks within a chunk did so twice, the rest goes
    in chunks of half the size. Raises UserError where it does so again.

    >>> chunks = in_chunks(5, 3, fixed=True, compute=lambda start, stop, index: index.tolist())
    >>> list(chunks)
    [(0, 3, [0, 1, 2]), (3, 5, [3, 4, 4])]
    """
    size = max(1, min(size, MAX_ITEMS))
    was_halved = False
    start = 0
    while start < count:
        stop, length = chunk_of(count - start, size, fixed)
        stop += start
        index = np.minimum(np.arange(start, start + length), stop - 1)
        try:
            result = compute(start, stop, index)
        except (tf.errors.ResourceExhaustedError, OutOfMemory):
            if was_halved or length == 1:
                raise out_of_memory(LESS, f"with {length} at a time") from None
            size, was_halved = length // 2, True
            continue
        yield start, stop, result
        start = stop


def chunk_of(left: int, size: int, fixed: bool) -> tuple[int, int]:
    """How many of the things that are left are in the next chunk, and its length."""
    if not fixed or left >= size:
        return min(left, size), min(left, size)
    if left <= size // 3:
        return 1, 1
    return left, size
