"""Which cells of a map's axis a signal covers, and how that moves backward through a window.

Plain integers. The derivation, with a worked case: receptive_field.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd
from typing import NamedTuple

Pair = tuple[int, int]
Pads = tuple[Pair, Pair]


@dataclass(frozen=True)
class Span:
    """`size` cells of an axis from (position + shift) // divisor * stride + offset on.

    position is the unit's row or column in the target map. Stride 0 means that the span does not
    depend on the unit: the whole axis is Span(extent). Where no map on the way was enlarged, the
    divisor is 1 and the shift 0; otherwise `divisor` units after each other have one span.
    """

    size: int
    stride: int = 0
    offset: int = 0
    shift: int = 0
    divisor: int = 1

    @property
    def path(self) -> tuple[int, int, int]:
        """How it moves with the position: spans of one path are as far apart for every unit."""
        return self.stride, self.shift, self.divisor

    def origin(self, position):
        """First cell covered; position: an integer, or what adds, divides and multiplies as one."""
        return self.anchor(position) * self.stride + self.offset

    def anchor(self, position):
        """The number of its place: of how many strides it moves on."""
        if self.divisor == 1:
            return position
        return (position + self.shift) // self.divisor

    def through(self, size: int, stride: int, pad: int) -> Span:
        """The cells of a window's input that this span of its output reaches."""
        return replace(
            self,
            size=(self.size - 1) * stride + size,
            stride=self.stride * stride,
            offset=self.offset * stride - pad,
        )

    def enlarged(self, block: int) -> Span:
        """The cells of the blocks that these cells become."""
        return self.through(block, block, 0)

    def blocks(self, block: int) -> Span | None:
        """The blocks of so many cells that it touches, as cells; None where no span tells them.

        A span that does not move by whole blocks may begin anywhere in one: there are as many
        blocks as it touches at most.
        """
        step = gcd(self.stride, block)
        # the places in a block where it may begin: offset % step, and so many steps further
        furthest = block - step + self.offset % step
        size = max((furthest + self.size - 1) // block + 1, 1)
        if step == block:
            return replace(
                self, size=size, stride=self.stride // block, offset=self.offset // block
            )
        if self.stride != step:
            return None
        # with q = (position + shift) // divisor it is that (q step + offset) // block is
        # (q + offset // step) // (block // step), which is one division of the position
        shift = self.shift + self.offset // step * self.divisor
        return Span(size, 1, 0, shift, self.divisor * (block // step))

    def seen_through(self, field: Span) -> Span | None:
        """What the cells of this span see, if each cell of their map sees `field` of the input.

        None where no span tells it.
        """
        cells = replace(self, offset=self.offset + field.shift).blocks(field.divisor)
        if cells is None:
            return None
        seen = cells.through(field.size, field.stride, -field.offset)
        return seen if seen.stride else Span(seen.size, 0, seen.offset)

    def union(self, other: Span) -> Span | None:
        """The smallest span that holds both; None where they move at different rates."""
        fine, coarse = sorted((self, other), key=lambda span: span.divisor)
        if fine.path != coarse.path:
            if coarse.divisor % fine.divisor:
                return None
            if coarse.stride * fine.divisor != fine.stride * coarse.divisor:
                return None
            coarse = coarse.covered_by(fine)
        low = min(fine.offset, coarse.offset)
        high = max(fine.offset + fine.size, coarse.offset + coarse.size)
        return replace(fine, size=high - low, offset=low)

    def covered_by(self, fine: Span) -> Span:
        """A span that moves as a finer one at the same rate does, and always holds this one."""
        # With f = (position + fine.shift) // fine.divisor and `every` = the divisors' ratio, this
        # one begins at (position + shift) // divisor = (f + r) // every times its stride, with r
        # between the two quotients of the shifts' difference; every * (n // every) is n, less up
        # to every - 1. Its stride is `every` of the finer one's.
        every = self.divisor // fine.divisor
        difference = self.shift - fine.shift
        low = difference // fine.divisor - every + 1
        high = -(-difference // fine.divisor)
        size = self.size + (high - low) * fine.stride
        return replace(fine, size=size, offset=self.offset + low * fine.stride)

    def within(self, extent: int) -> Span:
        """This span as it is carried on a map: the whole axis once it is as large as that."""
        return self if self.stride and self.size < extent else Span(extent)


Spans = tuple[Span, Span]
UNIT: Spans = (Span(1, 1), Span(1, 1))


def whole(shape: tuple[int, ...]) -> Spans:
    """Both axes of a map [h, w, ...] entirely."""
    return Span(shape[0]), Span(shape[1])


class Window(NamedTuple):
    """The geometry of a convolution or a pool, one entry an axis; pads are (before, after).

    size: cells from the window's first to its last, with those that a dilation leaves out;
    dilation: 1 where it leaves out none.
    """

    size: Pair = (1, 1)
    stride: Pair = (1, 1)
    pad: Pads = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)

    @classmethod
    def of(
        cls, taps: int | Pair, stride: int | Pair, pad: int | Pads, dilation: int | Pair = 1
    ) -> Window:
        """The full form of the short ones: 3 for (3, 3), pad 1 for ((1, 1), (1, 1)).

        taps: height and width of the kernel, which a dilation spreads. Short forms end here.
        """
        height, width = as_pair(taps)
        dilation = as_pair(dilation)
        size = (height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1
        if isinstance(pad, int):
            pad = ((pad, pad), (pad, pad))
        return cls(size, as_pair(stride), pad, dilation)

    def extents(self, height: int, width: int) -> Pair:
        """Height and width of the output map; below 1 when the window does not fit."""
        (top, bottom), (left, right) = self.pad
        rows = (top + height + bottom - self.size[0]) // self.stride[0] + 1
        columns = (left + width + right - self.size[1]) // self.stride[1] + 1
        return rows, columns

    def through(self, spans: Spans) -> Spans:
        """The part of the input that these spans of the output reach."""
        (top, _), (left, _) = self.pad
        rows = spans[0].through(self.size[0], self.stride[0], top)
        columns = spans[1].through(self.size[1], self.stride[1], left)
        return rows, columns

    def on_axis(self, axis: int, extent: int) -> AxisWindow:
        """This window on an axis of that extent, without the taps that never meet the map.

        A tap at the window's end may meet nothing but pads (a dilation or a kernel that is larger
        than the map). What is left computes the same, and has the same outputs; its pads are not
        negative, and its stride is at most what reaches from one end of the map to the other.
        """
        stride, dilation = self.stride[axis], self.dilation[axis]
        before, after = self.pad[axis]
        taps = self.taps[axis]
        outputs = self.extents(extent, extent)[axis]
        # tap t of output j stands at cell j * stride + t * dilation - before
        reach = (outputs - 1) * stride
        end = before + extent - 1
        first = min(max(-((reach - before) // dilation), 0), before // dilation, taps - 1)
        last = max(end // dilation, -((reach - end) // dilation), first)
        if last < taps - 1:
            after = reach + last * dilation - end
        else:
            last = taps - 1
        before -= first * dilation
        size = (last - first) * dilation + 1
        if outputs == 1:
            stride = min(stride, before + extent + after - size + 1)
        return AxisWindow(first, last + 1, stride, (before, after))

    @property
    def taps(self) -> Pair:
        """Cells of the window that count, without those that a dilation leaves out."""
        (height, width), (row_dilation, column_dilation) = self.size, self.dilation
        return (height - 1) // row_dilation + 1, (width - 1) // column_dilation + 1

    @property
    def uneven(self) -> bool:
        """Whether the transpose covers some cells more often, a checkerboard: Odena et al. 2016."""
        for taps, stride, dilation in zip(self.taps, self.stride, self.dilation):
            # with a common divisor some cells are not covered at all
            if stride > 1 and (taps % stride or gcd(stride, dilation) > 1):
                return True
        return False


class AxisWindow(NamedTuple):
    """A window on one axis: which of its taps are left, from start to stop; see on_axis()."""

    start: int
    stop: int
    stride: int
    pad: Pair


def as_pair(value: int | Pair) -> Pair:
    """One number for both axes, or a pair, as a pair."""
    return (value, value) if isinstance(value, int) else value


def same(window: Window, height: int, width: int) -> Pads:
    """The pads that TensorFlow's and Keras's `same` comes to on a map of that size."""
    rows = same_on_axis(height, window.size[0], window.stride[0])
    columns = same_on_axis(width, window.size[1], window.stride[1])
    return rows, columns


def same_on_axis(extent: int, size: int, stride: int) -> Pair:
    """Half of the pad before the axis, and behind it the other half, with the odd cell."""
    outputs = -(-extent // stride)
    total = max((outputs - 1) * stride + size - extent, 0)
    return total // 2, total - total // 2


def overlap(begin: int, end: int, extent: int) -> slice:
    """The cells from begin to end that are on an axis of that extent; empty where none is."""
    low, high = max(begin, 0), min(end, extent)
    return slice(low, high) if low < high else slice(begin, begin)
