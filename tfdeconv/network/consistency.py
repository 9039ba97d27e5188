"""Whether a network that was read holds together: layers the engine can run, names, shapes."""

from __future__ import annotations

import math

from ..errors import UserError
from ..limits import MAX_INPUT_VALUES, MAX_MAP_VALUES, MAX_RESIZED, MAX_SPREAD
from .base import INPUT, Layer, Shape, Windowed, times
from .graph import Network
from .layers import (
    CONSTANTS,
    LRN,
    Activation,
    AvgPool,
    BorderPad,
    Channels,
    Conv,
    ConvTranspose,
    DepthwiseConv,
    Resize,
    ZeroPad,
)
from .spans import Window


def check_layer(layer: Layer) -> None:
    """Raises ValueError for a layer that the engine cannot run, whatever its inputs."""
    if isinstance(layer, BorderPad) and min(map(min, layer.pad)) < 0:
        raise ValueError("a BorderPad has a negative pad")
    if isinstance(layer, ZeroPad | ConvTranspose) and not isinstance(layer.pad, tuple):
        raise ValueError(f"expected two pairs as the pad of a {type(layer).__name__}")
    if isinstance(layer, ConvTranspose):
        check_spread(layer.convolution)
    if isinstance(layer, Activation):
        check_constants(layer)
    if isinstance(layer, LRN) and min(layer.around) < 0:
        raise ValueError("a response normalisation has more channels before than in its window")
    if isinstance(layer, Channels) and layer.step == 0:
        raise ValueError("channels are selected with a step of 0")
    if isinstance(layer, Resize):
        check_resize(layer)
    if isinstance(layer, Windowed):
        check_window(layer)


def check_constants(layer: Activation) -> None:
    """Raises ValueError for constants that make no numbers of an activation, or another one."""
    if layer.threshold < 0:
        raise ValueError("an activation has a threshold below 0")
    free = layer.kind == "power" or layer.constant is None
    if layer.kind in CONSTANTS and not free and layer.constant <= 0:  # type: ignore
        raise ValueError("an activation has a constant that is not above 0")
    if layer.kind == "clip" and None not in (layer.floor, layer.ceiling):
        if layer.floor > layer.ceiling:  # type: ignore
            raise ValueError("an activation has a floor above its ceiling")


def check_window(layer: Windowed) -> None:
    """Raises ValueError for a window that the engine cannot move."""
    pad = 0 if isinstance(layer.pad, str) else layer.pad
    window = Window.of(layer.size, layer.stride, pad, layer.dilation)
    if min(map(min, window.pad)) < 0:
        raise ValueError("a layer has a negative pad")
    if isinstance(layer, Conv | DepthwiseConv):
        check_spread(window)
        return
    if isinstance(layer, AvgPool):
        check_uncounted(layer, window)
    for pads, size in zip(window.pad, window.size):
        if max(pads) >= size:
            raise ValueError("a pool has a pad that is not smaller than its window")


def check_spread(window: Window) -> None:
    """Raises ValueError for a kernel that would be kept with too many zeros between its taps."""
    if max(window.stride) > 1 and max(window.dilation) > 1 and max(window.size) > MAX_SPREAD:
        raise ValueError(
            f"a window with both a stride and a dilation has more than {MAX_SPREAD} cells a side"
        )


def check_uncounted(layer: AvgPool, window: Window) -> None:
    """Raises ValueError for cells that do not count but are not in a pad that does."""
    (_, bottom), (_, right) = window.pad
    if layer.uncounted[0] > bottom or layer.uncounted[1] > right:
        raise ValueError("a pool has more uncounted cells than its pad")


def check_resize(layer: Resize) -> None:
    """Raises ValueError for a Resize to no size or to two, and for one that has none."""
    sizes = [size for size in (layer.height, layer.width) if size is not None]
    if len(sizes) != (2 if layer.factor is None else 0):
        raise ValueError("expected either a height and a width or a factor of a Resize")
    if sizes and max(sizes) > MAX_RESIZED:
        raise ValueError(f"a map is resized to more than {MAX_RESIZED:,} rows or columns")
    if layer.factor is not None and (layer.fit != "stretch" or layer.interpolation == "area"):
        raise ValueError("a Resize by a factor has a fit, or the interpolation area")


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
                f"{network.name}'s layer {node.name!r} reads what is not an earlier layer; "
                f"its inputs: {', '.join(node.inputs)[:100]}"
            )
        input_shapes = [shapes[each] for each in node.inputs]
        reason = node.layer.misfit(*input_shapes)
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
