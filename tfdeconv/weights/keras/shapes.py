"""Layers that change a map's shape: pools, pads, crops, Flatten and Reshape."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ...formats.checked_json import shown
from ...limits import MAX_AXES, MAX_RESHAPED
from ...network.layers import AvgPool, Flatten, GlobalPool, Identity, MaxPool, Resize, ZeroPad
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Translation, only_input, only_map_shape, pad_of


def pool(layer: type[MaxPool] | type[AvgPool]) -> Translation:
    """The translation of a class that pools in windows."""

    def translate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
        only_map_shape(options, maps)
        size = options.pair("pool_size")
        padding = options.string("padding", "valid")
        stride = options.pair("strides", list(size))
        return [Part(layer(size=size, stride=stride, pad=pad_of(padding)))]

    return translate


def global_pool(layer: type[GlobalPool]) -> Translation:
    """The translation of a class that pools whole maps."""

    def translate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
        only_map_shape(options, maps)
        return [Part(layer(options.flag("keepdims", False)))]

    return translate


def zero_padding(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    only_map_shape(options, maps)
    return [Part(ZeroPad(options.pads("padding")))]


def cropping(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    only_map_shape(options, maps)
    (top, bottom), (left, right) = options.pads("cropping")
    return [Part(ZeroPad(((-top, -bottom), (-left, -right))))]


def up_sampling(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    only_map_shape(options, maps)
    interpolation = options.string("interpolation", "nearest")
    if interpolation != "nearest":
        raise NotUnderstood(f"its interpolation is {shown(interpolation)}")
    return [Part(Resize(interpolation="nearest", factor=options.pair("size", 2)))]


def reshape(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """From a map to a vector, between a vector and a map of one cell, or to the same shape."""
    feature_map = only_input(maps)
    cells = prod(feature_map.shape)
    first = feature_map.channels_first
    height, width, channels = feature_map.shape
    old: tuple[int, ...] = (channels, height, width) if first else feature_map.shape
    if feature_map.vector:
        old = (channels,)
    new = target_shape(options, cells)
    if new == old:
        return [Part(Identity())]
    if feature_map.single_cell and new == (cells, 1, 1):
        # as the layers do that squeeze a map whose channels are first
        return [Part(Identity("map"), channels_first=True)]
    if feature_map.single_cell and new == (cells,):
        return [Part(Identity("vector"))]
    if feature_map.single_cell and new == feature_map.shape:
        return [Part(Identity("map"), channels_first=False)]
    if not feature_map.vector and new == (cells,):
        return [Part(Flatten(channels_first=first))]
    raise NotUnderstood(f"it reshapes {list(old)} to {list(new)}")


def target_shape(options: Options, cells: int) -> tuple[int, ...]:
    """The target of a Reshape, in which -1 stands for what is left of so many cells."""
    target = options.get("target_shape")
    if not isinstance(target, list) or len(target) > MAX_AXES or not all(map(is_extent, target)):
        raise options.error("target_shape", f"up to {MAX_AXES} integers, -1 or from 1")
    known = prod(extent for extent in target if extent > 0)
    return tuple(extent if extent > 0 else cells // known for extent in target)


def is_extent(value: Any) -> bool:
    """Whether a JSON value is the size of an axis, or -1."""
    return type(value) is int and (value == -1 or 1 <= value <= MAX_RESHAPED)
