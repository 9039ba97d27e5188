"""What a layer of Keras's becomes: layers of this program's, and how their parameters are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...formats.checked_json import shown
from ...network.base import Layer, Pad, Shape
from .options import FeatureMap, NotUnderstood, Options


@dataclass(frozen=True)
class Recipe:
    """How a parameter is made from a layer's variables.

    variables: which of them, by position. make: from their values to the parameter's; None: the one
    variable as it is. shape: of what is made; None: that of the variables, with so many leading
    axes of one cell before it.
    """

    variables: tuple[int, ...]
    make: Callable[..., np.ndarray] | None = None
    shape: tuple[int, ...] | None = None
    leading_axes: int = 0


@dataclass(frozen=True)
class Part:
    """One of the layers that a layer of Keras's becomes; most become one.

    Parts follow one another, and the last has the layer's name without a suffix. reads: the inputs
    of Keras's layer that this part reads, by position, besides the part before it; None: the first
    part reads all of them, later parts none. plane: whether its output has no axis of channels in
    Keras; channels_first: whether they are its first axis there; None: as its inputs.
    """

    layer: Layer
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    suffix: str = ""
    reads: tuple[int, ...] | None = None
    plane: bool | None = None
    channels_first: bool | None = None


# from a layer's options and inputs to its parts; raises NotUnderstood
Translation = Callable[[Options, Sequence[FeatureMap]], list[Part]]


def trained_part(layer: Layer, shape: Shape, suffix: str = "", first_variable: int = 0) -> Part:
    """A layer whose parameters are the variables in their order, from `first_variable` on."""
    recipes: dict[str, Recipe] = {}
    for position, name in enumerate(layer.parameters(shape), start=first_variable):
        recipes[name] = Recipe((position,))
    return Part(layer, recipes, suffix)


def with_leading_axes(part: Part, count: int) -> Part:
    """A part whose parameters have so many axes of one cell more than the variables they are."""
    recipes: dict[str, Recipe] = {}
    for name, recipe in part.recipes.items():
        recipes[name] = replace(recipe, leading_axes=count)
    return replace(part, recipes=recipes)


def only_input(maps: Sequence[FeatureMap]) -> FeatureMap:
    """The input of a layer that takes one."""
    if len(maps) != 1:
        raise NotUnderstood(f"it has {len(maps)} inputs")
    return maps[0]


def only_map_shape(options: Options, maps: Sequence[FeatureMap]) -> Shape:
    """The shape of the input of a layer that takes one map with height and width."""
    options.require_channels_last()
    if len(maps) != 1 or maps[0].vector:
        raise NotUnderstood("it needs one input of height, width and channels")
    return maps[0].shape


def pad_of(padding: str) -> Pad:
    """The pad that Keras's name of a padding stands for."""
    if padding == "valid":
        return 0
    if padding == "same":
        return "same"
    raise NotUnderstood(f"its padding is {shown(padding)}")
