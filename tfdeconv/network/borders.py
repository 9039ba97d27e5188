"""Which units of a map see nothing of the padding, and which read it first.

Zeros around a map are an edge that no photo has, and some units fire at nothing else. On each axis
of a map those that see none of it are a range of positions. It moves from a layer's input to its
output: the units whose window lies within the range. In VGG16, on each axis of an image of 224:

    block1_conv1, 3 x 3, pad 1    224 units, window from -1 to 1 of the first: 1 to 222 are inside
    block1_conv2, 3 x 3, pad 1    the same on the range from 1 to 222:         2 to 221 are inside
    block1_pool, 2 x 2            unit 0 pools 0 and 1, unit 1 pools 2 and 3:  1 to 110 are inside

They are the units whose receptive field lies within the image. (Where a network crops its input
below a padding, a field may lie within the image and the unit still sees that padding: it is
outside then.) What is the same for all units of a map, such as the gate of a squeeze and excitation
or the statistics of a group norm, is left aside: it cannot make units at the border differ from
others.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..errors import UserError
from .base import INPUT, Layer, Merge, Node, Shape, times
from .graph import Network
from .spans import UNIT, Span


class Region(NamedTuple):
    """Units of a map: those of some rows and some columns that follow each other."""

    rows: range
    columns: range

    @property
    def cells(self) -> int:
        return len(self.rows) * len(self.columns)

    @property
    def slices(self) -> tuple[slice, slice]:
        """The region's part of an array [h, w, ...]."""
        rows, columns = self
        return slice(rows.start, rows.stop), slice(columns.start, columns.stop)

    def __and__(self, other: Region) -> Region:
        """The units of both."""
        return Region(common(self.rows, other.rows), common(self.columns, other.columns))


# from a span of a layer's input, its extent, the range there, and the output's extent to the range
# of the output
Move = Callable[[Span, int, range, int], range]


def interiors(nodes: Sequence[Node], shapes: Mapping[str, Shape]) -> dict[str, Region]:
    """The units of each layer that see no padding; of a layer that has none an empty region.

    nodes: a whole network's, every pad a number; shapes: of all maps, INPUT's too.
    """
    return moved_regions(nodes, shapes, inside)


def inner_regions(nodes: Sequence[Node], shapes: Mapping[str, Shape]) -> dict[str, Region]:
    """The units of each layer that do not read the padding nearest to them, as interiors().

    Those that do read it stand at the border: units whose window reaches beyond the map, or, where
    the layer pads nothing, whose window has units of the layer before that do.
    """
    return moved_regions(nodes, shapes, inside_of_last_padding)


def interior(network: Network, layer: str, height: int, width: int) -> Region:
    """The units of a layer that see no padding, for images of that size.

    Raises UserError where there are none.
    """
    name = network.node(layer).name
    return required_interiors(network, [name], (height, width))[name]


def required_interiors(
    network: Network, layers: Sequence[str], size: tuple[int, int]
) -> dict[str, Region]:
    """interiors_of() layers; raises UserError where one has no unit that sees no padding."""
    regions = interiors_of(network, layers, size)
    for layer, region in regions.items():
        if not region.cells:
            raise no_interior(network, layer, size)
    return regions


def interiors_of(
    network: Network, layers: Sequence[str], size: tuple[int, int]
) -> dict[str, Region]:
    """interiors() of some layers by their own names, for images of that height and width.

    Raises UserError where the size does not suit the last of them.
    """
    shapes = network.input_shapes(layers[-1], *size)
    regions = interiors(network.at(*size).up_to(*layers), shapes)
    return {layer: regions[layer] for layer in layers}


def no_interior(network: Network, layer: str, size: tuple[int, int]) -> UserError:
    """The error for a layer that has no unit that sees no padding."""
    shapes = network.input_shapes(layer, *size)
    fields = network.at(*size).receptive_fields(shapes)[layer]
    return UserError(
        f"{network.name}'s {layer} has no unit whose receptive field lies within the image: "
        f"{seen(fields, size)}; take an earlier layer, or larger images (--resize keep leaves "
        f"them their size)"
    )


def seen(fields: Sequence[Span], image: tuple[int, int]) -> str:
    """What units see, beside the image's size, as a clause."""
    rows, columns = fields
    if (rows.size, columns.size) == image:
        return f"each sees all of the image, {times(image)}, and the padding around it"
    clause = f"the field is {times((rows.size, columns.size))}, the image {times(image)}"
    if rows.size < image[0] and columns.size < image[1]:
        clause += f", and the field moves by {times((rows.stride, columns.stride))}"
    return clause


def moved_regions(
    nodes: Sequence[Node], shapes: Mapping[str, Shape], move: Move
) -> dict[str, Region]:
    """A region of each layer: all of the image, moved through the layers."""
    regions = {INPUT: entire(shapes[INPUT])}
    for node in nodes:
        region = entire(shapes[node.name])
        for name in local_inputs(node, shapes):
            if is_pointwise(node.layer, shapes[name], shapes[node.name]):
                region &= regions[name]
                continue
            axes: list[range] = []
            for axis, span in enumerate(node.layer.seen(UNIT, shapes[name])):
                extent, outputs = shapes[name][axis], shapes[node.name][axis]
                axes.append(move(span, extent, regions[name][axis], outputs))
            region &= Region(*axes)
        regions[node.name] = region
    return regions


def local_inputs(node: Node, shapes: Mapping[str, Shape]) -> Iterator[str]:
    """The inputs of a node without what is the same for all units of a larger map."""
    for name in node.inputs:
        is_repeated = isinstance(node.layer, Merge) and shapes[name][:2] != shapes[node.name][:2]
        if not is_repeated:
            yield name


def is_pointwise(layer: Layer, before: Shape, after: Shape) -> bool:
    """Whether a layer maps each unit to one of its own place, but for statistics of the map."""
    return layer.whole_map and before[:2] == after[:2]


def inside(span: Span, extent: int, within: range, outputs: int) -> range:
    """The units whose span lies within a range of the input."""
    positions = range(outputs)
    # a span begins nowhere before that of the unit before
    first = bisect_left(positions, within.start, key=span.origin)
    stop = bisect_right(positions, within.stop - span.size, key=span.origin)
    return range(first, max(first, stop))


def inside_of_last_padding(span: Span, extent: int, within: range, outputs: int) -> range:
    """The units whose span lies within the map; at an end where all of them do, within the range.

    A unit's window is the whole axis where the span does not move: such units are all alike, and
    stand at no border.
    """
    if not span.stride:
        return range(outputs)
    direct = inside(span, extent, range(extent), outputs)
    indirect = inside(span, extent, within, outputs)
    first = direct.start or indirect.start
    stop = indirect.stop if direct.stop == outputs else direct.stop
    return range(first, max(first, stop))


def entire(shape: Shape) -> Region:
    """All units of a map."""
    return Region(range(shape[0]), range(shape[1]))


def common(one: range, other: range) -> range:
    """What two ranges have in common."""
    start = max(one.start, other.start)
    return range(start, max(start, min(one.stop, other.stop)))
