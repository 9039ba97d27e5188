"""From an image and a layer to pixels: picks units, compiles the passes once per target, projects in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import UserError, unknown
from ..memory import refuse_beyond_memory
from ..network.base import Shape
from ..network.graph import INPUT, Network
from ..network.spans import UNIT, Spans, whole
from . import dispatch, folding, passes, types
from .compiled import IMAGE_BYTES, ITEM_BYTES, chunks
from .projection import (
    Projection,
    Units,
    boxes,
    checked_indices,
    concatenate,
    refuse_unequal,
    strongest,
)
from .rules import RULES

MODES = ("max", "all")
Shapes = Mapping[str, Shape]


@dataclass(frozen=True)
class ForwardPass:
    """Images that went up, from which any number of units can come down."""

    shapes: Shapes  # of all maps, INPUT's too
    maps: dict[str, np.ndarray]  # [n, h, w, c] of the target and of the inner layers
    traces: types.Traces


class Deconvnet:
    """The deconvnet of one layer: the network and weights up to it, compiled once for each size of image.

    weights: tensors (or arrays) by layer and parameter, as load_weights returns them; their dtype is the computation's.
    rule: "deconvnet", "guided" or "gradient" (rules.py). jit: compile with XLA, which takes seconds for each new size of image
    and paid for nothing on the CPUs measured (scripts/benchmark.py); False: plain graphs, at once. inner: layers below the target
    whose units can be projected too, by units() and backward().
    Raises UserError where the weights do not hold what the layer needs.
    """

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Mapping[str, Any]],
        target: str,
        rule: str = "deconvnet",
        jit: bool = False,
        inner: Sequence[str] = (),
    ):
        if rule not in RULES:
            raise unknown("there is no rule", rule, RULES)
        network.require(
            target,
            {
                name: {key: tuple(value.shape) for key, value in p.items()}
                for name, p in weights.items()
            },
        )
        target = network.node(target).name
        self.network, self.target, self.rule, self.jit = network, target, RULES[rule], jit
        nodes = network.up_to(target)
        needed = {
            node.name: {
                name: tf.convert_to_tensor(value) for name, value in weights[node.name].items()
            }
            for node in nodes
            if node.name in weights
        }
        self._dtype = next(
            (value.dtype for p in needed.values() for value in p.values()), tf.float32
        )
        self.layers = (
            *dict.fromkeys(
                network.node(name).name for name in inner if network.node(name).name != target
            ),
            target,
        )
        if foreign := set(self.layers) - {node.name for node in nodes}:
            raise UserError(
                f"{network.name}'s {target} does not depend on {', '.join(sorted(foreign))}"
            )
        folded, self._parameters = folding.fold(nodes, needed, self.layers)
        self._folded = replace(network, nodes=tuple(folded))
        self._networks: dict[Shape, Network] = {}
        self._graphs: dict[tuple, Callable] = {}

    def activations(self, x: np.ndarray) -> np.ndarray:
        """The layer's output for images x [n, h, w, c] as the network sees them: [n, h', w', c'], or [n, c'] for vectors."""
        x, shapes = self._admit(x)
        up = self._up(shapes, traced=False)
        y = np.concatenate(
            [
                up(tf.constant(x[index]))[0][-1].numpy()[: stop - start]
                for start, stop, index in self._images(len(x), shapes)
            ]
        )
        return y[:, 0, 0] if self.target in self.network.vectors else y

    def project(
        self,
        x: np.ndarray,
        channels: Sequence[int] | np.ndarray | None = None,
        mode: str = "max",
        top: int | None = None,
    ) -> Projection:
        """Projects channels of the layer down to the pixels of images x [n, h, w, c].

        channels: numbers from 0, the same for every image, or [n, m] for each image its own. None: every channel, or with
        `top` the channels that fire strongest in each image, strongest first. mode "max" keeps the strongest unit of a feature
        map (the first on a tie), "all" the whole map. Raises UserError for what does not fit.
        """
        if mode not in MODES:
            raise unknown("there is no mode", mode, MODES)
        x, shapes = self._admit(x)
        wanted = self._wanted(channels, top, len(x))
        start = UNIT if mode == "max" else whole(shapes[self.target])
        route = self._sized(shapes).route(self.target, start, shapes)
        count = wanted.size * prod(span.size for span in route[INPUT]) * self.network.channels
        refuse_beyond_memory(
            count * self._dtype.size,
            f"{wanted.size} projections",
            "ask for fewer channels or images at a time",
        )
        found = [
            self._project(x[index], wanted[begin:end], mode, shapes, route)
            for begin, end, index in self._images(len(x), shapes)
        ]
        chosen, peaks, dead, positions, patches = (
            found[0] if len(found) == 1 else map(np.concatenate, zip(*found))
        )
        seen = self._sized(shapes).receptive_fields(shapes)[self.target]
        a, b = (span.seen_through(field) for span, field in zip(start, seen))
        return Projection(
            chosen,
            peaks,
            dead,
            positions if mode == "max" else np.full_like(positions, -1),
            boxes(route[INPUT], positions),
            boxes((a, b), positions),
            patches,
            shapes[INPUT][:2],
        )

    def units(
        self,
        x: np.ndarray,
        image: np.ndarray,
        channel: np.ndarray,
        positions: np.ndarray | None = None,
        seeds: np.ndarray | None = None,
        layer: str | None = None,
    ) -> Units:
        """Projects single units of images x [n, h, w, c]: unit k is of x[image[k]], channel[k], at positions[k] (row, column).

        positions None: the strongest unit of each map. seeds [k]: the values that are sent down, the activations when left out.
        layer: the target, or one of the inner layers. Raises UserError for what does not fit.
        """
        x, shapes = self._admit(x)
        image, channel = checked_indices("images", image, len(x)), np.asarray(channel)
        refuse_unequal(image, channel, positions, seeds)
        places: list[np.ndarray] = []
        parts: list[Units] = []
        for begin, end, index in self._images(len(x), shapes):
            at = np.nonzero((begin <= image) & (image < end))[0]
            if not at.size:
                continue
            where, sent = (
                None if array is None else np.asarray(array)[at] for array in (positions, seeds)
            )
            parts += self.backward(
                self._forward(x[index], shapes), image[at] - begin, channel[at], where, sent, layer
            )
            places.append(at)
        order, found = np.argsort(np.concatenate(places)), concatenate(parts)
        return Units(*(getattr(found, entry.name)[order] for entry in fields(Units)))

    def extents(self, height: int, width: int, layer: str | None = None) -> tuple[int, int]:
        """Height and width of the patches of units of images of that size."""
        layer = self.network.node(layer or self.target).name
        shapes = self.network.input_shapes(layer, height, width)
        a, b = self._sized(shapes).route(layer, UNIT, shapes)[INPUT]
        return a.size, b.size

    def forward(self, x: np.ndarray) -> ForwardPass:
        """Sends images x [n, h, w, c] up, all at a time, so that units can come down from them."""
        return self._forward(*self._admit(x))

    def backward(
        self,
        forward_pass: ForwardPass,
        image: np.ndarray,
        channel: np.ndarray,
        positions: np.ndarray | None = None,
        seeds: np.ndarray | None = None,
        layer: str | None = None,
    ) -> Iterator[Units]:
        """units() of images that went up, in order, a chunk at a time: they need not stand in memory side by side."""
        layer = self.network.node(layer or self.target).name
        if layer not in self.layers:
            raise UserError(
                f"units of {layer} were not asked for: give it as inner, beside the target {self.target}"
            )
        y, shapes = forward_pass.maps[layer], forward_pass.shapes
        image, channel = (
            checked_indices("images", image, len(y)),
            checked_indices(f"channels of {layer}", channel, y.shape[3]),
        )
        refuse_unequal(image, channel, positions, seeds)
        if positions is None:
            positions, _ = strongest(y, image, channel)
        rows, columns = (
            checked_indices("positions", np.asarray(positions)[..., axis], y.shape[axis + 1])
            for axis in (0, 1)
        )
        activations, positions = y[image, rows, columns, channel], np.stack([rows, columns], 1)
        sent = activations if seeds is None else np.asarray(seeds, y.dtype)
        route = self._sized(shapes).route(layer, UNIT, shapes)
        around = (
            boxes(route[INPUT], positions),
            boxes(self._sized(shapes).receptive_fields(shapes)[layer], positions),
        )
        for start, stop, patches in self._backward(
            forward_pass, layer, route, sent[:, None, None], image, channel, positions
        ):
            at = slice(start, stop)
            yield Units(activations[at], positions[at], around[0][at], around[1][at], patches)

    def _forward(self, x: np.ndarray, shapes: Shapes) -> ForwardPass:
        maps, traces = self._up(shapes, traced=True)(tf.constant(x))
        return ForwardPass(
            shapes, {layer: y.numpy() for layer, y in zip(self.layers, maps)}, traces
        )

    def _project(
        self,
        x: np.ndarray,
        wanted: np.ndarray,
        mode: str,
        shapes: Shapes,
        route: Mapping[str, Spans],
    ) -> tuple:
        """One way up for some images and the ways down for their channels: the arrays of a Projection for them.

        x may have more images than wanted has rows, to fill a chunk.
        """
        forward_pass = self._forward(x, shapes)
        y = forward_pass.maps[self.target][: len(wanted)]
        if (
            wanted.dtype == bool
        ):  # a row of as many places as channels asked for, to be filled with the strongest
            wanted = np.argsort(-y.max((1, 2)), 1, kind="stable")[:, : wanted.shape[1]].astype(
                np.int32
            )
        image, channel = (
            np.repeat(np.arange(len(wanted), dtype=np.int32), wanted.shape[1]),
            wanted.reshape(-1),
        )
        positions, peaks = strongest(y, image, channel)
        seeds = peaks[:, None, None] if mode == "max" else y.transpose(0, 3, 1, 2)[image, channel]
        patches = np.empty(
            (len(image), *(span.size for span in route[INPUT]), self.network.channels), y.dtype
        )
        for start, stop, part in self._backward(
            forward_pass, self.target, route, seeds, image, channel, positions
        ):
            patches[start:stop] = part
        return tuple(
            array.reshape(*wanted.shape, *array.shape[1:])
            for array in (channel, peaks, ~seeds.any((1, 2)), positions, patches)
        )

    def _backward(
        self,
        forward_pass: ForwardPass,
        layer: str,
        route: Mapping[str, Spans],
        seeds: np.ndarray,
        image: np.ndarray,
        channel: np.ndarray,
        positions: np.ndarray,
    ) -> Iterator[tuple[int, int, np.ndarray]]:
        """The ways down of items, seeds [k, n, m]: chunks of patches, each with where it starts and stops."""
        shapes, below = forward_pass.shapes, {node.name for node in self._folded.up_to(layer)}
        traces = {name: trace for name, trace in forward_pass.traces.items() if name in below}
        down = self._down(shapes, route, traces, layer)
        largest = (
            max(a.size * b.size * shapes[name][2] for name, (a, b) in route.items())
            * self._dtype.size
        )
        rows, columns = positions.T
        for start, stop, index in chunks(len(image), ITEM_BYTES // largest, self.jit):
            items = (tf.constant(array[index]) for array in (seeds, image, channel, rows, columns))
            yield start, stop, down(traces, *items).numpy()[: stop - start]

    def _admit(self, x: np.ndarray) -> tuple[np.ndarray, Shapes]:
        """Images as an array of the computation's dtype, and the shapes of all maps for their size."""
        try:
            x = np.asarray(x, self._dtype.as_numpy_dtype)
        except (TypeError, ValueError):
            raise UserError(
                f"{self.network.name} takes images as an array of numbers [n, h, w, {self.network.channels}]"
            ) from None
        if x.ndim != 4 or x.shape[3] != self.network.channels or not x.size:
            raise UserError(
                f"{self.network.name} takes images [n, h, w, {self.network.channels}], this array is {list(x.shape)}"
            )
        shapes = self.network.input_shapes(self.target, *x.shape[1:3])
        needed = self._dtype.size * max(
            prod(shapes[node.name]) + sum(prod(shapes[name]) for name in node.inputs)
            for node in self._folded.nodes
        )
        refuse_beyond_memory(
            needed,
            f"an image of {x.shape[1]} x {x.shape[2]} on the way up to {self.target}",
            "scale it down",
        )
        return x, shapes

    def _wanted(
        self, channels: Sequence[int] | np.ndarray | None, top: int | None, images: int
    ) -> np.ndarray:
        """Channels by image: int32 [n, m]; or bool [n, m] where the m strongest are wanted."""
        count = self.network.shapes()[self.target][2]
        if top is not None:
            if channels is not None or not isinstance(top, int) or top < 1:
                raise UserError("top takes a number from 1 up, and stands in place of channels")
            return np.empty((images, min(top, count)), bool)
        wanted = np.arange(count) if channels is None else np.asarray(channels)
        if (
            wanted.dtype.kind not in "iu"
            or not wanted.size
            or not (wanted.ndim == 1 or wanted.ndim == 2 and len(wanted) == images)
        ):
            raise UserError(
                f"channels are whole numbers, at least one, [m] or [{images}, m] for these images; "
                f"found {wanted.dtype} {list(wanted.shape)}"
            )
        for channel in (wanted.min(), wanted.max()):
            self.network.channel(self.target, int(channel))
        return np.broadcast_to(wanted, (images, wanted.shape[-1])).astype(np.int32)

    def _images(self, count: int, shapes: Shapes) -> Iterator[tuple[int, int, np.ndarray]]:
        """Chunks of images that go up at a time."""
        largest = max(
            prod(shapes[name]) for name in (INPUT, *(node.name for node in self._folded.nodes))
        )
        return chunks(count, IMAGE_BYTES // (largest * self._dtype.size), self.jit)

    def _sized(self, shapes: Shapes) -> Network:
        """The folded network for images of that size."""
        if shapes[INPUT] not in self._networks:
            self._networks[shapes[INPUT]] = self._folded.at(*shapes[INPUT][:2])
        return self._networks[shapes[INPUT]]

    def _up(self, shapes: Shapes, traced: bool) -> Callable:
        """The compiled way up: images -> the maps of self.layers (without `traced` the target's), and what its rule needs down."""
        key = ("up", shapes[INPUT], traced)
        if key not in self._graphs:
            nodes, rule = self._sized(shapes).nodes, self.rule if traced else None
            layers = self.layers if traced else (self.target,)
            self._graphs[key] = tf.function(
                lambda x: passes.forward_maps(nodes, self._parameters, x, rule, layers),
                jit_compile=self.jit,
                autograph=False,
            ).get_concrete_function(tf.TensorSpec((None, *shapes[INPUT]), self._dtype))
        return self._graphs[key]

    @cached_property
    def _down_parameters(self) -> types.Tensors:
        """The parameters as the way down wants them; made when something first comes down."""
        return {
            node.name: dispatch.prepare(node.layer, self._parameters[node.name])
            for node in self._folded.nodes
        }

    def _down(
        self,
        shapes: Shapes,
        route: Mapping[str, Spans],
        traces: types.Traces,
        layer: str | None = None,
    ) -> Callable:
        """The compiled way down: traces and items -> pixels. An item: seed [n, m], image, channel, row, column."""
        layer = layer or self.target
        key = ("down", shapes[INPUT], layer, route[layer])
        if key not in self._graphs:
            nodes, parameters, count = (
                self._sized(shapes).up_to(layer),
                self._down_parameters,
                shapes[layer][2],
            )

            def down(traces, seeds, image, channel, row, column):
                signal = (
                    seeds[..., None] * tf.one_hot(channel, count, dtype=self._dtype)[:, None, None]
                )
                return passes.backward(
                    nodes,
                    parameters,
                    traces,
                    signal,
                    image,
                    (row, column),
                    self.rule,
                    route,
                    shapes,
                )

            extents = [span.size for span in route[layer]]
            self._graphs[key] = tf.function(
                down, jit_compile=self.jit, autograph=False
            ).get_concrete_function(
                tf.nest.map_structure(
                    lambda trace: tf.TensorSpec((None, *trace.shape[1:]), trace.dtype), traces
                ),
                tf.TensorSpec((None, *extents), self._dtype),
                *[tf.TensorSpec((None,), tf.int32)] * 4,
            )
        return self._graphs[key]
