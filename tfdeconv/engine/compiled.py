"""The forward and the backward pass of a network: what is computed at a time, and by which graph.

Images and items go in chunks (chunks.py), an image whose maps are large by strips of rows
(strips.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from ..network.base import Shape
from ..network.cost import backward_cost, forward_cost
from ..network.graph import INPUT, Network
from ..network.receptive_field import seen_through
from ..network.spans import Spans, whole
from ..network.strips import Segment
from . import finite, limits, narrowing, strips
from .chunks import Result, images_at_once, in_chunks, items_at_once, largest_window
from .forward_pass import ForwardPass
from .graphs import Graphs
from .rules import Rule
from .types import ShapesByLayer, Tensors, Traces


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
        self.graphs = Graphs(network, parameters, self.layers, rule, dtype, jit, eager=self.wild)
        # told how many multiply-adds were done, as they are done
        self.worked: Callable[[int], None] = lambda work: None
        # whether large images go by strips: of inner layers, the maps are kept as they are
        self.by_strips = not self.wild and len(self.layers) == 1
        self._segments: dict[Shape, list[Segment]] = {}

    def with_parameters(self, parameters: Tensors) -> CompiledPasses:
        """The same passes for other parameters of the same shapes: nothing is compiled again."""
        changed = {}
        for layer, p in parameters.items():
            if p is not self.parameters[layer]:
                changed[layer] = p
        if finite.is_wild(changed) and not self.wild:
            # graphs would hide where it overflows
            settings = (self.rule, self.dtype, self.jit)
            passes = CompiledPasses(self.network, parameters, self.layers, *settings)
            passes.worked = self.worked
            return passes
        passes = copy(self)
        passes.parameters = parameters
        passes.graphs = self.graphs.with_parameters(parameters)
        return passes

    def forward(
        self, x: np.ndarray, shapes: ShapesByLayer, channels: np.ndarray | None = None
    ) -> ForwardPass:
        """Images x [n, h, w, c], all at a time; channels: of the target the only ones asked for."""
        self.refuse_overflow(x, shapes)
        *extents, count = shapes[self.layers[-1]]
        # a vector is shown as a whole
        if extents == [1, 1] or not self.graphs.open_layer:
            channels = None
        if channels is not None:
            channels = narrowing.computed_channels(channels, count)
        maps, traces = self._maps(self._graphs_of(channels, shapes), x, shapes, traced=True)
        largest = np.maximum(x.max((1, 2, 3)), -x.min((1, 2, 3)))
        return ForwardPass(shapes, dict(zip(self.layers, maps)), traces, largest, channels)

    def _graphs_of(self, channels: np.ndarray | None, shapes: ShapesByLayer) -> Graphs:
        """The graphs; not None: for these of the target's channels alone."""
        return self.graphs if channels is None else self.graphs.of_channels(channels, shapes)

    def _maps(
        self, graphs: Graphs, x: np.ndarray, shapes: ShapesByLayer, traced: bool
    ) -> tuple[list[tf.Tensor], Traces]:
        """What Graphs.forward() gives of images x, all at a time."""
        y = tf.constant(x)
        traces: dict = {}
        entry = INPUT
        for segment in self.segments(shapes):
            graph = graphs.strip_forward(segment, shapes, traced)
            work = segment.forward_cost(shapes).work
            y, own_traces = strips.go_forward(segment, graph, y, shapes, partial(self.worked, work))
            traces |= own_traces
            entry = segment.end
        if entry == self.layers[-1]:
            return [y], traces
        maps, own_traces = graphs.forward(shapes, traced, entry)(y)
        nodes = graphs.nodes(shapes, self.layers[-1], entry)
        self.worked(len(x) * forward_cost(nodes, shapes, traced, self.rule.mask).work)
        return maps, {**traces, **own_traces}

    def target_maps(self, x: np.ndarray, shapes: ShapesByLayer) -> np.ndarray:
        """The target's maps alone of images x [n, h, w, c], a chunk at a time."""

        def compute(start: int, stop: int, index: np.ndarray) -> np.ndarray:
            self.refuse_overflow(x[index], shapes)
            *_others, y = self._maps(self.graphs, x[index], shapes, traced=False)[0]
            return y[: stop - start].numpy()

        return np.concatenate([y for _, _, y in self.by_images(len(x), shapes, compute)])

    def backward(
        self,
        forward_pass: ForwardPass,
        layer: str,
        route: Mapping[str, Spans],
        seeds: np.ndarray | tf.Tensor,
        image: np.ndarray,
        channel: np.ndarray,
        positions: np.ndarray,
        *,
        entry: str = INPUT,
    ) -> Iterator[tuple[int, int, np.ndarray]]:
        """Items sent back to the pixels: chunks of patches, each with where it starts and stops.

        seeds [k, n, m]: the signal at the layer, on the span where the route starts; image,
        channel [k] and positions [k, 2] of the items; entry: an inner layer to which they are
        sent instead. Raises NotFinite where what is sent or comes back is not.
        """
        shapes = forward_pass.shapes
        finite.refuse_not_finite(self.network.name, layer, channel, seeds)
        seeds = tf.convert_to_tensor(seeds, self.dtype)
        items = (seeds, image, forward_pass.place(layer, channel), *positions.T)
        segments = self.segments(shapes)
        # single units have small windows, wherever they are
        if segments and route[segments[-1].end] == whole(shapes[segments[-1].end]):
            chunks_of_patches = self._strips_backward(forward_pass, layer, route, items)
        else:
            chunks_of_patches = self._chunks_backward(forward_pass, layer, route, items, entry)
        for start, stop, patches in chunks_of_patches:
            finite.refuse_not_finite(self.network.name, layer, channel[start:stop], patches)
            yield start, stop, patches

    def _chunks_backward(
        self,
        forward_pass: ForwardPass,
        layer: str,
        route: Mapping[str, Spans],
        items: Sequence[Any],
        entry: str = INPUT,
    ) -> Iterator[tuple[int, int, np.ndarray]]:
        """backward() of a layer's items down to the entry, as many at a time as fit."""
        shapes = forward_pass.shapes
        graphs = self._graphs_of(forward_pass.channels, shapes)
        nodes = graphs.nodes(shapes, layer, entry)
        traces = forward_pass.traces_of(nodes)
        graph = graphs.backward(shapes, route, traces, layer, entry)
        limits.refuse_large_signals(nodes, shapes, route, self.dtype.size)
        cost = backward_cost(nodes, shapes, route)

        def compute(start: int, stop: int, index: np.ndarray) -> np.ndarray:
            own = [tf.constant(each[index]) for each in items[1:]]
            patches = graph(traces, tf.gather(items[0], index), *own)
            self.worked((stop - start) * cost.work)
            return patches[: stop - start].numpy()

        largest = largest_window(route, shapes)
        size = items_at_once(largest * self.dtype.size, cost.values * self.dtype.size)
        yield from in_chunks(len(items[0]), size, self.jit, compute)

    def _strips_backward(
        self,
        forward_pass: ForwardPass,
        layer: str,
        route: Mapping[str, Spans],
        items: Sequence[Any],
    ) -> Iterator[tuple[int, int, np.ndarray]]:
        """backward() of whole maps, an item at a time and each by strips."""
        shapes = forward_pass.shapes
        graphs = self._graphs_of(forward_pass.channels, shapes)
        segments = self.segments(shapes)
        steps = []
        for segment in reversed(segments):
            traces = forward_pass.traces_of(segment.nodes)
            steps.append((segment, graphs.strip_backward(segment, shapes, traces), traces))
        for i, (seed, image, channel) in enumerate(zip(*items[:3])):
            if layer == segments[-1].end:
                depth = forward_pass.maps[layer].shape[3]
                signal = seed[None, ..., None] * tf.one_hot(channel, depth, dtype=self.dtype)
            else:
                item = [array[i : i + 1] for array in items]
                entry = segments[-1].end
                ((_, _, signal),) = self._chunks_backward(forward_pass, layer, route, item, entry)
            for segment, graph, traces in steps:
                told = partial(self.worked, segment.backward_cost(shapes).work)
                signal = strips.go_backward(segment, graph, traces, signal, image, shapes, told)
            yield i, i + 1, signal.numpy()

    def refuse_overflow(self, x: np.ndarray, shapes: ShapesByLayer) -> None:
        """Raises UserError where a layer before the target is not finite for images x."""
        if not self.wild:
            return
        sized = self.graphs.sized(shapes)
        layer = finite.first_not_finite(sized.cropped.nodes, sized.parameters, x)
        if layer not in ("", self.layers[-1]):
            raise finite.no_numbers(self.network.name, layer)

    def by_images(
        self, count: int, shapes: ShapesByLayer, compute: Callable[[int, int, np.ndarray], Result]
    ) -> Iterator[tuple[int, int, Result]]:
        """Computes as many images at a time as can go forward (chunks.in_chunks)."""
        names = [INPUT, *(node.name for node in self.network.nodes)]
        largest = max(prod(shapes[name]) for name in names)
        return in_chunks(count, images_at_once(largest * self.dtype.size), self.jit, compute)

    def segments(self, shapes: ShapesByLayer) -> list[Segment]:
        """The parts of the network that are computed by strips; none where an image is small."""
        if not self.by_strips:
            return []
        if shapes[INPUT] not in self._segments:
            nodes = self.graphs.nodes(shapes, self.layers[-1])
            sizes = self.dtype.size, self.rule.mask
            self._segments[shapes[INPUT]] = limits.segments_of_large(nodes, shapes, *sizes)
        return self._segments[shapes[INPUT]]

    def route(self, layer: str, start: Spans, shapes: ShapesByLayer) -> dict[str, Spans]:
        """The spans of all maps from a layer down to INPUT, for a signal that starts on `start`."""
        return self.graphs.sized(shapes).cropped.route(layer, start, shapes)

    def receptive_field(self, layer: str, start: Spans, shapes: ShapesByLayer) -> Spans:
        """What the layer's units on `start` see of an image, borders ignored."""
        fields = self.graphs.sized(shapes).receptive_fields
        return seen_through(start, fields[layer], shapes[INPUT])
