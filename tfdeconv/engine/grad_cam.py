"""Grad-CAM: which places of an inner map speak for a unit or a class (Selvaraju et al. 2017).

With A_k the k-th channel of an inner layer's map, and y a later unit's activation or a class's
logit, section 3 weighs each channel by the mean over its cells of its derivative, and adds up:

    alpha_k = mean over i, j of dy / dA_k[i, j]          heat = max(0, sum over k of alpha_k A_k)

By hand: a map of two cells with the values 1 and 3, and a unit that is 2 times the first less the
second. Its derivative is 2 and -1, alpha their mean 0.5, and the heat 0.5 and 1.5: where the
derivative is below 0, too, because alpha is one number for the whole channel. So the heat says
where the channels that matter fire, and not where the unit looks. Of a unit that sees a part of the
image alone it goes beyond that part.

Guided Grad-CAM (section 3.2) is the heat, enlarged to the image, times what the guided rule brings
to the pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import UserError
from ..network.cuts import cut_before, part_behind
from ..network.graph import INPUT, Network
from ..network.selection import inner_map
from ..network.spans import UNIT, whole
from ..words import extent
from . import limits
from .compiled import CompiledPasses
from .deconvnet import Deconvnet
from .forward_pass import ForwardPass
from .heat_maps import HeatMaps, enlarge
from .preparation import prepare_passes
from .projection import Origin, Projection, paste
from .region import asked_region
from .rules import GRADIENT, GUIDED
from .types import ShapesByLayer


class GradCam:
    """Grad-CAM of one layer's units at an inner layer, compiled once for each size of image.

    network, weights, target, jit, worked: as Deconvnet takes them; layer: the inner one. Raises
    UserError for a layer that is not below the target, or has no map.

    >>> from tfdeconv.network.graph import Builder
    >>> from tfdeconv.network.layers import Conv, Dense, Flatten
    >>> builder = Builder("tiny", (1, 2, 1))
    >>> layers = [builder.add("map", Conv(1, 1)), builder.add("flat", Flatten())]
    >>> target = builder.add("unit", Dense(1))
    >>> weights = {"map": {"kernel": np.ones((1, 1, 1, 1)), "bias": np.zeros(1)}}
    >>> weights["unit"] = {"kernel": np.array([[2.0], [-1.0]]), "bias": np.zeros(1)}
    >>> projection = Deconvnet(builder.network(), weights, "unit").project(np.array([[[[1], [3]]]]))
    >>> maps = GradCam(builder.network(), weights, "unit", "map").of(projection)
    >>> maps.values.tolist(), maps.guided.ravel().tolist()
    ([[[[0.5, 1.5]]]], [-1.0, 1.5])
    """

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Mapping[str, Any]],
        target: str,
        layer: str,
        jit: bool | None = None,
        worked: Callable[[int], None] = lambda work: None,
    ):
        self.network = network
        self.layer = inner_map(network, target, layer)
        self._guided = Deconvnet(network, weights, target, GUIDED.name, jit, worked=worked)
        self.target = self._guided.target
        # In two steps: from the image to a map through which all goes, which needs no traces and
        # can be computed by strips; and from there to the target and back to the inner layer.
        entry = cut_before(network, self.target, self.layer)
        self._before = None
        self._part = network
        if entry != INPUT:
            self._before = prepare_passes(network, weights, (entry,), GRADIENT, jit)
            self._before.worked = worked
            self._part = part_behind(network, entry, self.target)
        self._entry = entry
        # the inner layer's name in the part
        self._inner = INPUT if entry == self.layer else self.layer
        kept = (self.target,) if self._inner == INPUT else (self.layer, self.target)
        self._behind = prepare_passes(self._part, weights, kept, GRADIENT, jit)
        self._behind.worked = worked

    def __repr__(self) -> str:
        return f"GradCam({self.network.name} {self.target} at {self.layer})"

    def of(self, projection: Projection) -> HeatMaps:
        """The heat maps of a projection's units, and guided Grad-CAM.

        Of whole maps (mode all) the derivative is that of their sum; of a dead unit it is 0. What
        the guided rule brings back is scaled by the activation, as projections are. Raises
        UserError where the inner layer's map is a single cell.
        """
        origin = projection.origin
        if origin is None:
            raise UserError("Grad-CAM needs the images of the projection: give one of project()")
        maps = []
        for image in range(len(origin.images)):
            maps.append(self._image(projection, origin, image))
        values = np.stack(maps)
        guided = projection
        if origin.rule != GUIDED.name:
            guided = self._guided.project(
                origin.images, projection.channels, origin.mode, None, origin.interior, origin.at
            )
        products = np.empty_like(guided.patches)
        for image, unit in np.ndindex(projection.channels.shape):
            heat = enlarge(values[image, unit], projection.size)
            box = guided.boxes[image, unit]
            shares = paste(heat[..., None], np.array((0, 0, *projection.size)), box)
            products[image, unit] = guided.patches[image, unit] * shares
        return HeatMaps(self.layer, values, products)

    def _image(self, projection: Projection, origin: Origin, image: int) -> np.ndarray:
        """The heat maps [m, h, w] of one image's units."""
        forward_pass, inner = self._forward(origin.images[image : image + 1])
        shapes = self.network.input_shapes(self.target, *projection.size)
        height, width, _ = shapes[self.target]
        channels = projection.channels[image]
        positions = np.maximum(projection.positions[image], 0)
        start = UNIT
        seeds = np.ones((len(channels), 1, 1), inner.dtype)
        if origin.mode == "all":
            start = whole((height, width))
            region = asked_region(self.network, self.target, shapes, origin.interior, origin.at)
            seeds = np.ones((len(channels), height, width), inner.dtype)
            if region:
                seeds[:] = 0
                seeds[(slice(None), *region.slices)] = 1
        route = self._behind.route(self.target, start, forward_pass.shapes)
        weights = np.empty((len(channels), inner.shape[2]), inner.dtype)
        for begin, end, derivatives in self._behind.backward(
            forward_pass,
            self.target,
            route,
            seeds,
            np.zeros_like(channels),
            channels,
            positions,
            entry=self._inner,
        ):
            # cells of a window that are outside of the map are 0
            weights[begin:end] = derivatives.sum((1, 2)) / (inner.shape[0] * inner.shape[1])
        return np.maximum(inner @ weights.T, 0).transpose(2, 0, 1)

    def _forward(self, x: np.ndarray) -> tuple[ForwardPass, np.ndarray]:
        """The pass to the target of one image [1, h, w, c], and the inner layer's map [h, w, c]."""
        maps = x.astype(self._behind.dtype.as_numpy_dtype)
        if self._before:
            shapes = self.network.input_shapes(self._entry, *x.shape[1:3])
            self._refuse_large(self._before, shapes, masked=False)
            maps = self._before.target_maps(maps, shapes)
        shapes = self._part.input_shapes(self.target, *maps.shape[1:3])
        self._refuse_large(self._behind, shapes, masked=True)
        forward_pass = self._behind.forward(maps, shapes)
        inner = maps[0] if self._inner == INPUT else forward_pass.map_of(self.layer)[0]
        if inner.shape[:2] == (1, 1):
            raise UserError(
                f"Grad-CAM at {self.layer}: its map is a single cell for an image of "
                f"{extent(x.shape[1:3])}: take a layer before it"
            )
        return forward_pass, inner

    @staticmethod
    def _refuse_large(passes: CompiledPasses, shapes: ShapesByLayer, masked: bool) -> None:
        """Raises UserError where an image's pass does not fit into memory."""
        nodes = passes.graphs.nodes(shapes, passes.layers[-1])
        limits.refuse_large_image(nodes, shapes, passes.dtype.size, masked, passes.by_strips)
