"""Convolutions with a dilation, as TensorFlow 1 wrote them.

SpaceToBatchND takes every second row and every second column, as four images instead of one; a
convolution without a dilation runs over each, and BatchToSpaceND puts them together again. The
images are the inner parts of rows and columns (axes.py):

    [n, h, w, c]  ->  [(h, 2, 1) (w, 2, 1) n, (h, h / 2, 2), (w, w / 2, 2), c]

So nothing moves: a convolution on every second cell of the map is one with a dilation.
"""

from __future__ import annotations

import numpy as np

from ....limits import MAX_EXTENT
from ....network.layers import ZeroPad
from ....network.spans import Pads, Pair
from ..axes import BATCH, COLUMNS, ROWS, Axes, Factor
from ..call import Call
from ..feature_map import FeatureMap
from ..not_understood import NotUnderstood


def space_to_batch(call: Call) -> FeatureMap:
    x = call.as_map(call.map(), 3)
    block = block_of(call)
    (top, bottom), (left, right) = cells_of(call, call.kind.pads)
    if top or bottom or left or right:
        pad = ZeroPad(((top, bottom), (left, right)))
        x = call.add_map(pad, x, 3, suffix="/padded")
    if x.shape[0] % block[0] or x.shape[1] % block[1]:
        raise NotUnderstood(
            f"it splits a map of {x.shape[0]} x {x.shape[1]} into blocks of {list(block)}, which "
            "do not divide it"
        )
    return x.with_axes(phase_axes(x, block))


def batch_to_space(call: Call) -> FeatureMap:
    x = call.map()
    if x.axes != phase_axes(x, block_of(call)):
        raise NotUnderstood("it joins images that no operation before it has split that way")
    x = x.with_axes(x.canonical_axes(3))
    (top, bottom), (left, right) = cells_of(call, call.kind.crops)
    if not (top or bottom or left or right):
        return x
    return call.add_map(ZeroPad(((-top, -bottom), (-left, -right))), x, 3)


def phases(x: FeatureMap) -> Pair | None:
    """The block in which a map was taken apart; None for one that was not."""
    outer = x.axes[0][: len(x.axes[0]) - len(x.whole(BATCH))]
    sizes = {ROWS: 1, COLUMNS: 1}
    for factor in outer:
        if factor.dimension not in sizes:
            return None
        sizes[factor.dimension] = factor.size
    block = sizes[ROWS], sizes[COLUMNS]
    if not outer or x.axes != phase_axes(x, block):
        return None
    return block


def phase_axes(x: FeatureMap, block: Pair) -> Axes:
    """The axes of a map that is taken apart; it is as long as that goes."""
    inner: list[Factor] = []
    outer = []
    for dimension, size in zip((ROWS, COLUMNS), block):
        inner.append(Factor(dimension, size))
        outer.append((Factor(dimension, x.extent(dimension) // size, size),))
    batch = (*without_ones(tuple(inner)), *x.whole(BATCH))
    return batch, without_ones(outer[0]), without_ones(outer[1]), x.canonical_axes(3)[3]


def without_ones(factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
    return tuple(factor for factor in factors if factor.size > 1)


def block_of(call: Call) -> Pair:
    block = call.kind.block or call.integers(1)
    if block is None or len(block) != 2 or not all(1 <= size <= MAX_EXTENT for size in block):
        raise NotUnderstood("its block is not a number of rows and one of columns")
    return block[0], block[1]


def cells_of(call: Call, said: tuple[Pair, ...] | None) -> Pads:
    """Cells before and behind the rows and the columns, of an attribute or of an input."""
    cells = call.array(2) if said is None else np.array(said)
    if cells is None or cells.shape != (2, 2) or cells.min() < 0 or cells.max() > MAX_EXTENT:
        raise NotUnderstood("its pads or crops are not for rows and columns")
    (top, bottom), (left, right) = cells.astype(int).tolist()
    return (top, bottom), (left, right)
