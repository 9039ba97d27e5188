"""The forward pass of one unit alone, from the part of an image that it sees.

Of each map only the cells of the unit's route (network/receptive_field.py) are computed, for many
versions of that part of an image at a time. A padded layer reads cells outside of its input's map.
On the windows these cells have been computed like all others, from what lies outside of the image
or of the maps before, so each layer puts in their place what it reads there: zeros, or -inf. In one
case: a map of 4 cells, two convolutions of size 3 with pad 1. The unit at position 0 of the second
reads cells -1, 0 and 1 of the first, of which -1 is a pad: it is 0, and not what the first kernel
gives there of its pads at -2 and -1, of cell 0 and of its bias.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from ..network.base import Layer, Node, Shape
from ..network.graph import INPUT
from ..network.layers import MaxPool
from ..network.spans import UNIT, Spans, whole
from ..network.unit_window import all_by_window
from . import dispatch
from .chunks import images_at_once, in_chunks, largest_window
from .deconvnet import Deconvnet
from .patches import without_pads
from .projection import boxes
from .types import Positions, ShapesByLayer, Tensors
from .windows import cell_indices, move


class UnitForward:
    """The units of a deconvnet's target in versions of one image.

    size: height and width of the image. All of the network is computed for each version where a
    unit sees the whole image, or a layer is none of which a window can be computed by itself.

    >>> from tfdeconv.network.graph import Builder
    >>> from tfdeconv.network.layers import Conv
    >>> builder = Builder("tiny", (4, 4, 1))
    >>> layer = builder.add("conv", Conv(1, 3, pad=1))
    >>> weights = {"conv": {"kernel": np.ones((3, 3, 1, 1)), "bias": np.zeros(1)}}
    >>> units = UnitForward(Deconvnet(builder.network(), weights, "conv"), (4, 4))
    >>> units.box((0, 3)).tolist()
    [-1, 2, 2, 5]
    >>> units.activations(np.ones((1, 3, 3, 1)), (0, 3), 0).tolist()
    [4.0]
    """

    def __init__(self, deconvnet: Deconvnet, size: tuple[int, int]) -> None:
        self.deconvnet = deconvnet
        self.size = size
        self._passes = deconvnet._passes
        self._shapes = deconvnet.network.input_shapes(deconvnet.target, *size)
        self._nodes = self._passes.graphs.nodes(self._shapes, deconvnet.target)
        self._route = self._passes.route(deconvnet.target, UNIT, self._shapes)
        sees_all = self._route[INPUT] == whole(self._shapes[INPUT])
        self.windowed = all_by_window(self._nodes) and not sees_all

    def box(self, position: tuple[int, int]) -> np.ndarray:
        """What a unit needs of the image: top, left, bottom, right, possibly outside of it."""
        if not self.windowed:
            return np.array((0, 0, *self.size), np.int32)
        return boxes(self._route[INPUT], np.array(position))

    def field(self, position: tuple[int, int]) -> np.ndarray:
        """A unit's receptive field, borders ignored: as box()."""
        fields = self._passes.receptive_field(self.deconvnet.target, UNIT, self._shapes)
        return boxes(fields, np.array(position))

    def activations(
        self, patches: np.ndarray, position: tuple[int, int], channel: int
    ) -> np.ndarray:
        """A unit's activation [k] in k versions of its box: patches [k, height, width, c].

        Equal, but for rounding, to that of whole images with the patch in the box's place; what a
        patch has outside of the image counts nothing.
        """
        patches = np.asarray(patches, self._passes.dtype.as_numpy_dtype)
        if not self.windowed:
            y = self._passes.target_maps(patches, self._shapes)
            return y[:, position[0], position[1], channel]
        graph = self._graph()
        place = [tf.constant([value], tf.int32) for value in position]

        def compute(start: int, stop: int, index: np.ndarray) -> np.ndarray:
            y = graph(tf.constant(patches[index]), *place)
            return y[: stop - start, 0, 0, channel].numpy()

        size = images_at_once(largest_window(self._route, self._shapes) * self._passes.dtype.size)
        chunks = in_chunks(len(patches), size, self._passes.jit, compute)
        return np.concatenate([part for _, _, part in chunks])

    def _graph(self) -> Callable:
        """Patches and the unit's row and column [1] -> the target's map of that one cell."""
        graphs = self._passes.graphs
        shapes, route, nodes = self._shapes, self._route, self._nodes

        def forward(parameters, patches, row, column):
            return unit_forward(nodes, parameters, patches, (row, column), route, shapes)

        rows, columns = route[INPUT]
        return graphs._compiled(
            ("unit", shapes[INPUT]),
            forward,
            nodes,
            graphs.sized(shapes).parameters,
            tf.TensorSpec((None, rows.size, columns.size, shapes[INPUT][2]), self._passes.dtype),
            *[tf.TensorSpec((1,), tf.int32)] * 2,
        )


def unit_forward(
    nodes: Sequence[Node],
    parameters: Tensors,
    patches: tf.Tensor,
    positions: Positions,
    route: Mapping[str, Spans],
    shapes: ShapesByLayer,
) -> tf.Tensor:
    """Patches [k, p, q, c] of the image on their spans of the route -> the last node's on its own.

    positions: row and column [1] of the unit in the last map; shapes: those of the whole maps.
    """
    maps = {INPUT: patches}
    for node in nodes:
        layer, spans = node.layer, route[node.name]
        inputs = []
        for name in node.inputs:
            landing = layer.through(spans, shapes[name])
            values = move(maps[name], route[name], landing, positions)
            inputs.append(with_pads(layer, values, landing, shapes[name], positions))
        y, _trace = dispatch.forward(without_pads(layer), parameters[node.name], *inputs, rule=None)
        # of what depends on all of a map, all was computed
        taken = layer.taken(spans, shapes[node.name])
        maps[node.name] = move(y, taken, spans, positions)
    return maps[nodes[-1].name]


def with_pads(
    layer: Layer, values: tf.Tensor, spans: Spans, shape: Shape, positions: Positions
) -> tf.Tensor:
    """What a layer reads of an input on some spans, with its pads where these leave the map."""
    if layer.window.pad == ((0, 0), (0, 0)):
        return values
    # a maximum is never one of the pads'
    outside = tf.constant(float("-inf") if isinstance(layer, MaxPool) else 0.0, values.dtype)
    row_index, column_index = (cell_indices(*each) for each in zip(spans, positions))
    in_rows = (row_index >= 0) & (row_index < shape[0])
    in_columns = (column_index >= 0) & (column_index < shape[1])
    inside = in_rows[:, :, None, None] & in_columns[:, None, :, None]
    return tf.where(inside, values, outside)
