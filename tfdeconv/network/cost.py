"""What passes through a network will take, from its specs alone: memory and work.

Estimates: of memory what maps, pads and traces come to, of work the multiply-adds. They are made
before anything is computed, so that what cannot be done is known at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from .base import INPUT, Layer, Node, Shape, Windowed
from .layers import AvgPool, Conv, ConvTranspose, DepthwiseConv, MaxPool, Resize
from .spans import Spans, Window

# channels below which a convolution does not become faster
NARROW = 16
# of a trace: the share of the output's bytes, for switches and signs of one byte
TRACE = 4


@dataclass(frozen=True)
class Cost:
    """values: that are in memory at a time; work: multiply-adds, or what takes as long as one."""

    values: int
    work: int
    layer: str  # where most values are needed


def forward_cost(nodes: Sequence[Node], shapes: Mapping[str, Shape], traced: bool) -> Cost:
    """Of one image's pass through the nodes, every pad of which is a number, to the last of them.

    shapes: of all maps, INPUT's too. traced: with what the way back needs.
    """
    last_reader = {name: i for i, node in enumerate(nodes) for name in node.inputs}
    alive = prod(shapes[INPUT])
    most, where = alive, INPUT
    work = 0
    for i, node in enumerate(nodes):
        shape = shapes[node.inputs[0]]
        output = prod(shapes[node.name])
        needed = alive + output + workspace(node.layer, shape)
        if needed > most:
            most, where = needed, node.name
        work += layer_work(node.layer, shape, shapes[node.name])
        alive += output
        if traced:
            alive += output // TRACE
        for name in set(node.inputs):
            if last_reader[name] == i:
                alive -= prod(shapes[name])
    return Cost(most, work, where)


def backward_cost(
    nodes: Sequence[Node], shapes: Mapping[str, Shape], route: Mapping[str, Spans]
) -> Cost:
    """Of one signal's way back from the last node along a route: see receptive_field.route."""
    most, where, work = 0, nodes[-1].name, 0
    for node in reversed(nodes):
        signal = area(route[node.name]) * shapes[node.name][2]
        for name in node.inputs:
            landing = node.layer.through(route[node.name], shapes[name])
            cells = signal + 2 * area(landing) * shapes[name][2]
            if cells > most:
                most, where = cells, node.name
            if isinstance(node.layer, Conv | DepthwiseConv):
                outputs = area(landing) / prod(node.layer.window.stride)
                work += int(outputs * kernel_work(node.layer, shapes[name]))
            elif isinstance(node.layer, ConvTranspose):
                work += area(landing) * prod(node.layer.parameters(shapes[name])["kernel"])
            elif isinstance(node.layer, Resize):
                work += layer_work(node.layer, shapes[name], shapes[node.name])
            else:
                work += cells
    return Cost(most, work, where)


def area(spans: Spans) -> int:
    """Cells of a part of a map."""
    return spans[0].size * spans[1].size


def workspace(layer: Layer, shape: Shape) -> int:
    """Values that a layer needs beside its input and output: the padded map."""
    window = layer.window
    if isinstance(layer, Resize) and not layer.repeats:
        # its rows alone, and the matrices
        height, width, channels = shape
        rows, columns, _ = layer.output_shape(shape)
        return rows * width * channels + rows * height + columns * width
    if not isinstance(layer, Windowed) or window.pad == Window().pad:
        return 0
    height, width, channels = shape
    (top, bottom), (left, right) = window.pad
    return (height + top + bottom) * (width + left + right) * channels


def layer_work(layer: Layer, shape: Shape, output: Shape) -> int:
    """Multiply-adds of a layer's forward pass, or what takes as long."""
    if isinstance(layer, Conv | DepthwiseConv):
        return output[0] * output[1] * kernel_work(layer, shape)
    if isinstance(layer, Resize) and not layer.repeats:
        # a matrix for the rows, then one for the columns
        return prod(shape) * output[0] + prod(output) * shape[1]
    if isinstance(layer, MaxPool | AvgPool):
        # rows first, then columns
        return prod(output) * sum(layer.taps)
    return max(layer.multiply_adds(shape), prod(shape), prod(output))


def kernel_work(layer: Conv | DepthwiseConv, shape: Shape) -> int:
    """Multiply-adds for one cell of the output; counted as more where a kernel is narrow."""
    kernel = layer.parameters(shape)["kernel"]
    inputs, outputs = kernel[2:]
    if isinstance(layer, Conv):
        outputs //= layer.groups
    return prod(kernel) * max(1, NARROW // inputs) * max(1, NARROW // outputs)
