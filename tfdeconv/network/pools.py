"""Pools: of windows, and of the whole map."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .base import Layer, Pad, Shape, Windowed
from .spans import Pads, Pair, Window


class Pool(Windowed):
    """A pool of windows, of which the last one may reach beyond the pad: see Windowed.ceil."""

    def at(self, shape: Shape) -> Pool:
        sized = super().at(shape)
        if not self.ceil:
            return sized
        window = Window.of(sized.size, sized.stride, sized.pad, sized.dilation)  # type: ignore
        pad = up_to_last_window(window, *shape[:2])
        return replace(sized, pad=pad, ceil=False)  # type: ignore


@dataclass(frozen=True)
class MaxPool(Pool):
    """Maximum of each window; pads with -inf."""

    size: int | Pair
    stride: int | Pair
    pad: Pad = 0
    dilation: int | Pair = 1
    ceil: bool = False


@dataclass(frozen=True)
class AvgPool(Pool):
    """Mean of those cells of each window that are on the map.

    count_pads: the mean is of the pads' zeros, too, but for the `uncounted` last rows and columns,
    which windows reach beyond the pad where `ceil` made room for them; at() finds these.
    """

    size: int | Pair
    stride: int | Pair
    pad: Pad = 0
    count_pads: bool = False
    ceil: bool = False
    uncounted: Pair = (0, 0)

    def at(self, shape: Shape) -> AvgPool:
        sized = super().at(shape)
        if not (self.ceil and self.count_pads):
            return sized  # type: ignore
        own = replace(self, ceil=False).at(shape).window.pad
        (_, bottom), (_, right) = sized.window.pad
        return replace(sized, uncounted=(bottom - own[0][1], right - own[1][1]))  # type: ignore

    @property
    def counted(self) -> Pads:
        """How many cells around the map the means are of."""
        if not self.count_pads:
            return Window().pad
        (top, bottom), (left, right) = self.window.pad
        return (top, bottom - self.uncounted[0]), (left, right - self.uncounted[1])


@dataclass(frozen=True)
class GlobalPool(Layer):
    """One value of each feature map; a vector, or with `keep` a map of 1 x 1."""

    keep: bool = False

    @property
    def vector(self) -> bool:
        return not self.keep

    @property
    def whole_map(self) -> bool:
        return True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (1, 1, shapes[0][2])


class GlobalAvgPool(GlobalPool):
    """Mean of each feature map."""


class GlobalMaxPool(GlobalPool):
    """Maximum of each feature map."""


def up_to_last_window(window: Window, height: int, width: int) -> Pads:
    """The pads that reach to the ends of the last windows that begin on the map or before it.

    They are as many as PyTorch's and ONNX's ceil_mode gives; at least the window's own pads.
    """
    pads = []
    for axis, extent in enumerate((height, width)):
        before, after = window.pad[axis]
        size, stride = window.size[axis], window.stride[axis]
        steps = -(-(before + extent + after - size) // stride)
        if steps * stride >= before + extent:
            # it would begin in the pad behind the map
            steps -= 1
        pads.append((before, max(after, steps * stride + size - before - extent)))
    return pads[0], pads[1]
