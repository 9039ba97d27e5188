"""Which part of each map a change of the image can reach, and the windows that hold it.

The inverse of where a signal lands: a unit can change where its window on the layer's input has a
changed cell. A layer's spans say which window that is (`through`, see receptive_field.py), and it
moves on from unit to unit. So the units that a change reaches follow each other on each axis, from
the first whose window ends behind the first changed cell to the last that begins before its end.
A square on rows 10 to 19 of an image, through

    a 3 x 3 convolution, pad 1    unit j reads j - 1 to j + 1           9 to 20
    the same again                                                      8 to 21
    a 2 x 2 pool                  unit j reads 2 j and 2 j + 1          4 to 10

Several changes, such as the places of a square that slides over a photo, have windows of one size
on each map, the largest that one of them needs, so that one graph serves all. None reaches beyond
its map: at the border it lies further inside, and holds cells that come out as they were.

Plain integers, as all of this package.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .base import INPUT, Layer, Node, Shape
from .layers import SpaceToDepth
from .spans import UNIT, Pair, Span
from .unit_window import BY_CELL, BY_WINDOW

# layers that give the same on a part of their input; of the others all of the map counts as reached
BY_PARTS = (*BY_CELL, *BY_WINDOW, SpaceToDepth)


class Rectangle(NamedTuple):
    """Pixels of an image, from the first to behind the last; at least one of them."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def axes(self) -> tuple[range, range]:
        """Its rows and its columns."""
        return range(self.top, self.bottom), range(self.left, self.right)


class AxisWindows(NamedTuple):
    """On an axis of a map: so many cells from starts[i] on, for each change i."""

    size: int
    starts: tuple[int, ...]


Windows = tuple[AxisWindows, AxisWindows]


def changed_windows(
    nodes: Sequence[Node], shapes: Mapping[str, Shape], rectangles: Sequence[Rectangle]
) -> dict[str, Windows]:
    """Windows of all maps, INPUT's too, outside of which no rectangle of the image changes any.

    nodes: every pad of which is a number; shapes: of all maps, INPUT's too.
    """
    windows = []
    for axis in (0, 1):
        ranges = [rectangle.axes[axis] for rectangle in rectangles]
        different = [*dict.fromkeys(ranges)]
        number = {each: i for i, each in enumerate(different)}
        reached = reached_cells(nodes, shapes, different, axis)
        own = {}
        for name, cells in reached.items():
            window = window_of(cells, shapes[name][axis])
            starts = tuple(window.starts[number[each]] for each in ranges)
            own[name] = AxisWindows(window.size, starts)
        windows.append(own)
    rows, columns = windows
    return {name: (rows[name], columns[name]) for name in rows}


def reached_cells(
    nodes: Sequence[Node], shapes: Mapping[str, Shape], ranges: Sequence[range], axis: int
) -> dict[str, list[range]]:
    """The cells of an axis of all maps that changes of these ranges of the image's can reach."""
    reached = {INPUT: [*ranges]}
    for node in nodes:
        outputs = shapes[node.name][axis]
        if not isinstance(node.layer, BY_PARTS):
            reached[node.name] = [range(outputs)] * len(ranges)
            continue
        cells = [range(0)] * len(ranges)
        for name in node.inputs:
            span = read_by_unit(node.layer, shapes[name])[axis]
            for i, changed in enumerate(reached[name]):
                cells[i] = hull(cells[i], units_reading(span, changed, outputs))
        reached[node.name] = cells
    return reached


def read_by_unit(layer: Layer, shape: Shape) -> tuple[Span, Span]:
    """The rows and columns of an input of this shape that a unit reads, as its position moves."""
    return layer.through(UNIT, shape)


def units_reading(span: Span, changed: range, outputs: int) -> range:
    """The units whose span has a changed cell; none where nothing changed."""
    positions = range(outputs)
    if not changed:
        return range(0)
    first = bisect_right(positions, changed.start - span.size, key=span.origin)
    stop = bisect_left(positions, changed.stop, key=span.origin)
    return range(first, max(first, stop))


def hull(one: range, other: range) -> range:
    """The cells from the first of either to the last."""
    if not one or not other:
        return one or other
    return range(min(one.start, other.start), max(one.stop, other.stop))


def window_of(cells: Sequence[range], extent: int) -> AxisWindows:
    """Windows of one size, all of them on the map, that hold these cells of an axis."""
    size = max(1, *(len(each) for each in cells))
    return AxisWindows(size, tuple(min(each.start, extent - size) for each in cells))


def is_whole(windows: Windows, shape: Shape) -> bool:
    """Whether windows are the whole of a map of this shape."""
    return extents(windows) == shape[:2]


def extents(windows: Windows) -> Pair:
    """Height and width of a window."""
    return windows[0].size, windows[1].size


def read_extents(layer: Layer, windows: Windows) -> Pair:
    """Height and width of what a layer reads of its input, for these windows of its output.

    With its pads, where it reaches beyond the map.
    """
    height, width = layer.window.size
    row_stride, column_stride = layer.window.stride
    rows, columns = extents(windows)
    return (rows - 1) * row_stride + height, (columns - 1) * column_stride + width


def window_values(
    nodes: Sequence[Node], shapes: Mapping[str, Shape], windows: Mapping[str, Windows]
) -> int:
    """Values in memory, at most, while one change goes forward through the nodes.

    Of the layer where it is most: the windows of its inputs, what is read of these, and its output;
    with the windows that later layers read.
    """
    last_reader = {name: i for i, node in enumerate(nodes) for name in node.inputs}
    own = {name: values_of(extents(window), shapes[name]) for name, window in windows.items()}
    alive = own[INPUT]
    most = 0
    for i, node in enumerate(nodes):
        read = 0
        for name in node.inputs:
            part = read_extents(node.layer, windows[node.name])
            if is_whole(windows[node.name], shapes[node.name]):
                part = shapes[name][:2]
            # the windows once more, and what is read
            read += own[name] + values_of(part, shapes[name])
        most = max(most, alive + read + own[node.name])
        alive += own[node.name]
        for name in set(node.inputs):
            if last_reader[name] == i:
                alive -= own[name]
    return most


def values_of(extent: Pair, shape: Shape) -> int:
    """Values of a part of a map of so many rows and columns."""
    return extent[0] * extent[1] * shape[2]
