"""The forward and the backward pass of a network, compiled once for each size of image.

Forward and backward are two graphs, so that one forward pass serves many units. The weights are
captured as tensors (numpy arrays would be constants in each graph), and everything that differs
from call to call is a tensor argument (a Python number would make a new graph).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod

import numpy as np
import tensorflow as tf

from ..network.base import Layer, Shape
from ..network.cost import backward_cost
from ..network.graph import INPUT, Network
from ..network.receptive_field import seen_through
from ..network.spans import Spans
from . import cropping, dispatch, finite, limits, passes
from .chunks import Chunk, chunks
from .cropping import SizedNetwork
from .forward_pass import ForwardPass
from .rules import Rule
from .types import Parameters, ShapesByLayer, Tensors, Traces

# bytes of the largest signal of a chunk of items: more brought nothing (scripts/benchmark.py)
ITEM_BYTES = 64 << 20
# bytes of a chunk of items in a layer's transpose, with what it needs beside them
MOST_BYTES = 1 << 30
# bytes of the largest map of a chunk of images in the forward pass
IMAGE_BYTES = 256 << 20


class CompiledPasses:
    """Forward and backward through one network, whose last node is the target.

    network, parameters: folded already. layers: those whose maps forward() returns, the target
    last. shapes, in all methods: those of all maps for one size of image, INPUT's too.
    """

    def __init__(
        self,
        network: Network,
        parameters: Tensors,
        layers: Sequence[str],
        rule: Rule,
        dtype: tf.DType,
        jit: bool,
    ):
        self.network = network
        self.parameters = parameters
        self.layers = tuple(layers)
        self.rule = rule
        self.dtype = dtype
        self.jit = jit
        # whether TensorFlow could hide that values overflow (finite.py)
        self.wild = finite.is_wild(parameters)
        self.graphs: dict[tuple, Callable] = {}
        self._sized: dict[Shape, SizedNetwork] = {}
        self._prepared: dict[str, Parameters] = {}

    def forward(self, x: np.ndarray, shapes: ShapesByLayer) -> ForwardPass:
        """Images x [n, h, w, c], all at a time."""
        self.refuse_overflow(x, shapes)
        maps, traces = self.forward_graph(shapes, traced=True)(tf.constant(x))
        arrays = {layer: y.numpy() for layer, y in zip(self.layers, maps)}
        largest = np.maximum(x.max((1, 2, 3)), -x.min((1, 2, 3)))
        return ForwardPass(shapes, arrays, traces, largest)

    def target_maps(self, x: np.ndarray, shapes: ShapesByLayer) -> np.ndarray:
        """The target's maps alone of images x [n, h, w, c], a chunk at a time."""
        graph = self.forward_graph(shapes, traced=False)
        parts = []
        for start, stop, index in self.image_chunks(len(x), shapes):
            self.refuse_overflow(x[index], shapes)
            (y,), _traces = graph(tf.constant(x[index]))
            parts.append(y.numpy()[: stop - start])
        return np.concatenate(parts)

    def backward(
        self,
        forward_pass: ForwardPass,
        layer: str,
        route: Mapping[str, Spans],
        seeds: np.ndarray,
        image: np.ndarray,
        channel: np.ndarray,
        positions: np.ndarray,
    ) -> Iterator[tuple[int, int, np.ndarray]]:
        """Items sent back to the pixels: chunks of patches, each with where it starts and stops.

        seeds [k, n, m]: the signal at the layer, on the span where the route starts; image,
        channel [k] and positions [k, 2] of the items. Raises NotFinite where what is sent or
        comes back is not.
        """
        shapes = forward_pass.shapes
        names = {node.name for node in self.network.up_to(layer)}
        traces = {name: trace for name, trace in forward_pass.traces.items() if name in names}
        finite.refuse_not_finite(self.network.name, layer, channel, seeds)
        graph = self.backward_graph(shapes, route, traces, layer)
        items = (seeds, image, channel, positions[:, 0], positions[:, 1])
        for start, stop, index in self.item_chunks(len(image), layer, shapes, route):
            tensors = [tf.constant(array[index]) for array in items]
            patches = graph(traces, *tensors).numpy()[: stop - start]
            finite.refuse_not_finite(self.network.name, layer, channel[start:stop], patches)
            yield start, stop, patches

    def refuse_overflow(self, x: np.ndarray, shapes: ShapesByLayer) -> None:
        """Raises UserError where a layer before the target is not finite for images x."""
        if not self.wild:
            return
        sized = self.sized(shapes)
        layer = finite.first_not_finite(sized.cropped.nodes, sized.parameters, x)
        if layer not in ("", self.layers[-1]):
            raise finite.no_numbers(self.network.name, layer)

    def patches(
        self, forward_pass: ForwardPass, layer: str, route: Mapping[str, Spans], *items: np.ndarray
    ) -> np.ndarray:
        """backward() with all patches in one array."""
        extents = [span.size for span in route[INPUT]]
        patches = np.empty((len(items[0]), *extents, self.network.channels), items[0].dtype)
        for start, stop, part in self.backward(forward_pass, layer, route, *items):
            patches[start:stop] = part
        return patches

    def image_chunks(self, count: int, shapes: ShapesByLayer) -> Iterator[Chunk]:
        """Chunks of images that go forward at a time."""
        names = [INPUT, *(node.name for node in self.network.nodes)]
        largest = max(prod(shapes[name]) for name in names)
        return chunks(count, IMAGE_BYTES // (largest * self.dtype.size), self.jit)

    def item_chunks(
        self, count: int, layer: str, shapes: ShapesByLayer, route: Mapping[str, Spans]
    ) -> Iterator[Chunk]:
        """Chunks of items that go backward at a time."""
        largest = max(a.size * b.size * shapes[name][2] for name, (a, b) in route.items())
        nodes = self.sized(shapes).cropped.up_to(layer)
        limits.refuse_large_signals(nodes, shapes, route, self.dtype.size)
        most = MOST_BYTES // backward_cost(nodes, shapes, route).values
        return chunks(count, min(ITEM_BYTES // largest, most) // self.dtype.size, self.jit)

    def sized(self, shapes: ShapesByLayer) -> SizedNetwork:
        """The network for images of one size."""
        image = shapes[INPUT]
        if image not in self._sized:
            self._sized[image] = cropping.size(self.network, self.parameters, shapes)
        return self._sized[image]

    def route(self, layer: str, start: Spans, shapes: ShapesByLayer) -> dict[str, Spans]:
        """The spans of all maps from a layer down to INPUT, for a signal that starts on `start`."""
        return self.sized(shapes).cropped.route(layer, start, shapes)

    def receptive_field(self, layer: str, start: Spans, shapes: ShapesByLayer) -> Spans:
        """What the layer's units on `start` see of an image, borders ignored."""
        fields = self.sized(shapes).whole.receptive_fields(shapes)
        return seen_through(start, fields[layer], shapes[INPUT])

    def forward_graph(self, shapes: ShapesByLayer, traced: bool) -> Callable:
        """The compiled forward pass: images -> the maps of all layers, and the traces by layer.

        Not traced: the map of the target alone, no traces.
        """
        key = ("forward", shapes[INPUT], traced)
        if key not in self.graphs:
            sized = self.sized(shapes)
            nodes = sized.cropped.nodes
            rule = self.rule if traced else None
            layers = self.layers if traced else self.layers[-1:]

            def forward(x):
                return passes.forward_maps(nodes, sized.parameters, x, rule, layers)

            images = tf.TensorSpec((None, *shapes[INPUT]), self.dtype)
            self.graphs[key] = self._compile(forward, images)
        return self.graphs[key]

    def backward_graph(
        self, shapes: ShapesByLayer, route: Mapping[str, Spans], traces: Traces, layer: str
    ) -> Callable:
        """The compiled backward pass from a layer: traces and items -> patches of the input.

        Items: seeds [k, n, m], and image, channel, row and column [k].
        """
        key = ("backward", shapes[INPUT], layer, route[layer])
        if key not in self.graphs:
            sized = self.sized(shapes)
            nodes = sized.cropped.up_to(layer)
            parameters = self._backward_parameters(sized)
            channels = shapes[layer][2]

            def backward(traces, seeds, image, channel, row, column):
                one_channel = tf.one_hot(channel, channels, dtype=self.dtype)
                signal = seeds[..., None] * one_channel[:, None, None]
                positions = (row, column)
                return passes.backward(
                    nodes, parameters, traces, signal, image, positions, self.rule, route, shapes
                )

            extents = [span.size for span in route[layer]]
            self.graphs[key] = self._compile(
                backward,
                tf.nest.map_structure(any_batch, traces),
                tf.TensorSpec((None, *extents), self.dtype),
                *[tf.TensorSpec((None,), tf.int32)] * 4,
            )
        return self.graphs[key]

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
        if self.wild:
            p = finite.without_infinite(p)
        return dispatch.prepare(layer, p)

    def _compile(self, function: Callable, *specs) -> Callable:
        if self.wild:
            return function
        graph = tf.function(function, jit_compile=self.jit, autograph=False)
        return graph.get_concrete_function(*specs)


def any_batch(tensor: tf.Tensor) -> tf.TensorSpec:
    """The tensor's type, with any first extent."""
    return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)
