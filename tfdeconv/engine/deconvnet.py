"""The deconvnet of one layer: picks units, and sends them back to the pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import unknown
from ..network.classes import class_layer
from ..network.graph import INPUT, Network
from ..network.spans import UNIT, whole
from . import feature_maps, limits, projection
from .forward_pass import ForwardPass
from .maxima import strongest_channels, within
from .modes import MODES
from .preparation import prepare_passes
from .projection import Origin, Projection, Units, boxes
from .region import asked_region
from .rules import RULES
from .saturation import is_saturated, squares_of
from .tensors import parameter_shapes
from .types import ShapesByLayer
from .units import (
    checked_images,
    checked_indices,
    checked_layer,
    checked_units,
    chosen,
    inner_layers,
    refuse_unequal,
    requested_channels,
    seeds_of,
)


class Deconvnet:
    """The deconvnet of one layer, compiled once for each size of image.

    weights: tensors (or arrays) by layer and parameter, as load_weights returns them; their dtype
    is the computation's. rule: "deconvnet", "guided" or "gradient" (rules.py). jit: compile with
    XLA, which takes seconds for each new size of image (compilation.py); None: as is chosen for the
    process. inner: layers below the target whose units can be projected too, by units() and
    backward(). worked: told of multiply-adds that were done.
    Raises UserError where the weights do not hold what the layer needs.

    >>> from tfdeconv.network.graph import Builder
    >>> from tfdeconv.network.layers import RELU, Conv
    >>> builder = Builder("tiny", (4, 4, 1))
    >>> layer = builder.add("conv", Conv(1, 2, activation=RELU))
    >>> weights = {"conv": {"kernel": np.ones((2, 2, 1, 1)), "bias": np.zeros(1)}}
    >>> deconvnet = Deconvnet(builder.network(), weights, "conv")
    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> deconvnet.activations(x)[0, :, :, 0].tolist()
    [[10.0, 14.0, 18.0], [26.0, 30.0, 34.0], [42.0, 46.0, 50.0]]
    >>> projection = deconvnet.project(x)
    >>> projection.positions.tolist(), projection.boxes.tolist()
    ([[[2, 2]]], [[[2, 2, 4, 4]]])
    >>> projection.patches[0, 0, :, :, 0].tolist()
    [[50.0, 50.0], [50.0, 50.0]]
    """

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Mapping[str, Any]],
        target: str,
        rule: str = "deconvnet",
        jit: bool | None = None,
        inner: Sequence[str] = (),
        worked: Callable[[int], None] = lambda work: None,
    ):
        if rule not in RULES:
            raise unknown("there is no rule", rule, RULES)
        network.require(target, parameter_shapes(weights))
        self.network = network
        self.target = network.node(target).name
        self.rule = RULES[rule]
        # what load_weights says besides, for pictures
        self.preprocessing = getattr(weights, "preprocessing", None)
        self.path = getattr(weights, "path", "")
        self.labels = getattr(weights, "labels", None)
        self.of_classes = class_layer(network, self.target) is not None
        self.layers = (*inner_layers(network, self.target, inner), self.target)
        self._passes = prepare_passes(network, weights, self.layers, self.rule, jit)
        self.jit = self._passes.jit
        self._passes.worked = worked
        self._dtype = self._passes.dtype

    def __repr__(self) -> str:
        return f"Deconvnet({self.network.name} {self.target}, rule {self.rule.name})"

    def activations(self, x: np.ndarray) -> np.ndarray:
        """The layer's output for images x [n, h, w, c] as the network sees them.

        [n, h', w', c'], or [n, c'] for vectors.
        """
        x, shapes = self._checked_images(x)
        y = self._passes.target_maps(x, shapes)
        if self.target in self.network.vectors:
            return y[:, 0, 0]
        return y

    def project(
        self,
        x: np.ndarray,
        channels: int | Sequence[int] | np.ndarray | None = None,
        mode: str = "max",
        top: int | None = None,
        interior: bool = False,
        at: tuple[int, int] | None = None,
    ) -> Projection:
        """Projects channels of the layer to the pixels of images x [n, h, w, c].

        channels: a number from 0, or several, the same for every image; or [n, m] for each image
        its own. None: every channel, or with `top` the channels that fire strongest in each image,
        strongest first. mode "max" keeps the strongest unit of a feature map (the first on a tie),
        "all" the whole map. interior: only units whose receptive field lies within the image count,
        and are sent back; at: only the units in that row and column of the maps. Of a class, what
        raises it comes back, whatever the sign of its logit.
        Raises UserError for what does not fit.
        """
        if mode not in MODES:
            raise unknown("there is no mode", mode, MODES)
        x, shapes = self._checked_images(x)
        region = asked_region(self.network, self.target, shapes, interior, at)
        requested, count = requested_channels(self.network, self.target, channels, top, len(x))
        start = UNIT if mode == "max" else whole(shapes[self.target])
        route = self._passes.route(self.target, start, shapes)
        limits.refuse_many_patches(len(x) * count, route, self.network.channels, self._dtype.size)

        def project_images(begin: int, end: int, index: np.ndarray) -> Projection:
            forward_pass = self._passes.forward(x[index], shapes, requested)
            own = chosen(requested, np.arange(begin, end))
            if own is None:
                y = within(forward_pass.maps[self.target], region)
                own = strongest_channels(y[: end - begin], count)
            sent = feature_maps.items(forward_pass, self.target, own, mode, region, self.of_classes)
            return feature_maps.project(self._passes, self.target, forward_pass, sent, start, route)

        parts = [part for _, _, part in self._passes.by_images(len(x), shapes, project_images)]
        origin = self.origin(x, mode, interior, at)
        return replace(projection.concatenate_images(parts), origin=origin)

    def origin(
        self, x: np.ndarray, mode: str, interior: bool = False, at: tuple[int, int] | None = None
    ) -> Origin:
        """What a projection of images x is made from, for its picture."""
        made_by = (x, self.network, self.target, self.rule.name, mode, interior, at)
        return Origin(*made_by, self.preprocessing, self.path, self.labels)

    def units(
        self,
        x: np.ndarray,
        image: int | np.ndarray,
        channel: int | np.ndarray,
        positions: np.ndarray | None = None,
        seeds: np.ndarray | None = None,
        layer: str | None = None,
    ) -> Units:
        """Projects single units of images x [n, h, w, c].

        Unit k is of x[image[k]], channel[k], at positions[k] (row, column); positions None: the
        strongest unit of each map. seeds [k]: what is sent back, by default the activations, of
        logits their magnitudes. layer: the target, or an inner one. UserError for what is not so.
        """
        x, shapes = self._checked_images(x)
        layer = checked_layer(self.network, layer or self.target, self.layers)
        image = checked_indices("images", np.atleast_1d(image), len(x))
        count = shapes[layer][2]
        channel = checked_indices(f"channels of {layer}", np.atleast_1d(channel), count)
        refuse_unequal(image, channel, positions, seeds)
        asked = channel if layer == self.target else None

        def project_units(begin: int, end: int, index: np.ndarray) -> list[tuple]:
            own = np.flatnonzero((begin <= image) & (image < end))
            if not own.size:
                return []
            forward_pass = self._passes.forward(x[index], shapes, asked)
            where, what = chosen(positions, own), chosen(seeds, own)
            units = self.backward(
                forward_pass, image[own] - begin, channel[own], where, what, layer
            )
            return [(own, projection.concatenate(units))]

        chunks = self._passes.by_images(len(x), shapes, project_units)
        numbers, parts = zip(*[part for _, _, parts in chunks for part in parts])
        order = np.argsort(np.concatenate(numbers))
        return projection.reordered(projection.concatenate(parts), order)

    def extents(self, height: int, width: int, layer: str | None = None) -> tuple[int, int]:
        """Height and width of the patches of units of images of that size."""
        layer = self.network.node(layer or self.target).name
        shapes = self.network.input_shapes(layer, height, width)
        rows, columns = self._passes.route(layer, UNIT, shapes)[INPUT]
        return rows.size, columns.size

    def forward(self, x: np.ndarray) -> ForwardPass:
        """The forward pass of images x [n, h, w, c], all at a time, for units to be sent back."""
        return self._passes.forward(*self._checked_images(x))

    def backward(
        self,
        forward_pass: ForwardPass,
        image: np.ndarray,
        channel: np.ndarray,
        positions: np.ndarray | None = None,
        seeds: np.ndarray | None = None,
        layer: str | None = None,
    ) -> Iterator[Units]:
        """units() of images after their forward pass, in order: in memory a chunk at a time."""
        layer = checked_layer(self.network, layer or self.target, self.layers)
        image, channel, positions = checked_units(
            layer, forward_pass, image, channel, positions, seeds
        )
        places = np.column_stack([image, positions, forward_pass.place(layer, channel)])
        activations = tf.gather_nd(forward_pass.maps[layer], places).numpy()
        if seeds is None:
            seeds = seeds_of(activations, self.of_classes and layer == self.target)
        sent = np.asarray(seeds, activations.dtype)
        squares = squares_of(sent[:, None, None])
        shapes = forward_pass.shapes
        route = self._passes.route(layer, UNIT, shapes)
        patch_boxes = boxes(route[INPUT], positions)
        fields = boxes(self._passes.receptive_field(layer, UNIT, shapes), positions)
        largest = forward_pass.largest[image]
        for start, stop, patches in self._passes.backward(
            forward_pass, layer, route, sent[:, None, None], image, channel, positions
        ):
            chunk = slice(start, stop)
            yield Units(
                activations[chunk],
                positions[chunk],
                patch_boxes[chunk],
                fields[chunk],
                patches,
                is_saturated(squares[chunk], patches, largest[chunk]),
            )

    def _checked_images(self, x: np.ndarray) -> tuple[np.ndarray, ShapesByLayer]:
        """Images as an array of the computation's dtype, and the shapes of all maps for them."""
        x = checked_images(self.network, x, self._dtype.as_numpy_dtype)
        shapes = self.network.input_shapes(self.target, *x.shape[1:3])
        nodes = self._passes.graphs.nodes(shapes, self.target)
        by_strips = self._passes.by_strips
        limits.refuse_large_image(nodes, shapes, self._dtype.size, self.rule.mask, by_strips)
        return x, shapes
