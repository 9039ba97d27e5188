"""The maps of several layers, in a forward pass that keeps nothing for the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from ..network.graph import INPUT, Network
from . import compilation, cropping, finite, folding, limits, passes
from .chunks import MAX_ITEMS, images_at_once, in_chunks
from .precision import in_precision
from .tensors import as_tensors, dtype_of, parameter_shapes
from .types import ShapesByLayer
from .units import checked_images

Size = tuple[int, int]


class LayerMaps:
    """The forward pass to some layers, compiled once for each size of image.

    weights: tensors or arrays by layer and parameter; their dtype is the computation's. The layers
    need not depend on each other. Raises UserError where the weights lack what one needs.

    >>> from tfdeconv.network.graph import Builder
    >>> from tfdeconv.network.layers import GlobalAvgPool, Identity
    >>> builder = Builder("tiny", (2, 2, 1))
    >>> layers = [builder.add("copy", Identity()), builder.add("mean", GlobalAvgPool())]
    >>> maps = LayerMaps(builder.network(), {}, layers).of(np.arange(4.0).reshape(1, 2, 2, 1))
    >>> maps["copy"].shape, maps["mean"].tolist()
    ((1, 2, 2, 1), [[[[1.5]]]])
    """

    def __init__(
        self, network: Network, weights: Mapping[str, Mapping[str, Any]], layers: Sequence[str]
    ):
        self.network = network
        self.layers = tuple(dict.fromkeys(network.node(layer).name for layer in layers))
        shapes = parameter_shapes(weights)
        for layer in self.layers:
            network.require(layer, shapes)
        nodes = network.up_to(*self.layers)
        tensors = as_tensors(weights, [node.name for node in nodes])
        self._dtype = dtype_of(tensors)
        folded, self._parameters = folding.fold(nodes, tensors, self.layers)
        self._folded = replace(network, nodes=tuple(folded))
        # whether TensorFlow could hide that values overflow (finite.py)
        self._wild = finite.is_wild(self._parameters)
        self._jit = compilation.is_jit()
        self._made: dict[Size, Callable[[tf.Tensor], list[tf.Tensor]]] = {}

    def of(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """{layer: maps [n, h', w', c']} of images x [n, h, w, c], a chunk at a time.

        Vectors are [n, 1, 1, c']. Raises UserError for images that do not fit, and where a layer's
        values are not finite.
        """
        x = checked_images(self.network, x, self._dtype.as_numpy_dtype)
        height, width = x.shape[1:3]
        forward = self._forward((height, width))

        def compute(start: int, stop: int, index: np.ndarray) -> list[np.ndarray]:
            maps = [y[: stop - start].numpy() for y in forward(tf.constant(x[index]))]
            for layer, y in zip(self.layers, maps):
                if not np.isfinite(y).all():
                    raise finite.no_numbers(self.network.name, layer)
            return maps

        chunks = in_chunks(len(x), self.batch((height, width)), self._jit, compute)
        parts = zip(*[maps for _, _, maps in chunks])
        return {layer: np.concatenate(each) for layer, each in zip(self.layers, parts)}

    def batch(self, size: Size) -> int:
        """How many images of that height and width are best computed at a time."""
        largest = max(map(prod, self._shapes(size).values()))
        return max(1, min(images_at_once(largest * self._dtype.size), MAX_ITEMS))

    def _shapes(self, size: Size) -> ShapesByLayer:
        """Those of the maps that are computed; raises UserError where the size does not suit."""
        shapes: dict[str, tuple[int, int, int]] = {}
        for layer in self.layers:
            shapes = self.network.input_shapes(layer, *size)
        names = [INPUT, *(node.name for node in self._folded.nodes)]
        return {name: shapes[name] for name in names}

    def _forward(self, size: Size) -> Callable[[tf.Tensor], list[tf.Tensor]]:
        """Images of that size -> the maps of all layers."""
        if size not in self._made:
            shapes = self._shapes(size)
            sized = cropping.size(self._folded, self._parameters, shapes)
            nodes, parameters = sized.cropped.nodes, sized.parameters
            limits.refuse_large_images(nodes, shapes, self._dtype.size, images=1)

            def forward(x: tf.Tensor) -> list[tf.Tensor]:
                return passes.forward_maps(nodes, parameters, x, None, self.layers)[0]

            def checked_forward(x: tf.Tensor) -> list[tf.Tensor]:
                layer = finite.first_not_finite(nodes, parameters, x.numpy())
                if layer:
                    raise finite.no_numbers(self.network.name, layer)
                return forward(x)

            if self._wild:
                self._made[size] = in_precision(checked_forward)
            else:
                images = tf.TensorSpec((None, *shapes[INPUT]), self._dtype)
                self._made[size] = in_precision(
                    compilation.compiled(forward, images, jit=self._jit)
                )
        return self._made[size]
