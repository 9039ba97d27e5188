"""What units are made of: the signal at an earlier layer, times what fired there.

Of a unit's activation a, the derivative by each value x of an earlier map, da/dx, is what the
gradient rule sends back there of a seed of 1. Where the layers between are linear on each of the
pieces that rectifiers and pools cut their inputs into, the values on the unit's window add up to

    a = sum of x da/dx + what the biases between give,

and the sum over the cells of one channel is what that feature contributes. A unit by hand: a
convolution of one cell with the kernel (2, -1) and the bias 0.5 reads (3, 4) and fires
2 * 3 - 1 * 4 + 0.5 = 2.5. Its parts are 6 and -4, and the bias's 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from ..network.cuts import is_linear, is_piecewise_linear, part_behind, without_rectifier
from ..network.graph import Network
from .deconvnet import Deconvnet


class Contributions(NamedTuple):
    """Of k units."""

    # [k, channels of the earlier layer]
    parts: np.ndarray
    # [k] what they add up to, with the biases' part
    activations: np.ndarray


class Composition:
    """The part of a network from one layer to a later one, which says what units are made of.

    network, weights: as Deconvnet takes them. before: a layer through which all goes that reaches
    the target (network.cuts.map_before). Of a smooth function, a product, or a norm with the
    map's own statistics in between, x da/dx is the first-order part alone, and the sum is not the
    activation less what biases give: `adds_up` is False. Nothing comes down from a unit whose
    rectifier is at its ceiling (ReLU6): all of its activation counts as bias.

    >>> from tfdeconv.network.graph import Builder
    >>> from tfdeconv.network.layers import RELU, Conv
    >>> builder = Builder("tiny", (1, 1, 1))
    >>> layers = [builder.add("first", Conv(2, 1)), builder.add("second", Conv(1, 1))]
    >>> first = {"kernel": np.ones((1, 1, 1, 2)), "bias": np.zeros(2)}
    >>> second = {"kernel": np.reshape([2.0, -1], (1, 1, 2, 1)), "bias": np.array([0.5])}
    >>> weights = {"first": first, "second": second}
    >>> composition = Composition(builder.network(), weights, "second", "first")
    >>> maps = np.reshape([3.0, 4], (1, 1, 1, 2))
    >>> parts, activations = composition.contributions(maps, [0], [0], [[0, 0]])
    >>> parts.tolist(), activations.tolist()
    ([[6.0, -4.0]], [2.5])
    """

    def __init__(
        self,
        network: Network,
        weights: Mapping[str, Mapping[str, Any]],
        target: str,
        before: str,
        jit: bool | None = None,
    ):
        part = part_behind(network, network.node(before).name, network.node(target).name)
        self.before = network.node(before).name
        self.target = network.node(target).name
        self.adds_up = is_piecewise_linear(part)
        # as most are: a convolution, but for its ReLU
        bare = without_rectifier(part)
        self._is_linear = is_linear(bare)
        self._is_rectified = bare is not part
        part = bare if self._is_linear else part
        self._deconvnet = Deconvnet(part, weights, target, rule="gradient", jit=jit)

    def __repr__(self) -> str:
        return f"Composition({self._deconvnet.network.name} {self.target} of {self.before})"

    def contributions(
        self,
        maps: np.ndarray | tf.Tensor,
        image: Sequence[int] | np.ndarray,
        channel: Sequence[int] | np.ndarray,
        positions: Sequence[Sequence[int]] | np.ndarray,
    ) -> Contributions:
        """What units of the target are made of.

        maps [n, h, w, c] of the earlier layer, all at a time (Deconvnet.forward() of one with it
        as inner has them); unit k is of maps[image[k]], channel[k], at positions[k] (row, column).
        """
        maps, image, channel, positions = map(np.asarray, (maps, image, channel, positions))
        sent = image
        if self._is_linear:
            # one image goes forward in place of all
            sent = np.zeros_like(image)
        forward_pass = self._deconvnet.forward(maps[: sent.max() + 1])
        parts = np.empty((len(image), maps.shape[3]), maps.dtype)
        activations = np.empty(len(image), maps.dtype)
        start = 0
        seeds = np.ones(len(image))
        for units in self._deconvnet.backward(forward_pass, sent, channel, positions, seeds):
            chunk = slice(start, start + len(units.activations))
            windows = cut_out(maps, image[chunk], units.boxes)
            parts[chunk] = np.einsum("kpqc,kpqc->kc", units.patches, windows)
            activations[chunk] = units.activations
            if self._is_linear:
                # With the derivative J, the same in all images, a unit that fires y where the map
                # has the values x fires y + J (x' - x) where it has x'.
                difference = windows - cut_out(maps, sent[chunk], units.boxes)
                activations[chunk] += np.einsum("kpqc,kpqc->k", units.patches, difference)
            start = chunk.stop
        if self._is_linear and self._is_rectified:
            fires = activations > 0
            return Contributions(parts * fires[:, None], activations * fires)
        return Contributions(parts, activations)


def cut_out(maps: np.ndarray, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The boxes [k, 4] of the images [k] of maps [n, h, w, c]: [k, p, q, c], 0 outside of a map.

    A box is top, left, bottom, right; all are of one size.
    """
    height, width = (boxes[0, 2:] - boxes[0, :2]).tolist()
    rows = boxes[:, :1] + np.arange(height)
    columns = boxes[:, 1:2] + np.arange(width)
    in_rows = (0 <= rows) & (rows < maps.shape[1])
    in_columns = (0 <= columns) & (columns < maps.shape[2])
    rows = np.clip(rows, 0, maps.shape[1] - 1)
    columns = np.clip(columns, 0, maps.shape[2] - 1)
    windows = maps[image[:, None, None], rows[:, :, None], columns[:, None]]
    inside = in_rows[:, :, None] & in_columns[:, None]
    if not inside.all():
        windows *= inside[..., None]
    return windows
