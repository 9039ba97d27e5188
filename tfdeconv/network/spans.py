"""Which part of a map's axis a signal covers, and how that moves through a window on the way down. Plain integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Pair = tuple[int, int]
Pads = tuple[Pair, Pair]


@dataclass(frozen=True)
class Span:
    """`size` cells of an axis, the first at position * stride + offset, where position is the unit's in the target map.

    Stride 0 means that the span does not depend on the unit: the whole axis is Span(extent).
    """

    size: int
    stride: int = 0
    offset: int = 0

    def origin(self, position):
        """First cell covered; position is an integer or anything that multiplies and adds like one."""
        return position * self.stride + self.offset

    def through(self, size: int, stride: int, pad: int) -> Span:
        """The cells of a window's input that this span of its output reaches."""
        return Span(
            (self.size - 1) * stride + size, self.stride * stride, self.offset * stride - pad
        )

    def seen_through(self, field: Span) -> Span:
        """What cells seen in these spans of a map see themselves, if each cell of that map sees `field`."""
        return Span(
            field.size + (self.size - 1) * field.stride,
            self.stride * field.stride,
            field.offset + self.offset * field.stride,
        )

    def union(self, other: Span) -> Span:
        """The smallest span that holds both; their strides agree."""
        low = min(self.offset, other.offset)
        return Span(max(self.offset + self.size, other.offset + other.size) - low, self.stride, low)

    def within(self, extent: int) -> Span:
        """This span as it is carried on a map of that extent: a window, or the whole axis once it is as large."""
        return self if self.stride and self.size < extent else Span(extent)


Spans = tuple[Span, Span]
UNIT: Spans = (Span(1, 1), Span(1, 1))


def whole(shape: tuple[int, ...]) -> Spans:
    """Both axes of a map [h, w, ...] entirely."""
    return Span(shape[0]), Span(shape[1])


class Window(NamedTuple):
    """The geometry of a convolution or a pool, one entry an axis; pads are (before, after).

    size: cells from its first to its last, those that a dilation leaves out included; dilation: 1 where it leaves out none.
    """

    size: Pair = (1, 1)
    stride: Pair = (1, 1)
    pad: Pads = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)

    @classmethod
    def of(
        cls, taps: int | Pair, stride: int | Pair, pad: int | Pads, dilation: int | Pair = 1
    ) -> Window:
        """The one place where the short forms (3, or (3, 5); pad 1, or ((1, 1), (0, 1))) become the full one."""
        taps, stride, dilation = (
            (value, value) if isinstance(value, int) else value
            for value in (taps, stride, dilation)
        )
        a, b = ((tap - 1) * step + 1 for tap, step in zip(taps, dilation))
        return cls(
            (a, b), stride, ((pad, pad), (pad, pad)) if isinstance(pad, int) else pad, dilation
        )

    def extents(self, height: int, width: int) -> Pair:
        """Height and width of the output map; below 1 when the window does not fit."""
        a, b = (
            (extent + sum(pad) - size) // stride + 1
            for extent, size, stride, pad in zip((height, width), self.size, self.stride, self.pad)
        )
        return a, b

    def through(self, spans: Spans) -> Spans:
        """The part of the input that these spans of the output reach."""
        a, b = (
            span.through(size, stride, pad[0])
            for span, size, stride, pad in zip(spans, self.size, self.stride, self.pad)
        )
        return a, b

    @property
    def uneven(self) -> bool:
        """Whether the transpose covers some cells more often than others: a checkerboard (Odena et al. 2016)."""
        return any(stride > 1 and size % stride for size, stride in zip(self.size, self.stride))


def same(window: Window, height: int, width: int) -> Pads:
    """The pads that TensorFlow's and Keras's `same` comes to on a map of that size: half before, what is left over after."""
    totals = (
        max((-(-extent // stride) - 1) * stride + size - extent, 0)
        for extent, size, stride in zip((height, width), window.size, window.stride)
    )
    a, b = ((total // 2, total - total // 2) for total in totals)
    return a, b


def overlap(begin: int, end: int, extent: int) -> slice:
    """The cells from begin to end that are on an axis of that extent; an empty slice where none is."""
    low, high = max(begin, 0), min(end, extent)
    return slice(low, high) if low < high else slice(begin, begin)
