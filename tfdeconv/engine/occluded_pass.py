"""The forward pass of an image of which a rectangle is hidden, for many rectangles.

Of each map only the window that the rectangle can reach is computed (network/reach.py), from the
clean image's maps around it and what changed within. Each value is the sum of the same products as
in a pass of the whole image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import tensorflow as tf

from ..network.base import times
from ..network.graph import INPUT, Network
from ..network.reach import Rectangle, Windows, changed_windows, extents, window_values
from . import compilation, cropping, finite, passes, patches
from .chunks import budget, in_chunks
from .cropping import SizedNetwork
from .device import refuse_beyond_device
from .layer_maps import LayerMaps, Size
from .limits import SMALLER_OR_EARLIER
from .precision import in_precision
from .types import ShapesByLayer
from .units import checked_images

# bytes in memory while a chunk of rectangles goes forward
CHUNK_BYTES = 256 << 20


@dataclass(frozen=True)
class ChangedMaps:
    """A layer's maps of k changed images, as far as they can differ from the clean image's."""

    clean: np.ndarray  # [h, w, c]
    windows: np.ndarray  # [k, n, m, c]
    starts: np.ndarray  # int [k, 2] first row and first column of each

    def channel(self, number: int) -> np.ndarray:
        """A feature map of each image: [k, h, w]."""
        return self._with_windows(self.clean[..., number], self.windows[..., number])

    def whole(self) -> np.ndarray:
        """All feature maps of each image: [k, h, w, c]."""
        return self._with_windows(self.clean, self.windows)

    def _with_windows(self, clean: np.ndarray, windows: np.ndarray) -> np.ndarray:
        maps = np.repeat(clean[None], len(windows), 0)
        height, width = windows.shape[1:3]
        for each, window, (row, column) in zip(maps, windows, self.starts):
            each[row : row + height, column : column + width] = window
        return maps


@dataclass(frozen=True)
class WholePass:
    """An image and its maps."""

    shapes: ShapesByLayer
    maps: dict[str, tf.Tensor]  # [1, h, w, c] of all layers, INPUT's too

    def map_of(self, layer: str) -> np.ndarray:
        """A layer's map [h, w, c]."""
        return self.maps[layer].numpy()[0]


class OccludedPass(LayerMaps):
    """The forward pass to some layers, of an image and of that with rectangles hidden.

    Compiled once for each size of image, and of rectangles.
    """

    def __init__(
        self, network: Network, weights: Mapping[str, Mapping[str, Any]], layers: Sequence[str]
    ):
        super().__init__(network, weights, layers)
        self._sized: dict[Size, SizedNetwork] = {}
        self._graphs: dict[tuple, Callable] = {}

    def __repr__(self) -> str:
        return f"OccludedPass({self.network.name} to {', '.join(self.layers)})"

    def whole(self, x: np.ndarray) -> WholePass:
        """The maps of an image [1, h, w, c] as the network sees it.

        Raises UserError where one is not finite, or they do not fit into memory.
        """
        x = checked_images(self.network, x, self._dtype.as_numpy_dtype)
        height, width = x.shape[1:3]
        shapes = self._shapes((height, width))
        sized = self.sized(shapes)
        nodes = sized.cropped.nodes
        refuse_beyond_device(
            sum(map(prod, shapes.values())) * self._dtype.size,
            f"all maps of an image of {times((height, width))}",
            SMALLER_OR_EARLIER,
        )
        if self._wild and (layer := finite.first_not_finite(nodes, sized.parameters, x)):
            raise finite.no_numbers(self.network.name, layer)
        names = [node.name for node in nodes]
        key = ("whole", shapes[INPUT])
        if key not in self._graphs:

            def forward(image: tf.Tensor) -> list[tf.Tensor]:
                return passes.forward_maps(nodes, sized.parameters, image, None, names)[0]

            self._graphs[key] = self._compile(forward, tf.TensorSpec(x.shape, self._dtype))
        image = tf.constant(x)
        maps = {INPUT: image, **dict(zip(names, self._graphs[key](image)))}
        for layer in self.layers:
            self.refuse_not_finite(layer, maps[layer].numpy())
        return WholePass(shapes, maps)

    def occluded(
        self, clean: WholePass, rectangles: Sequence[Rectangle], value: np.ndarray
    ) -> Iterator[tuple[int, int, dict[str, ChangedMaps]]]:
        """The layers' maps of the image with each of the rectangles filled with a value [c].

        A chunk at a time, with where it starts and stops. Raises UserError where a map is not
        finite, or one rectangle does not fit into memory.
        """
        shapes = clean.shapes
        sized = self.sized(shapes)
        nodes = sized.cropped.nodes
        windows = changed_windows(nodes, shapes, rectangles)
        needed = window_values(nodes, shapes, windows) * self._dtype.size
        refuse_beyond_device(needed, "the maps of a hidden rectangle", SMALLER_OR_EARLIER)
        graph = self._occluded_graph(sized, windows, shapes)
        starts = {}
        for name, axes in windows.items():
            starts[name] = np.array([each.starts for each in axes], np.int32)
        corners = np.array(rectangles, np.int32)
        fill = tf.constant(np.asarray(value), self._dtype)

        def compute(start: int, stop: int, index: np.ndarray) -> dict[str, ChangedMaps]:
            own = {name: tf.constant(each[:, index]) for name, each in starts.items()}
            parts = graph(clean.maps, tf.constant(corners[index]), fill, own)
            changed = {}
            for layer, part in zip(self.layers, parts):
                values = part.numpy()[: stop - start]
                self.refuse_not_finite(layer, values)
                begin = starts[layer][:, start:stop].T
                changed[layer] = ChangedMaps(clean.map_of(layer), values, begin)
            return changed

        size = budget(CHUNK_BYTES) // needed
        yield from in_chunks(len(rectangles), size, self._jit, compute)

    def sized(self, shapes: ShapesByLayer) -> SizedNetwork:
        """The network for images of one size."""
        height, width, _channels = shapes[INPUT]
        if (height, width) not in self._sized:
            sized = cropping.size(self._folded, self._parameters, shapes)
            self._sized[height, width] = sized
        return self._sized[height, width]

    def refuse_not_finite(self, layer: str, values: np.ndarray) -> None:
        if not np.isfinite(values).all():
            raise finite.no_numbers(self.network.name, layer)

    def _occluded_graph(
        self, sized: SizedNetwork, windows: Mapping[str, Windows], shapes: ShapesByLayer
    ) -> Callable:
        """Clean maps, rectangles [k, 4], value [c] and starts [2, k] by map -> layers' windows."""
        sizes = tuple((name, extents(each)) for name, each in windows.items())
        key = ("occluded", shapes[INPUT], sizes)
        if key not in self._graphs:

            def forward(clean, rectangles, value, starts):
                places = {name: (each[0], each[1]) for name, each in starts.items()}
                image = patches.filled(
                    clean[INPUT], rectangles, value, windows[INPUT], places[INPUT]
                )
                changed = {INPUT: image}
                for node in sized.cropped.nodes:
                    p = sized.parameters[node.name]
                    changed[node.name] = patches.forward(
                        node, p, clean, changed, windows, places, shapes
                    )
                return [changed[layer] for layer in self.layers]

            maps = {}
            for name in windows:
                maps[name] = tf.TensorSpec((1, *shapes[name]), self._dtype)
            self._graphs[key] = self._compile(
                forward,
                maps,
                tf.TensorSpec((None, 4), tf.int32),
                tf.TensorSpec(shapes[INPUT][2:], self._dtype),
                dict.fromkeys(windows, tf.TensorSpec((2, None), tf.int32)),
            )
        return self._graphs[key]

    def _compile(self, function: Callable, *specs: Any) -> Callable:
        if self._wild:
            return in_precision(function)
        return in_precision(compilation.compiled(function, *specs, jit=self._jit))
