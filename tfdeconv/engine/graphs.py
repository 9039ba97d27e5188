"""The compiled graphs of a network: made when they are first called for, once for each size.

Forward and backward are two graphs, so that one forward pass serves many units. The weights are
captured as tensors (numpy arrays would be constants in each graph), and everything that differs
from call to call is a tensor argument (a Python number would make a new graph).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import tensorflow as tf

from ..network.base import Layer, Node, Shape
from ..network.graph import INPUT, Network
from ..network.spans import Spans
from ..network.strips import Segment
from . import cropping, dispatch, finite, passes, strips
from .cropping import SizedNetwork
from .rules import Rule
from .types import Parameters, ShapesByLayer, Tensors, Traces


@dataclass
class Graphs:
    """Of one network, folded already. shapes, in all methods: of all maps for one size of image.

    entry: the map from which on the network is computed, or down to which a signal goes back.
    """

    network: Network
    parameters: Tensors
    layers: Sequence[str]  # those whose maps the forward pass returns, the target last
    rule: Rule
    dtype: tf.DType
    jit: bool
    eager: bool  # nothing is compiled
    made: dict[tuple, Callable] = field(default_factory=dict)
    _sized: dict[Shape, SizedNetwork] = field(default_factory=dict)
    _prepared: dict[str, Parameters] = field(default_factory=dict)

    def sized(self, shapes: ShapesByLayer) -> SizedNetwork:
        """The network for images of one size."""
        image = shapes[INPUT]
        if image not in self._sized:
            self._sized[image] = cropping.size(self.network, self.parameters, shapes)
        return self._sized[image]

    def nodes(self, shapes: ShapesByLayer, layer: str, entry: str = INPUT) -> Sequence[Node]:
        """What is computed between the entry and a layer."""
        nodes = self.sized(shapes).cropped.up_to(layer)
        names = [node.name for node in nodes]
        return nodes[names.index(entry) + 1 :] if entry in names else nodes

    def forward(self, shapes: ShapesByLayer, traced: bool, entry: str = INPUT) -> Callable:
        """The entry's maps -> the maps of all layers, and the traces by layer.

        Not traced: the map of the target alone, no traces.
        """
        key = ("forward", shapes[INPUT], traced)
        if key not in self.made:
            sized = self.sized(shapes)
            nodes = self.nodes(shapes, self.layers[-1], entry)
            rule = self.rule if traced else None
            layers = self.layers if traced else self.layers[-1:]

            def forward(x):
                return passes.forward_maps(nodes, sized.parameters, x, rule, layers, entry)

            images = tf.TensorSpec((None, *shapes[entry]), self.dtype)
            self.made[key] = self._compile(forward, images)
        return self.made[key]

    def backward(
        self,
        shapes: ShapesByLayer,
        route: Mapping[str, Spans],
        traces: Traces,
        layer: str,
        entry: str = INPUT,
    ) -> Callable:
        """Traces and items of a layer -> patches of the entry.

        Items: seeds [k, n, m], and image, channel, row and column [k].
        """
        key = ("backward", shapes[INPUT], layer, route[layer], entry)
        if key not in self.made:
            sized = self.sized(shapes)
            nodes = self.nodes(shapes, layer, entry)
            parameters = self._backward_parameters(sized)
            channels = shapes[layer][2]

            def backward(traces, seeds, image, channel, row, column):
                one_channel = tf.one_hot(channel, channels, dtype=self.dtype)
                signal = seeds[..., None] * one_channel[:, None, None]
                places = (row, column)
                return passes.backward(
                    nodes,
                    parameters,
                    traces,
                    signal,
                    image,
                    places,
                    self.rule,
                    route,
                    shapes,
                    entry,
                )

            extents = [span.size for span in route[layer]]
            self.made[key] = self._compile(
                backward,
                tf.nest.map_structure(any_batch, traces),
                tf.TensorSpec((None, *extents), self.dtype),
                *[tf.TensorSpec((None,), tf.int32)] * 4,
            )
        return self.made[key]

    def strip_forward(self, segment: Segment, shapes: ShapesByLayer, traced: bool) -> Callable:
        """A strip of the segment's entry, and its number [1] -> own rows of the end and traces."""
        key = ("strip forward", shapes[INPUT], segment.entry, traced)
        if key not in self.made:
            parameters = self.sized(shapes).parameters
            rule = self.rule if traced else None

            def forward(strip, number):
                return strips.strip_forward(segment, parameters, strip, number, rule, shapes)

            rows = segment.forward[segment.entry][0].size
            self.made[key] = self._compile(
                forward,
                tf.TensorSpec((None, rows, *shapes[segment.entry][1:]), self.dtype),
                tf.TensorSpec((1,), tf.int32),
            )
        return self.made[key]

    def strip_backward(self, segment: Segment, shapes: ShapesByLayer, traces: Traces) -> Callable:
        """Traces, a strip of the end's signal, image and number [1] -> rows of the entry."""
        key = ("strip backward", shapes[INPUT], segment.entry)
        if key not in self.made:
            parameters = self._backward_parameters(self.sized(shapes))
            route = segment.backward

            def backward(traces, signal, image, number):
                places = (number, tf.zeros_like(number))
                nodes = segment.nodes
                return passes.backward(
                    nodes,
                    parameters,
                    traces,
                    signal,
                    image,
                    places,
                    self.rule,
                    route,
                    shapes,
                    segment.entry,
                )

            rows = route[segment.end][0].size
            self.made[key] = self._compile(
                backward,
                tf.nest.map_structure(any_batch, traces),
                tf.TensorSpec((1, rows, *shapes[segment.end][1:]), self.dtype),
                *[tf.TensorSpec((1,), tf.int32)] * 2,
            )
        return self.made[key]

    def _backward_parameters(self, sized: SizedNetwork) -> Tensors:
        """The parameters as backward takes them; those of all sizes are made once."""
        prepared = {}
        for node in sized.cropped.nodes:
            p = sized.parameters[node.name]
            if p is not self.parameters[node.name]:
                prepared[node.name] = self._prepare(node.layer, p)
                continue
            if node.name not in self._prepared:
                self._prepared[node.name] = self._prepare(node.layer, p)
            prepared[node.name] = self._prepared[node.name]
        return prepared

    def _prepare(self, layer: Layer, p: Parameters) -> Parameters:
        if self.eager:
            p = finite.without_infinite(p)
        return dispatch.prepare(layer, p)

    def _compile(self, function: Callable, *specs) -> Callable:
        if self.eager:
            return function
        graph = tf.function(function, jit_compile=self.jit, autograph=False)
        return graph.get_concrete_function(*specs)


def any_batch(tensor: tf.Tensor) -> tf.TensorSpec:
    """The tensor's type, with any first extent."""
    return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)
