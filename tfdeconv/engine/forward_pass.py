"""What is kept of images on their way to the target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from ..network.base import Node
from ..network.graph import INPUT
from ..words import counted, extent, listed
from .types import ShapesByLayer, Traces


@dataclass(frozen=True, repr=False)
class ForwardPass:
    """Images after their forward pass, from which any number of units can be sent back.

    What the way back needs stays on the device that computed it.
    """

    shapes: ShapesByLayer
    maps: dict[str, tf.Tensor]  # [n, h, w, c] of the inner layers and, last, the target
    traces: Traces
    largest: np.ndarray  # [n] the greatest |value| of each image
    # of the target's channels those that were computed, ascending; None: all
    channels: np.ndarray | None = None

    def map_of(self, layer: str) -> np.ndarray:
        """A layer's maps [n, h, w, c], fetched from the device."""
        return self.maps[layer].numpy()

    def place(self, layer: str, channel: np.ndarray) -> np.ndarray:
        """Where channels [...] of a layer, which were computed, are in its maps."""
        *_inner, target = self.maps
        if self.channels is None or layer != target:
            return channel
        return np.searchsorted(self.channels, channel).astype(np.int32)

    def traces_of(self, nodes: Iterable[Node]) -> Traces:
        """What is kept of these layers alone."""
        names = {node.name for node in nodes}
        return {name: trace for name, trace in self.traces.items() if name in names}

    def __repr__(self) -> str:
        images = counted(len(self.largest), "image")
        return f"ForwardPass({images} of {extent(self.shapes[INPUT])} to {listed([*self.maps])})"
