"""Layers of several inputs in a Keras model's JSON: sums, products, concatenations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...network.base import Merge
from ...network.layers import Add, Concatenate, Subtract
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Translation
from .scaling import affine


def merge(layer: Merge) -> Translation:
    """The translation of a class whose inputs are added, multiplied or the like."""

    def translate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
        if len(maps) < 2 or not can_broadcast(maps):
            raise NotUnderstood("its inputs' shapes differ")
        if isinstance(layer, Subtract) and len(maps) != 2:
            raise NotUnderstood(f"it has {len(maps)} inputs")
        return [Part(layer)]

    return translate


def can_broadcast(maps: Sequence[FeatureMap]) -> bool:
    """Whether maps fit: of one size or a single cell, and of the same channels or one."""
    shapes = [feature_map.shape for feature_map in maps]
    height, width, channels = map(max, zip(*shapes))
    for feature_map in maps:
        if feature_map.axes != maps[0].axes:
            return False
        if feature_map.shape[:2] != (height, width) and not feature_map.single_cell:
            return False
        if feature_map.shape[2] not in (1, channels):
            return False
    return True


def scaled_sum(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """The sum of Inception-ResNet: the first input, and the second times `scale`."""
    added = merge(Add())(options, maps[:2])
    if len(maps) != 2:
        raise NotUnderstood(f"it has {len(maps)} inputs")
    channels = maps[1].shape[2]
    scale = [options.number("scale", 1.0)] * channels
    scaled = affine(scale, [0.0] * channels, "/scaled", reads=(1,))
    return [*scaled, *(replace(part, reads=(0,)) for part in added)]


def concatenate(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    first = maps[0]
    options.require_last_axis(first.axes)
    for feature_map in maps:
        if feature_map.shape[:2] != first.shape[:2] or feature_map.vector != first.vector:
            raise NotUnderstood("its inputs' shapes differ")
    return [Part(Concatenate())]
