"""What passes through a network will take, from its specs alone: memory and work.

Estimates: of memory what maps, pads and traces come to, of work the multiply-adds. They are made
before anything is computed, so that what cannot be done is known at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from .base import INPUT, Layer, Node, Shape, Windowed
from .layers import (
    GLU,
    LRN,
    Activation,
    AvgPool,
    Conv,
    ConvTranspose,
    DepthwiseConv,
    GroupNorm,
    LayerNorm,
    LogSoftmax,
    MaxPool,
    PReLU,
    Resize,
    RMSNorm,
    Softmax,
    UnitNorm,
)
from .spans import Pair, Spans, Window

# channels below which a convolution does not become faster
NARROW = 16
# values of switches or signs, of a byte each, that take as much as one value of a map
BYTES = 4
# layers whose traces are numbers, as many as the output's
OF_NUMBERS = (GLU, LRN, GroupNorm, LayerNorm, LogSoftmax, PReLU, RMSNorm, Softmax, UnitNorm)


@dataclass(frozen=True)
class Cost:
    """values: that are in memory at a time; work: multiply-adds, or what takes as long as one."""

    values: int
    work: int
    layer: str  # where most values are needed


def forward_cost(
    nodes: Sequence[Node],
    shapes: Mapping[str, Shape],
    traced: bool,
    masked: bool = True,
    unrolled: bool = False,
) -> Cost:
    """Of one image's pass through the nodes, every pad of which is a number, to the last of them.

    shapes: of all maps, INPUT's too, which stands for what the first node reads. traced: with what
    the way back needs; masked: by a rule that masks. unrolled: with the matrix of a convolution's
    windows that some of TensorFlow's kernels make, of one image at a time.
    """
    last_reader = {name: i for i, node in enumerate(nodes) for name in node.inputs}
    alive = prod(shapes[INPUT])
    most, where = alive, INPUT
    work = 0
    for i, node in enumerate(nodes):
        shape = shapes[node.inputs[0]]
        output = prod(shapes[node.name])
        needed = alive + output + workspace(node.layer, shape)
        if unrolled and isinstance(node.layer, Conv):
            needed += window_values(node.layer, shape, shapes[node.name])
        if needed > most:
            most, where = needed, node.name
        work += layer_work(node.layer, shape, shapes[node.name])
        alive += output
        if traced:
            alive += trace_values(node.layer, output, masked)
        for name in set(node.inputs):
            if last_reader[name] == i:
                alive -= prod(shapes[name])
    return Cost(most, work, where)


def windows_work(
    nodes: Sequence[Node], shapes: Mapping[str, Shape], extents: Mapping[str, Pair]
) -> int:
    """Multiply-adds of a pass that computes a window of each map alone: its rows and columns.

    nodes, shapes: as of forward_cost().
    """
    work = 0.0
    for node in nodes:
        output = shapes[node.name]
        share = prod(extents[node.name]) / prod(output[:2])
        work += share * layer_work(node.layer, shapes[node.inputs[0]], output)
    return int(work)


def backward_cost(
    nodes: Sequence[Node],
    shapes: Mapping[str, Shape],
    route: Mapping[str, Spans],
    unrolled: bool = False,
) -> Cost:
    """Of one signal's way back from the last node along a route: see receptive_field.route.

    unrolled: as in forward_cost().
    """
    most, where, work = 0, nodes[-1].name, 0
    for node in reversed(nodes):
        signal = area(route[node.name]) * shapes[node.name][2]
        for name in node.inputs:
            landing = node.layer.through(route[node.name], shapes[name])
            cells = signal + 2 * area(landing) * shapes[name][2]
            needed = cells
            if unrolled and isinstance(node.layer, Conv):
                needed += transposed_window_values(node.layer, landing, shapes[node.name][2])
            if needed > most:
                most, where = needed, node.name
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


def trace_values(layer: Layer, output: int, masked: bool) -> int:
    """What a layer's trace takes, as values of a map. output: values of its output."""
    if isinstance(layer, MaxPool):
        return output // BYTES
    if isinstance(layer, OF_NUMBERS):
        return output
    activation = layer if isinstance(layer, Activation) else getattr(layer, "activation", None)
    if activation is None:
        return 0
    if activation.kind == "relu":
        return output // BYTES if masked else 0
    return output


def window_values(layer: Conv, shape: Shape, output: Shape) -> int:
    """The windows of a convolution as a matrix; none of a kernel of one cell."""
    taps = prod(layer.taps)
    return output[0] * output[1] * taps * shape[2] if taps > 1 else 0


def transposed_window_values(layer: Conv, landing: Spans, channels: int) -> int:
    """The windows of a convolution's transpose by phases as a matrix: see ops/convolution.py.

    channels: of the signal.
    """
    taps = layer.taps
    if prod(taps) == 1:
        return 0
    strides = layer.window.stride
    phase_taps = prod(-(-size // stride) for size, stride in zip(taps, strides))
    return area(landing) // prod(strides) * phase_taps * channels


def workspace(layer: Layer, shape: Shape) -> int:
    """Values that a layer needs beside its input and output: the map padded, or taken apart."""
    window = layer.window
    if isinstance(layer, Conv):
        # its pads are the kernel's own affair
        return 0
    if isinstance(layer, Resize) and not layer.repeats:
        # its rows alone, and the matrices
        height, width, channels = shape
        rows, columns, _ = layer.output_shape(shape)
        return rows * width * channels + rows * height + columns * width
    if not isinstance(layer, Windowed):
        return 0
    if window.pad == Window().pad and not isinstance(layer, MaxPool):
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
