"""The compiled graphs of a network: made when they are first called for, once for each size.

Forward and backward are two graphs, so that one forward pass serves many units. Everything that
differs from call to call is a tensor argument (a Python number would make a new graph), and so are
the parameters: other weights of the same shapes are computed by the same graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import tensorflow as tf

from ..network.base import Layer, Node, Shape
from ..network.graph import INPUT, Network
from ..network.spans import Spans
from ..network.strips import Segment
from . import compilation, cropping, dispatch, finite, narrowing, passes, strips
from .cropping import SizedNetwork
from .precision import in_precision
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

    def with_parameters(self, parameters: Tensors) -> Graphs:
        """The same graphs, those made later too, for other parameters of the same shapes."""
        prepared = {}
        for layer, p in self._prepared.items():
            if parameters[layer] is self.parameters[layer]:
                prepared[layer] = p
        return replace(self, parameters=parameters, _sized={}, _prepared=prepared)

    def sized(self, shapes: ShapesByLayer) -> SizedNetwork:
        """The network for images of one size."""
        image = shapes[INPUT]
        if image not in self._sized:
            self._sized[image] = cropping.size(self.network, self.parameters, shapes)
        return self._sized[image]

    def of_channels(self, channels: np.ndarray, shapes: ShapesByLayer) -> Graphs:
        """The same graphs, for these of the target's channels alone and images of one size."""
        sized = self.sized(shapes)
        target = self.layers[-1]
        p = narrowing.filters_of(sized.parameters[target], channels)
        narrowed = replace(sized, parameters={**sized.parameters, target: p})
        return replace(self, _sized={shapes[INPUT]: narrowed})

    @property
    def open_layer(self) -> str:
        """The target, if the graphs leave its number of channels open; otherwise ""."""
        target = self.layers[-1]
        # XLA would compile each number anew
        can_be = not self.jit and narrowing.is_narrowable(self.network.node(target).layer)
        return target if can_be else ""

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
        nodes = self.nodes(shapes, self.layers[-1], entry)
        rule = self.rule if traced else None
        layers = self.layers if traced else self.layers[-1:]

        def forward(parameters, x):
            return passes.forward_maps(nodes, parameters, x, rule, layers, entry)

        images = tf.TensorSpec((None, *shapes[entry]), self.dtype)
        parameters = self.sized(shapes).parameters
        return self._compiled(key, forward, nodes, parameters, images)

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
        nodes = self.nodes(shapes, layer, entry)

        def backward(parameters, traces, seeds, image, channel, row, column):
            depth = shapes[layer][2]
            if layer == self.open_layer:
                depth = tf.shape(parameters[layer]["kernel"])[3]
            one_channel = tf.one_hot(channel, depth, dtype=self.dtype)
            signal = seeds[..., None] * one_channel[:, None, None]
            places = (row, column)
            return passes.backward(
                nodes, parameters, traces, signal, image, places, self.rule, route, shapes, entry
            )

        extents = [span.size for span in route[layer]]
        return self._compiled(
            key,
            backward,
            nodes,
            self._backward_parameters(self.sized(shapes)),
            narrowing.trace_specs(traces, self.open_layer),
            tf.TensorSpec((None, *extents), self.dtype),
            *[tf.TensorSpec((None,), tf.int32)] * 4,
        )

    def strip_forward(self, segment: Segment, shapes: ShapesByLayer, traced: bool) -> Callable:
        """A strip of the segment's entry, and its number [1] -> own rows of the end and traces."""
        key = ("strip forward", shapes[INPUT], segment.entry, traced)
        rule = self.rule if traced else None

        def forward(parameters, strip, number):
            return strips.strip_forward(segment, parameters, strip, number, rule, shapes)

        rows = segment.forward[segment.entry][0].size
        return self._compiled(
            key,
            forward,
            segment.nodes,
            self.sized(shapes).parameters,
            tf.TensorSpec((None, rows, *shapes[segment.entry][1:]), self.dtype),
            tf.TensorSpec((1,), tf.int32),
        )

    def strip_backward(self, segment: Segment, shapes: ShapesByLayer, traces: Traces) -> Callable:
        """Traces, a strip of the end's signal, image and number [1] -> rows of the entry."""
        key = ("strip backward", shapes[INPUT], segment.entry)
        route = segment.backward

        def backward(parameters, traces, signal, image, number):
            places = (number, tf.zeros_like(number))
            return passes.backward(
                segment.nodes,
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
        _height, width, depth = shapes[segment.end]
        channels = None if segment.end == self.open_layer else depth
        return self._compiled(
            key,
            backward,
            segment.nodes,
            self._backward_parameters(self.sized(shapes)),
            narrowing.trace_specs(traces, self.open_layer),
            tf.TensorSpec((1, rows, width, channels), self.dtype),
            *[tf.TensorSpec((1,), tf.int32)] * 2,
        )

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

    def _compiled(
        self, key: tuple, function: Callable, nodes: Sequence[Node], parameters: Tensors, *specs
    ) -> Callable:
        """The graph of a function of parameters, those of the nodes, and of what specs describe.

        It is called with the latter alone.
        """
        needed = {node.name: parameters[node.name] for node in nodes}
        tensors = tf.nest.flatten(needed)
        if key not in self.made:
            # the tensors' names alone: the first parameters need not stay
            names = tf.nest.map_structure(lambda tensor: "", needed)

            def of_tensors(tensors, *arguments):
                return function(tf.nest.pack_sequence_as(names, tensors), *arguments)

            self.made[key] = of_tensors
            if not self.eager:
                own_specs = tf.nest.flatten(narrowing.parameter_specs(needed, self.open_layer))
                self.made[key] = compilation.compiled(of_tensors, own_specs, *specs, jit=self.jit)
        return in_precision(partial(self.made[key], tensors))
