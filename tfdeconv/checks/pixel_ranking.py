"""Orders in which pixels are deleted: by what came down to them, by chance, by their place.

A ranking is int [h, w]: 0 for the pixel that comes first. Pixels come in square blocks, those of a
block one after the other. A signal passes through zero between its strongest pixels, which does not
make the pixels there unimportant; and where single pixels go at random, most of what is around each
of them stays, so that random rankings are easier to beat than in blocks.
"""

from __future__ import annotations

import numpy as np

# pixels of a block's side, and blocks that the narrower side of an area has at least
BLOCK = 4
LEAST_BLOCKS = 8


def block_for(height: int, width: int) -> int:
    """The side of blocks for an area of that size: BLOCK, or less where there would be too few.

    >>> block_for(40, 224), block_for(10, 10)
    (4, 1)
    """
    return max(1, min(BLOCK, min(height, width) // LEAST_BLOCKS))


def by_signal(patch: np.ndarray, block: int, rng: np.random.Generator) -> np.ndarray:
    """The largest mean magnitude first: the length of a pixel's signal over the channels (L2).

    patch [h, w, c] in the network's input space; what is equal comes in random order.

    >>> by_signal(np.array([[[3.0, 4.0], [0.0, -6.0]]]), 1, np.random.default_rng(0)).tolist()
    [[1, 0]]
    """
    return ranking(np.sqrt(np.square(patch, dtype=np.float64).sum(-1)), block, rng)


def by_chance(size: tuple[int, int], block: int, rng: np.random.Generator) -> np.ndarray:
    """All blocks in random order."""
    return ranking(np.zeros(size), block, rng)


def by_distance(
    size: tuple[int, int], centre: tuple[float, float], block: int, rng: np.random.Generator
) -> np.ndarray:
    """The nearest to the centre first: its row and column, in pixels of the area."""
    rows = np.arange(size[0])[:, None] - centre[0]
    columns = np.arange(size[1]) - centre[1]
    return ranking(-np.hypot(rows, columns), block, rng)


def ranking(scores: np.ndarray, block: int, rng: np.random.Generator) -> np.ndarray:
    """The blocks with the largest mean score [h, w] first; equal ones in random order."""
    height, width = scores.shape
    # those at the bottom and on the right may be cut off
    down, across = -(-height // block), -(-width // block)
    rows, columns = np.arange(height) // block, np.arange(width) // block
    blocks = (rows[:, None] * across + columns).reshape(-1)
    sums = np.bincount(blocks, scores.reshape(-1))
    # so that rounding makes no difference between equal ones
    means = (sums / np.bincount(blocks)).astype(np.float32)
    places = np.empty(down * across, int)
    places[np.lexsort((rng.permutation(down * across), -means))] = np.arange(down * across)
    order = np.argsort(places[blocks], kind="stable")
    ranks = np.empty(height * width, int)
    ranks[order] = np.arange(height * width)
    return ranks.reshape(height, width)
