"""Layers that change a map's shape in a Keras model's JSON: pools, pads, crops, Reshape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ...limits import MAX_AXES, MAX_EXTENT, MAX_RESHAPED
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from .convolutions import pad_of
from .layer_operations import LayerOperations
from .options import FIRST, Options

Translation = Callable[[LayerOperations], None]


def pool(kind: Literal["max", "mean"]) -> Translation:
    """The translation of a class that pools in windows."""

    def translate(layer: LayerOperations) -> None:
        options = layer.options
        size = options.pair("pool_size")
        pad = pad_of(options.string("padding", "valid"))
        stride = options.pair("strides", list(size))
        layer.add(kinds.Pooling(kind, options.channel_axis, size, stride, pad), layer.x)

    return translate


def global_pool(kind: Literal["max", "mean"]) -> Translation:
    """The translation of a class that pools whole maps."""

    def translate(layer: LayerOperations) -> None:
        options = layer.options
        numbers = options.by_axis(True, True, False)
        axes = tuple(number for number, is_cell in enumerate(numbers) if is_cell)
        layer.add(kinds.Reduction(kind, axes, options.flag("keepdims", False)), layer.x)

    return translate


def zero_padding(layer: LayerOperations) -> None:
    pads = layer.options.by_axis(*layer.options.pads("padding"), (0, 0))
    layer.add(kinds.Padding(pads), layer.x)


def cropping(layer: LayerOperations) -> None:
    (top, bottom), (left, right) = layer.options.pads("cropping")
    pads = layer.options.by_axis((-top, -bottom), (-left, -right), (0, 0))
    layer.add(kinds.Padding(pads), layer.x)


def flatten(layer: LayerOperations) -> None:
    """In the order of the map's axes; channels_first moves the channels behind them before."""
    x = layer.x
    if layer.options.layout == FIRST:
        x = layer.add(kinds.MovedAxis(1, -1), x, suffix="/moved")
    layer.add(kinds.Flattened(1), x)


def permute(layer: LayerOperations) -> None:
    add_transpose(layer, [0, *axes_in_order(layer.options, "dims")])


def transpose(layer: LayerOperations) -> None:
    """The function, whose axes have the batch's among them."""
    add_transpose(layer, axes_in_order(layer.options, "axes"))


def axes_in_order(options: Options, key: str) -> list[int]:
    axes = options.get(key)
    if not isinstance(axes, list) or not all(type(axis) is int for axis in axes):
        raise options.error(key, "a list of axes")
    return axes


def add_transpose(layer: LayerOperations, axes: list[int]) -> None:
    if axes[:1] != [0] or min(axes) < 0:
        raise NotUnderstood(f"it permutes the axes to {axes}, which is not understood")
    layer.add(kinds.Transpose(tuple(axes)), layer.x)


def reshape(layer: LayerOperations) -> None:
    target = target_shape(layer.options)
    layer.add(kinds.Reshape((0, *target), copy_zeros=True), layer.x)


def target_shape(options: Options) -> list[int]:
    """The target of a Reshape, in which -1 stands for what is left."""
    target = options.get("target_shape")
    if not isinstance(target, list) or len(target) > MAX_AXES or not all(map(is_extent, target)):
        raise options.error("target_shape", f"up to {MAX_AXES} integers, -1 or from 1")
    return target


def is_extent(value: Any) -> bool:
    """Whether a JSON value is the size of an axis, or -1."""
    return type(value) is int and (value == -1 or 1 <= value <= MAX_RESHAPED)


def rearrangement(kind: type[kinds.DepthToSpace] | type[kinds.SpaceToDepth]) -> Translation:
    """The translation of a function that makes blocks of cells of channels, or the opposite."""

    def translate(layer: LayerOperations) -> None:
        block = layer.options.integer("block_size", MAX_EXTENT)
        layer.add(kind(layer.options.channel_axis, block, "dcr"), layer.x)

    return translate
