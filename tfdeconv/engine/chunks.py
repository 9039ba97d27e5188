"""How many images or items are computed at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# items or images in a chunk
MAX_ITEMS = 64

# where it starts and stops, and the numbers of the items to compute
Chunk = tuple[int, int, np.ndarray]


def chunks(count: int, size: int, fixed: bool) -> Iterator[Chunk]:
    """Splits `count` things, `size` (1 to MAX_ITEMS) at a time: start, stop, and what to compute.

    With `fixed` there are chunks of two lengths only, `size` and 1, since each length is compiled
    anew: what is left over goes one by one when it is little, and otherwise fills up a chunk with
    its last.

    >>> [(start, stop, index.tolist()) for start, stop, index in chunks(5, 3, fixed=True)]
    [(0, 3, [0, 1, 2]), (3, 5, [3, 4, 4])]
    """
    size = max(1, min(size, MAX_ITEMS))
    start = 0
    while start < count:
        left = min(count - start, size)
        length = left
        if fixed and left < size:
            if left <= size // 3:
                left = length = 1
            else:
                length = size
        stop = start + left
        yield start, stop, np.minimum(np.arange(start, start + length), stop - 1)
        start = stop
