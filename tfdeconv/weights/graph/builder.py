"""The nodes that a graph becomes, as far as its operations have been read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_JOINED, MAX_MAP_VALUES, MAX_NAME
from ...network.base import INPUT, Layer, Node, Shape
from ...network.consistency import times
from ...network.layers import ACTIVATIONS, Activation, Concatenate
from ...network.serialization import layer_entry, layer_of
from .feature_map import FeatureMap
from .not_understood import NotUnderstood
from .operation import Constant, Parameter


@dataclass(frozen=True)
class Unavailable:
    """Instead of a tensor: the operation that is left out. detail: what it is, and why."""

    name: str
    detail: str


# what is known of a tensor
Value = FeatureMap | Constant | Unavailable


class NodeBuilder:
    """The nodes of a network, one after the other, and where their parameters come from."""

    def __init__(self, image: FeatureMap, any_size: bool = False) -> None:
        self.image = image
        # what holds for one size of image alone is not understood
        self.any_size = any_size
        self.nodes: dict[str, Node] = {}
        self.parameters: dict[str, Mapping[str, Parameter]] = {}
        self.shapes: dict[str, Shape] = {INPUT: image.shape}
        self.vectors: set[str] = set()
        self.single_cells: set[str] = set()
        # nodes that others read
        self.read: set[str] = set()

    def add(
        self,
        name: str,
        layer: Layer,
        inputs: Sequence[FeatureMap],
        parameters: Mapping[str, Parameter],
    ) -> FeatureMap:
        """Adds a node, and returns its map with its own axes, which are the caller's to say.

        Raises NotUnderstood for a layer that does not fit its inputs, and UserError for a map that
        is too large.
        """
        shapes = [feature_map.shape for feature_map in inputs]
        if isinstance(layer, Activation) and layer.kind not in ACTIVATIONS:
            raise NotUnderstood(f"its function {layer.kind} is not understood")
        check_values(layer)
        reason = layer.misfit(*shapes)
        if reason:
            found = " and ".join(map(times, shapes))[:200]
            raise NotUnderstood(f"it does not fit its inputs of {found}: {reason}")
        shape = self.checked_shape(name, layer, shapes)
        expected = layer.parameters(shapes[0])
        check_parameters(expected, parameters)
        if name in self.shapes or len(name) > MAX_NAME or not name.isprintable() or not name:
            raise UserError(
                f"the model has two layers called {shown(name[:MAX_NAME])}, or a name too long"
            )
        names = tuple(feature_map.node for feature_map in inputs)
        self.nodes[name] = Node(name, layer, names)
        self.shapes[name] = shape
        self.read.update(names)
        if expected:
            self.parameters[name] = {key: parameters[key] for key in expected}
        vector = layer.vector
        if vector is None:
            vector = shape[:2] == (1, 1) and self.vectors.issuperset(names)
        single_cell = self.single_cells.issuperset(names)
        if layer.vector is not None or is_fixed(layer):
            single_cell = True
        single_cell = single_cell and shape[:2] == (1, 1)
        if vector:
            self.vectors.add(name)
        if single_cell:
            self.single_cells.add(name)
        batch = inputs[0].batch
        feature_map = FeatureMap(name, shape, (), vector, single_cell, batch)
        return feature_map.with_axes(feature_map.canonical_axes(3))

    def checked_shape(self, name: str, layer: Layer, shapes: Sequence[Shape]) -> Shape:
        """The shape of a layer's output, which is not empty and not too large."""
        shape = layer.output_shape(*shapes)
        if min(shape) < 1:
            height, width, _ = shapes[0]
            raise NotUnderstood(f"its output for an input of {height} x {width} would be empty")
        most = MAX_JOINED if isinstance(layer, Concatenate) else MAX_MAP_VALUES
        if math.prod(shape) > MAX_MAP_VALUES or shape[2] > most:
            extents = " x ".join(map(shown, shape))
            raise UserError(
                f"layer {name}: its output of {extents} is too large, expected at most "
                f"{MAX_MAP_VALUES:,} cells in {most:,} channels"
            )
        return shape


def check_values(layer: Layer) -> None:
    """Raises NotUnderstood for numbers that no layer has, as where one is read from a file.

    A stride of 0, a pool of 2 ** 60 rows, a slope that is no number.
    """
    try:
        layer_of(json.loads(json.dumps(layer_entry(layer))))
    except ValueError as error:
        raise NotUnderstood(str(error)) from None


def is_fixed(layer: Layer) -> bool:
    """Whether a layer's output has a size of its own, whatever its input's."""
    return layer.whole_map and layer.output_shape((2, 3, 4))[:2] == (1, 1)


def check_parameters(
    expected: Mapping[str, tuple[int, ...]], parameters: Mapping[str, Parameter]
) -> None:
    """Raises NotUnderstood for constants of other shapes than a layer's parameters."""
    for key, shape in expected.items():
        parameter = parameters[key]
        found = parameter.shape
        if found is None and parameter.constants[0].shape is not None:
            found = (1,) * parameter.leading_axes + parameter.constants[0].shape
        if found is not None and found != shape:
            raise NotUnderstood(f"its {key} has the shape {list(found)}, expected {list(shape)}")
