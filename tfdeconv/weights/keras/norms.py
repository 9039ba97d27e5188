"""Norms whose statistics are the map's own, in a Keras model's JSON."""

from __future__ import annotations

from collections.abc import Sequence

from ...formats.checked_json import shown
from ...limits import MAX_CHANNELS
from ...network.layers import Affine, GroupNorm, LayerNorm, RMSNorm, UnitNorm
from .options import FeatureMap, NotUnderstood, Options
from .parts import Part, Recipe, only_input, trained_part
from .scaling import constant

# all axes of a map, as Keras counts them
ALL_AXES = ([1, 2, 3], [-3, -2, -1])


def epsilon_of(options: Options, default: float) -> float:
    epsilon = options.number("epsilon", default)
    if epsilon < 0:
        raise options.error("epsilon", "a number of at least 0")
    return epsilon


def layer_normalization(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """Over the channels of each cell, or over all axes."""
    feature_map = only_input(maps)
    if options.flag("rms_scaling", False):
        raise NotUnderstood("its rms_scaling is true")
    epsilon = epsilon_of(options, 1e-3)
    scale = options.flag("scale", True)
    center = options.flag("center", True)
    axis = options.get("axis", -1)
    if not feature_map.vector and axis in ALL_AXES:
        over_all = GroupNorm(1, epsilon, scale, center, by_cell=True)
        return [trained_part(over_all, feature_map.shape)]
    options.require_last_axis(feature_map.axes)
    return [trained_part(LayerNorm(epsilon, scale, center), feature_map.shape)]


def group_normalization(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    feature_map = only_input(maps)
    channels = feature_map.shape[2]
    options.require_last_axis(feature_map.axes)
    groups = channels
    # -1 stands for as many as channels
    if options.get("groups") != -1:
        groups = options.integer("groups", MAX_CHANNELS, 32)
    if channels % groups:
        raise options.error("groups", f"a divisor of its {channels} channels")
    epsilon = epsilon_of(options, 1e-3)
    layer = GroupNorm(groups, epsilon, options.flag("scale", True), options.flag("center", True))
    return [trained_part(layer, feature_map.shape)]


def rms_normalization(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    feature_map = only_input(maps)
    options.require_last_axis(feature_map.axes)
    return [trained_part(RMSNorm(epsilon_of(options, 1e-6)), feature_map.shape)]


def unit_normalization(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    options.require_last_axis(only_input(maps).axes)
    return [Part(UnitNorm())]


def layer_scale(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """ConvNeXt's: its one variable times the channels."""
    channels = only_input(maps).shape[2]
    if options.get("projection_dim") != channels:
        raise NotUnderstood(f"its projection_dim is {shown(options.get('projection_dim'))}")
    recipes = {"scale": Recipe((0,)), "shift": constant([0.0] * channels)}
    return [Part(Affine(), recipes)]


def caffe_scale(options: Options, maps: Sequence[FeatureMap]) -> list[Part]:
    """The layer `Scale` of Keras ports of Caffe's ResNets: gamma times the channels, plus beta.

    Keras has no such layer: the class is every port's own, and known by what it writes down.
    """
    if options.get("momentum") is None:
        raise NotUnderstood("its class is Scale, and not the one of Caffe's ResNets")
    options.require_last_axis(only_input(maps).axes)
    return [Part(Affine(), {"scale": Recipe((0,)), "shift": Recipe((1,))})]
