"""What layers read where a part of an image has changed: clean maps with changed windows in them.

A change is an item [k], as in windows.py. Its window on a map (network/reach.py) has one size for
all items and begins where tensors say; around it the map is as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import tensorflow as tf

from ..network.base import Layer, Merge, Node, Shape, Windowed
from ..network.layers import Affine, AvgPool, MaxPool, PReLU, ZeroPad
from ..network.reach import Windows, extents, is_whole, read_extents
from ..network.spans import Pair
from . import dispatch
from .ops.pooling import average_pool
from .ops.slicing import NO_PAD
from .types import Parameters, Positions
from .windows import gather, sums

# layers whose parameters may differ from cell to cell
BY_CELL = (Affine, PReLU)
# first rows and first columns [k] of the items' windows, by map
Starts = Mapping[str, Positions]


def forward(
    node: Node,
    p: Parameters,
    clean: Mapping[str, tf.Tensor],
    changed: Mapping[str, tf.Tensor],
    windows: Mapping[str, Windows],
    starts: Starts,
    shapes: Mapping[str, Shape],
) -> tf.Tensor:
    """A layer's output [k, n, m, c] on the items' windows.

    clean: whole maps [1, h, w, c] of the image as it was; changed: the windows of these after the
    changes.
    """
    layer = node.layer
    own = windows[node.name]
    inputs = []
    if is_whole(own, shapes[node.name]):
        for name in node.inputs:
            inputs.append(whole_map(clean[name], changed[name], windows[name], starts[name]))
        return dispatch.forward(layer, p, *inputs, rule=None)[0]
    begin = starts[node.name]
    # what a maximum is never of
    outside = float("-inf") if isinstance(layer, MaxPool) else 0.0
    for name in node.inputs:
        if is_repeated(layer, shapes[name], shapes[node.name]):
            inputs.append(changed[name])
            continue
        rows, columns = read_cells(layer, own, begin)
        inputs.append(
            with_window(clean[name], changed[name], starts[name], (rows, columns), outside)
        )
    p = on_windows(layer, p, own, begin)
    y, _trace = dispatch.forward(without_pads(layer), p, *inputs, rule=None)
    if isinstance(layer, AvgPool):
        y = of_counted(layer, y, clean[node.inputs[0]], own, begin)
    return y


def filled(
    clean: tf.Tensor, rectangles: tf.Tensor, value: tf.Tensor, windows: Windows, starts: Positions
) -> tf.Tensor:
    """The items' windows [k, n, m, c] of an image [1, h, w, c] with their rectangles filled.

    rectangles [k, 4]: top, left, bottom, right; value [c].
    """
    rows, columns = window_cells(extents(windows), starts)
    top, left, bottom, right = (rectangles[:, side : side + 1] for side in range(4))
    row_inside = (rows >= top) & (rows < bottom)
    column_inside = (columns >= left) & (columns < right)
    inside = row_inside[:, :, None] & column_inside[:, None, :]
    return tf.where(
        inside[..., None], value, gather(clean, tf.zeros_like(starts[0]), rows, columns)
    )


def is_repeated(layer: Layer, shape: Shape, output: Shape) -> bool:
    """Whether an input of this shape is one value for all cells of the output."""
    return isinstance(layer, Merge) and shape[:2] == (1, 1) != output[:2]


def whole_map(
    clean: tf.Tensor, changed: tf.Tensor, windows: Windows, starts: Positions
) -> tf.Tensor:
    """The items' whole maps [k, h, w, c]."""
    height, width = clean.shape[1:3]
    if extents(windows) == (height, width):
        return changed
    cells = tf.range(height)[None], tf.range(width)[None]
    return with_window(clean, changed, starts, cells)


def with_window(
    clean: tf.Tensor, changed: tf.Tensor, starts: Positions, cells: Positions, outside: float = 0.0
) -> tf.Tensor:
    """The cells of a clean map [1, h, w, c], or of the items' windows [k, n, m, c] on it.

    cells: the rows [k or 1, p] and columns [k or 1, q] -> [k, p, q, c]. outside: the value of cells
    beyond the map.
    """
    _, height, width, channels = clean.shape
    _, n, m, _ = changed.shape
    rows, columns = cells
    own_rows, own_columns = rows - starts[0][:, None], columns - starts[1][:, None]
    # One gather from the map, behind it all windows, and at the end a cell of what lies outside.
    item = tf.range(tf.shape(changed)[0])
    of_map = sums(rows * width, columns)
    of_window = sums(height * width + (item[:, None] * n + own_rows) * m, own_columns)
    index = tf.where(both(own_rows, n, own_columns, m), of_window, of_map)
    source = [tf.reshape(clean, (-1, channels)), tf.reshape(changed, (-1, channels))]
    source.append(tf.fill((1, channels), tf.constant(outside, clean.dtype)))
    beyond = tf.cast(height * width + tf.shape(changed)[0] * (n * m), tf.int64)
    index = tf.where(both(rows, height, columns, width), index, beyond)
    gathered = tf.gather(tf.concat(source, 0), index)
    gathered.set_shape((None, rows.shape[1], columns.shape[1], channels))
    return gathered


def both(rows: tf.Tensor, height: int, columns: tf.Tensor, width: int) -> tf.Tensor:
    """Which cells of rows [k, p] and columns [k, q] lie on a map of that size: [k, p, q]."""
    row_inside = (rows >= 0) & (rows < height)
    column_inside = (columns >= 0) & (columns < width)
    return row_inside[:, :, None] & column_inside[:, None, :]


def read_cells(layer: Layer, windows: Windows, starts: Positions) -> Positions:
    """The rows [k, p] and the columns [k, q] of an input that windows of the output are made of."""
    cells = []
    for axis, size in enumerate(read_extents(layer, windows)):
        first = starts[axis] * layer.window.stride[axis] - layer.window.pad[axis][0]
        cells.append(first[:, None] + tf.range(size))
    return cells[0], cells[1]


def window_cells(size: Pair, starts: Positions) -> Positions:
    """The rows [k, n] and the columns [k, m] of windows."""
    rows, columns = (start[:, None] + tf.range(extent) for start, extent in zip(starts, size))
    return rows, columns


def without_pads(layer: Layer) -> Layer:
    """The layer for a part of its input among whose cells the pads are."""
    if isinstance(layer, AvgPool):
        return replace(layer, pad=NO_PAD, count_pads=True, uncounted=(0, 0))
    if isinstance(layer, Windowed | ZeroPad):
        return replace(layer, pad=NO_PAD)  # type: ignore
    return layer


def on_windows(layer: Layer, p: Parameters, windows: Windows, starts: Positions) -> Parameters:
    """A layer's parameters on the items' windows, where they differ from cell to cell."""
    if not isinstance(layer, BY_CELL):
        return p
    own = {}
    for name, value in p.items():
        if len(value.shape) == 3:
            value = constant_on_windows(value[None], windows, starts)
        own[name] = value
    return own


def constant_on_windows(values: tf.Tensor, windows: Windows, starts: Positions) -> tf.Tensor:
    """Values [1, h, w, c] that no change reaches on the items' windows: [k, n, m, c].

    An axis of one cell stands for all.
    """
    rows, columns = window_cells(extents(windows), starts)
    return gather(values, tf.zeros_like(starts[0]), rows, columns)


def of_counted(
    layer: AvgPool, means: tf.Tensor, clean: tf.Tensor, windows: Windows, starts: Positions
) -> tf.Tensor:
    """The means of whole windows as those of the cells that count alone."""
    _mean, share = average_pool(clean, layer.window, layer.counted)
    if share is None:
        return means
    return means / constant_on_windows(share, windows, starts)
