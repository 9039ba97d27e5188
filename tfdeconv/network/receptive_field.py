"""What a unit sees, and where a signal from it lands: spans across the layers of a network.

Going backward through a window of size s, stride t and pad a, a span of `size` cells from
position * stride + offset becomes one of (size - 1) t + s cells from
position * stride t + offset t - a. From a unit of VGG16's block2_conv1, on each axis:

    block2_conv1                        size  1, stride 1, offset  0
    through its 3 x 3, pad 1         -> size  3, stride 1, offset -1    on block1_pool
    through the 2 x 2 pool, stride 2 -> size  6, stride 2, offset -2    on block1_conv2
    through a 3 x 3, pad 1           -> size  8, stride 2, offset -3    on block1_conv1
    through a 3 x 3, pad 1           -> size 10, stride 2, offset -4    on the image

Where two signals meet at a fork, one span holds both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .base import INPUT, Node, Shape
from .spans import UNIT, Span, Spans


def route(nodes: Sequence[Node], start: Spans, shapes: Mapping[str, Shape]) -> dict[str, Spans]:
    """Where a signal started at the last of the nodes lands: its spans on each map down to INPUT.

    nodes: those the last one needs, in order, every pad a number; shapes: of all maps, INPUT's too.
    A span as large as its map is the whole map from there on.
    """
    target = nodes[-1].name
    spans = {target: within(start, shapes[target])}
    for node in reversed(nodes):
        for name in node.inputs:
            landing = within(node.layer.through(spans[node.name], shapes[name]), shapes[name])
            if name in spans:
                landing = within(meet(landing, spans[name], shapes[name]), shapes[name])
            spans[name] = landing
    return spans


def receptive_fields(nodes: Sequence[Node], shapes: Mapping[str, Shape]) -> dict[str, Spans]:
    """What a unit of each layer sees of the input, row and column; may be larger than any image.

    nodes: a whole network's, every pad a number; shapes: of all maps, INPUT's too. Borders are
    ignored. Stride 0 where all units see the same.
    """
    fields = {INPUT: UNIT}
    for node in nodes:
        paths = []
        for name in node.inputs:
            landing = node.layer.seen(UNIT, shapes[name])
            paths.append(seen_through(landing, fields[name], shapes[INPUT]))
        field = paths[0]
        for path in paths[1:]:
            field = meet(field, path, shapes[INPUT])
        fields[node.name] = field
    return fields


def seen_through(spans: Spans, fields: Spans, image: Shape) -> Spans:
    """What cells on these spans see of an image, if each cell of their map sees the fields."""
    rows, columns = (span.seen_through(field) for span, field in zip(spans, fields))
    return rows or Span(image[0]), columns or Span(image[1])


def within(spans: Spans, shape: Shape) -> Spans:
    """Spans as they are carried on a map of that shape."""
    return spans[0].within(shape[0]), spans[1].within(shape[1])


def meet(a: Spans, b: Spans, shape: Shape) -> Spans:
    """Where two signals meet on a map of that shape: spans that hold both."""
    return meet_on_axis(a[0], b[0], shape[0]), meet_on_axis(a[1], b[1], shape[1])


def meet_on_axis(a: Span, b: Span, extent: int) -> Span:
    return a.union(b) or Span(extent)
