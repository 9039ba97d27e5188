"""Whether a network that was read holds together: layers the engine can run, names, shapes."""

from __future__ import annotations

import math

from ..errors import UserError
from ..limits import MAX_INPUT_VALUES, MAX_MAP_VALUES, MAX_RESIZED
from .base import INPUT, Layer, Merge, Shape, Windowed
from .graph import Network
from .layers import (
    CONSTANTS,
    GLU,
    Activation,
    Channels,
    Concatenate,
    Conv,
    ConvTranspose,
    Dense,
    DepthwiseConv,
    GroupNorm,
    Resize,
    Subtract,
    ZeroPad,
)
from .spans import as_pair


def check_layer(layer: Layer) -> None:
    """Raises ValueError for a layer that the engine cannot run, whatever its inputs."""
    if isinstance(layer, ZeroPad) and not isinstance(layer.pad, tuple):
        raise ValueError("expected two pairs as the pad of a ZeroPad")
    if isinstance(layer, ConvTranspose):
        check_transpose(layer)
    if isinstance(layer, Activation):
        check_constants(layer)
    if isinstance(layer, Channels) and layer.step == 0:
        raise ValueError("channels are taken at a step of 0")
    if isinstance(layer, Resize) and max(layer.height, layer.width) > MAX_RESIZED:
        raise ValueError(f"a map is resized to more than {MAX_RESIZED:,} rows or columns")
    if isinstance(layer, Windowed):
        check_window(layer)


def check_constants(layer: Activation) -> None:
    """Raises ValueError for constants that make no numbers of an activation, or another one."""
    if layer.threshold < 0:
        raise ValueError("an activation has a threshold below 0")
    if layer.kind in CONSTANTS and layer.constant is not None and layer.constant <= 0:
        raise ValueError("an activation has a constant that is not above 0")
    if layer.kind == "clip" and None not in (layer.floor, layer.ceiling):
        if layer.floor > layer.ceiling:  # type: ignore
            raise ValueError("an activation has a floor above its ceiling")


def check_transpose(layer: ConvTranspose) -> None:
    """Raises ValueError for a transposed convolution with cells that nothing is sent to."""
    if not isinstance(layer.pad, tuple):
        raise ValueError("expected two pairs as the pad of a ConvTranspose")
    size, stride, pad, _ = layer.convolution
    for axis in (0, 1):
        if stride[axis] > size[axis] or min(pad[axis]) < 0 or max(pad[axis]) >= size[axis]:
            raise ValueError("a transposed convolution has a stride or pad beyond its window")


def check_window(layer: Windowed) -> None:
    """Raises ValueError for a window that the engine cannot move."""
    stride = as_pair(layer.stride)
    if max(stride) > 1 and max(as_pair(layer.dilation)) > 1:
        raise ValueError("a layer has both a stride and a dilation")
    if isinstance(layer, DepthwiseConv) and stride[0] != stride[1]:
        raise ValueError("a depthwise convolution has strides that differ")
    if layer.pad == "same":
        return
    window = layer.window
    if min(map(min, window.pad)) < 0:
        raise ValueError("a layer has a negative pad")
    if isinstance(layer, Conv | DepthwiseConv):
        return
    for pad, size in zip(window.pad, window.size):
        if max(pad) >= size:
            raise ValueError("a pool has a pad that is not smaller than its window")


def check_graph(network: Network) -> None:
    """Raises UserError unless names, inputs and shapes hold together."""
    if not network.nodes:
        raise UserError(f"{network.name} has no layers that are understood")
    refuse_large_input(network.name, network.input_shape)
    shapes: dict[str, Shape] = {INPUT: network.input_shape}
    for node in network.nodes:
        if node.name in shapes:
            raise UserError(f"{network.name}: two layers are named {node.name!r}")
        if not node.inputs or not shapes.keys() >= set(node.inputs):
            raise UserError(
                f"{network.name}'s layer {node.name!r} reads no earlier layer; "
                f"its inputs: {', '.join(node.inputs)[:100]}"
            )
        input_shapes = [shapes[each] for each in node.inputs]
        reason = misfit(node.layer, input_shapes)
        shape = node.layer.output_shape(*input_shapes)
        if not reason and (min(shape) < 1 or math.prod(shape) > MAX_MAP_VALUES):
            reason = f"its output would be {times(shape)}"
        if reason:
            raise UserError(
                f"{network.name}'s layer {node.name!r} ({type(node.layer).__name__}) does not fit "
                f"its inputs of {' and '.join(map(times, input_shapes))[:200]}: {reason}"
            )
        shapes[node.name] = shape


def refuse_large_input(name: str, shape: Shape) -> None:
    """Raises UserError for images that no network is trained on."""
    if math.prod(shape) > MAX_INPUT_VALUES:
        raise UserError(
            f"{name} takes images of {times(shape)}, expected at most {MAX_INPUT_VALUES:,} values: "
            f"save the model with a smaller input"
        )


def times(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def misfit(layer: Layer, shapes: list[Shape]) -> str:
    """Why a layer cannot have inputs of these shapes; "" if it can."""
    sizes = {shape[:2] for shape in shapes}
    channels = {shape[2] for shape in shapes}
    if isinstance(layer, Subtract) and len(shapes) != 2:
        return "it takes two inputs"
    if isinstance(layer, Merge):
        # an input of 1 x 1, or of one channel, is repeated
        agree = len(sizes - {(1, 1)}) <= 1 and len(channels - {1}) <= 1
        return "" if agree else "their sizes differ"
    if isinstance(layer, Concatenate):
        return "" if len(sizes) == 1 else "their sizes differ"
    if len(shapes) != 1:
        return "it takes one input"
    if isinstance(layer, Dense) and sizes != {(1, 1)}:
        return "it takes vectors"
    if isinstance(layer, Conv) and (shapes[0][2] % layer.groups or layer.filters % layer.groups):
        return f"its {layer.groups} groups do not divide the channels"
    if isinstance(layer, GroupNorm) and shapes[0][2] % layer.groups:
        return f"its {layer.groups} groups do not divide the channels"
    if isinstance(layer, Channels):
        ends = layer.indices[0], layer.indices[-1]
        return "" if 0 <= min(ends) and max(ends) < shapes[0][2] else "it takes more channels"
    if isinstance(layer, GLU) and shapes[0][2] % 2:
        return "it takes an even number of channels"
    return ""
