"""Windows without the taps that never meet a map of one size.

A kernel of 3 x 3 dilated by 36 on a map of 14 x 14 is its middle tap: the others meet pads alone.
So no window, and no signal that goes back through it, is much larger than the map. Needs no
TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..network.base import Windowed
from ..network.graph import INPUT, Network, Node
from ..network.layers import AvgPool
from ..network.spans import Pair, Spans, Window

if TYPE_CHECKING:
    from .types import Parameters, ShapesByLayer, Tensors


@dataclass(frozen=True)
class SizedNetwork:
    """A network for images of one size, in which every pad is a number."""

    whole: Network
    cropped: Network  # what is computed: without taps that never meet the map
    parameters: Tensors  # the cropped network's
    shapes: ShapesByLayer

    @cached_property
    def receptive_fields(self) -> dict[str, Spans]:
        """What a unit of each layer sees of the image."""
        return self.whole.receptive_fields(self.shapes)


def size(network: Network, parameters: Tensors, shapes: ShapesByLayer) -> SizedNetwork:
    """A network for images whose maps have these shapes, INPUT's too."""
    height, width, _channels = shapes[INPUT]
    whole = network.at(height, width)
    nodes, tensors = crop(whole.nodes, parameters, shapes)
    return SizedNetwork(whole, replace(whole, nodes=tuple(nodes)), tensors, shapes)


def crop(
    nodes: Sequence[Node], parameters: Tensors, shapes: ShapesByLayer
) -> tuple[list[Node], dict[str, Parameters]]:
    """The nodes, every pad of which is a number, and their parameters for maps of these shapes."""
    cropped = []
    tensors = dict(parameters)
    for node in nodes:
        if isinstance(node.layer, Windowed):
            layer, tensors[node.name] = crop_layer(
                node.layer, parameters[node.name], shapes[node.inputs[0]][:2]
            )
            node = replace(node, layer=layer)
        cropped.append(node)
    return cropped, tensors


def crop_layer(
    layer: Windowed, p: Parameters, extents: tuple[int, int]
) -> tuple[Windowed, Parameters]:
    """A layer on a map of these extents, without taps that never meet it."""
    window = layer.window
    rows, columns = (window.on_axis(axis, extent) for axis, extent in enumerate(extents))
    size = (rows.stop - rows.start, columns.stop - columns.start)
    stride = (rows.stride, columns.stride)
    if isinstance(layer, AvgPool) and layer.count_pads:
        # what never meets the map counts in its means
        return replace(layer, stride=single_strides(window, extents)), p
    if size == layer.taps and stride == window.stride:
        return layer, p
    fields: dict[str, Any] = {"size": size, "stride": stride, "pad": (rows.pad, columns.pad)}
    if window.dilation != (1, 1):
        # one tap is not dilated
        one = [size[axis] == 1 for axis in (0, 1)]
        fields["dilation"] = tuple(1 if one[axis] else window.dilation[axis] for axis in (0, 1))
    if "kernel" in p:
        kernel = p["kernel"][rows.start : rows.stop, columns.start : columns.stop]
        p = {**p, "kernel": kernel}
    return replace(layer, **fields), p


def single_strides(window: Window, extents: Pair) -> Pair:
    """A window's strides, less what leads beyond the map where it has one output."""
    strides = []
    for axis, outputs in enumerate(window.extents(*extents)):
        stride = window.stride[axis]
        if outputs == 1:
            rest = extents[axis] + sum(window.pad[axis]) - window.size[axis]
            stride = min(stride, rest + 1)
        strides.append(stride)
    return strides[0], strides[1]
