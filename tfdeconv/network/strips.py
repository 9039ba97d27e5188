"""Which rows of a large image's maps are computed at a time, so that few are in memory.

The network is cut where all of it passes through one small map: into segments, each from a map
that is kept as a whole (`entry`) to the next one (`end`). In between, maps are computed a strip of
rows at a time. Of each map strip k makes `step` rows of its own, from k * step on, and computes
what these need besides:

- forward, from the end to the entry, the rows that windows read. Two convolutions of size 3 behind
  each other, 64 rows a strip: the last one makes rows 0 to 63 from rows -1 to 64 of the one before,
  which needs rows -2 to 65 of the image.
- backward, from the entry to the end, the rows from which a signal reaches its own.

Both are spans (spans.py) that move with k. Plain integers, as all of this package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from .base import INPUT, Layer, Merge, Node, Shape, Windowed
from .cost import Cost, backward_cost, forward_cost, trace_values
from .layers import (
    LRN,
    Activation,
    AvgPool,
    BatchNorm,
    Concatenate,
    Conv,
    DepthwiseConv,
    Identity,
    MaxPool,
    PReLU,
)
from .spans import Span, Spans, whole

# layers of which each row is made of the same row, or of those in a window
BY_ROWS = (
    *(LRN, Activation, AvgPool, BatchNorm, Concatenate, Conv),
    *(DepthwiseConv, Identity, MaxPool, Merge, PReLU),
)
# values of a map that is kept as a whole, whatever those before it have
WHOLE_VALUES = 96 << 20
# a map that has so many times less than the largest of its segment is kept, too
SMALLER = 4
# values in memory while a strip is computed
STRIP_VALUES = 96 << 20


@dataclass(frozen=True)
class Segment:
    """Consecutive nodes that read the entry and each other, and what a strip has of their maps."""

    entry: str
    nodes: tuple[Node, ...]
    steps: dict[str, int]  # by map, that of the entry too
    forward: dict[str, Spans]  # rows computed; all columns
    backward: dict[str, Spans]
    count: int  # of strips

    @property
    def end(self) -> str:
        return self.nodes[-1].name

    def forward_cost(self, shapes: Mapping[str, Shape], masked: bool = True) -> Cost:
        """Of a strip; shapes: those of the whole maps."""
        own = strip_shapes(shapes, self.forward, self.entry)
        return forward_cost(self.nodes, own, traced=True, masked=masked, unrolled=True)

    def backward_cost(self, shapes: Mapping[str, Shape]) -> Cost:
        """Of one signal's strip."""
        return backward_cost(self.nodes, shapes, self.backward, unrolled=True)

    def strip_values(self, shapes: Mapping[str, Shape]) -> int:
        """Values in memory while a strip goes forward or backward, whichever takes more."""
        return max(self.forward_cost(shapes).values, self.backward_cost(shapes).values)


def segments(
    nodes: Sequence[Node],
    shapes: Mapping[str, Shape],
    whole_values: int = WHOLE_VALUES,
    strip_values: int = STRIP_VALUES,
) -> list[Segment]:
    """The segments that nodes begin with; none where the first map cannot be made by rows.

    nodes: every pad of which is a number; shapes: of all maps, INPUT's too.
    """
    last_reader = {name: i for i, node in enumerate(nodes) for name in node.inputs}
    found = []
    entry = INPUT
    members: list[Node] = []
    for i, node in enumerate(nodes):
        if not goes_by_rows(node, shapes):
            break
        members.append(node)
        others = [entry, *(member.name for member in members[:-1])]
        if any(last_reader.get(name, 0) > i for name in others):
            # a later layer reads what is within the segment
            continue
        values = prod(shapes[node.name])
        largest = max(prod(shapes[member.name]) for member in members)
        goes_on = i + 1 < len(nodes) and goes_by_rows(nodes[i + 1], shapes)
        if goes_on and values > max(whole_values, largest // SMALLER):
            continue
        segment = fitting_segment(entry, members, shapes, strip_values)
        if segment is None:
            break
        found.append(segment)
        entry = node.name
        members = []
    return found


def goes_by_rows(node: Node, shapes: Mapping[str, Shape]) -> bool:
    """Whether some rows of a layer's inputs are enough for some rows of its output."""
    layer = node.layer
    own_slopes = isinstance(layer, PReLU) and layer.by_row
    if own_slopes or not isinstance(layer, BY_ROWS) or layer.vector is not None:
        return False
    if isinstance(layer, Windowed):
        # otherwise a mean is of fewer cells at the border
        return not isinstance(layer, AvgPool) or layer.window.pad == layer.counted
    return all(shapes[name][:2] == shapes[node.name][:2] for name in node.inputs)


def fitting_segment(
    entry: str, nodes: Sequence[Node], shapes: Mapping[str, Shape], most: int
) -> Segment | None:
    """The segment with the longest strips that have at most so many values, or nearly.

    None where rows are not at the same rate along all paths. Strips are not made shorter than what
    they would compute in vain.
    """
    rows = shapes[nodes[-1].name][0]
    segment = make_segment(entry, nodes, shapes, rows)
    while segment and rows > 1 and segment.strip_values(shapes) > most:
        rows = -(-rows // 2)
        shorter = make_segment(entry, nodes, shapes, rows)
        if shorter is None or shorter.forward[entry][0].size > 2 * shorter.steps[entry]:
            break
        segment = shorter
    return segment


def make_segment(
    entry: str, nodes: Sequence[Node], shapes: Mapping[str, Shape], rows: int
) -> Segment | None:
    """The segment with so many rows of its end a strip; None where the rates differ."""
    steps = {nodes[-1].name: rows}
    for node in reversed(nodes):
        step = steps[node.name] * node.layer.window.stride[0]
        for name in node.inputs:
            if steps.setdefault(name, step) != step:
                return None
    own = {name: Span(step, step) for name, step in steps.items()}
    forward = dict(own)
    for node in reversed(nodes):
        for name in node.inputs:
            forward[name] = joined(forward[name], read_rows(node.layer, forward[node.name]))
    backward = dict(own)
    for node in nodes:
        for name in node.inputs:
            reached = reached_rows(node.layer, backward[name])
            backward[node.name] = joined(backward[node.name], reached)
    count = max(-(-shapes[name][0] // step) for name, step in steps.items())
    return Segment(
        entry,
        tuple(nodes),
        steps,
        with_columns(forward, shapes),
        with_columns(backward, shapes),
        count,
    )


def read_rows(layer: Layer, span: Span) -> Span:
    """The rows of an input that these of the output are made of."""
    window = layer.window
    return span.through(window.size[0], window.stride[0], window.pad[0][0])


def reached_rows(layer: Layer, span: Span) -> Span:
    """The rows of the output that are made of these of an input, whose step the stride divides."""
    window = layer.window
    size, stride, pad = window.size[0], window.stride[0], window.pad[0][0]
    # output j is made of rows j * stride - pad to j * stride - pad + size - 1
    first = -((size - 1 - pad - span.offset) // stride)
    last = (span.offset + span.size - 1 + pad) // stride
    return Span(last - first + 1, span.stride // stride, first)


def joined(a: Span, b: Span) -> Span:
    """The span that holds both of two that move at one rate."""
    low = min(a.offset, b.offset)
    return Span(max(a.offset + a.size, b.offset + b.size) - low, a.stride, low)


def with_columns(rows: Mapping[str, Span], shapes: Mapping[str, Shape]) -> dict[str, Spans]:
    return {name: (span, whole(shapes[name])[1]) for name, span in rows.items()}


def strip_shapes(
    shapes: Mapping[str, Shape], route: Mapping[str, Spans], entry: str
) -> dict[str, Shape]:
    """The shapes of a strip's maps on a route, with the entry as INPUT."""
    own = {}
    for name, (rows, _columns) in route.items():
        own[name] = (rows.size, shapes[name][1], shapes[name][2])
    own[INPUT] = own[entry]
    return own


def forward_values(
    nodes: Sequence[Node],
    shapes: Mapping[str, Shape],
    parts: Sequence[Segment],
    masked: bool,
    traced: bool = True,
) -> int:
    """Values in memory while one image goes forward through nodes whose first are in segments."""
    most = 0
    traces = 0
    rest = list(nodes)
    own_shapes = dict(shapes)
    for segment in parts:
        kept = prod(shapes[segment.entry]) + prod(shapes[segment.end])
        if traced:
            traces += traces_of(segment.nodes, shapes, masked)
        most = max(most, kept + traces + segment.forward_cost(shapes, masked).values)
        rest = rest[len(segment.nodes) :]
        own_shapes[INPUT] = shapes[segment.end]
    if rest:
        most = max(most, traces + forward_cost(rest, own_shapes, traced, masked).values)
    return most


def traces_of(nodes: Sequence[Node], shapes: Mapping[str, Shape], masked: bool) -> int:
    """What is kept of nodes for the way back, as values of a map."""
    return sum(trace_values(node.layer, prod(shapes[node.name]), masked) for node in nodes)


def backward_values(shapes: Mapping[str, Shape], parts: Sequence[Segment]) -> int:
    """Values in memory while a whole map is sent back through segments, besides the traces."""
    most = 0
    for segment in parts:
        kept = prod(shapes[segment.entry]) + prod(shapes[segment.end])
        most = max(most, kept + segment.backward_cost(shapes).values)
    return most
