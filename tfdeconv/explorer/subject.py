"""The network that is explored, and what of it the page is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.modes import MODES
from ..engine.rules import RULES
from ..errors import unknown
from ..figures.style import Style
from ..figures.unit_names import UnitNames, unit_names
from ..network.graph import Network
from ..network.selection import available_layers, default_layers
from ..network.summary import kind
from .run_features import RunFeatures

if TYPE_CHECKING:
    from ..figures.recipe import Recipe
    from ..weights.load import Weights


@dataclass(frozen=True)
class Subject:
    """What is explored, with what."""

    title: str  # what the network is called
    weights: Weights  # tensors of all layers that there are
    layer: str  # that the page begins with
    style: Style
    resize: str  # of photos, as data.images has it
    recipe: Recipe  # what all pictures have in common
    as_they_are: bool  # whether photos' values are the network's own
    sample: Path | None  # a photo for whoever has none at hand
    tell: Callable[[str], None]  # is called with what is to be said on stderr
    run: RunFeatures | None = None  # the strongest images of the features

    @property
    def network(self) -> Network:
        return self.weights.network

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of what the network sees."""
        return self.weights.preprocessing.size

    @cached_property
    def layers(self) -> list[str]:
        """The layers that the weights reach."""
        return [node.name for node in available_layers(self.network, self.weights)]

    def checked_layer(self, name: str) -> str:
        """A layer that can be shown, by its own name; raises UserError for another one."""
        layer = self.network.node(name).name
        if layer not in self.layers:
            raise unknown(f"{self.title}: the weights do not reach the layer", name, self.layers)
        return layer

    def names(self, layer: str) -> UnitNames:
        """What a layer's units are called."""
        return unit_names(self.network, layer, self.weights.labels)

    def centres(self, layer: str, size: tuple[int, int]) -> list[list[float]]:
        """Where the middles of its units' receptive fields are: of each row, and of each column.

        size: rows and columns of its map. In pixels of the input.
        """
        network = self.network.at(*self.size)
        shapes = self.network.input_shapes(layer, *self.size)
        centres: list[list[float]] = []
        for span, count in zip(network.receptive_fields(shapes)[layer], size):
            centres.append([float(span.origin(i)) + span.size / 2 for i in range(count)])
        return centres

    def description(self) -> dict[str, Any]:
        """What the page has to know before there is a photo."""
        return {
            "title": self.title,
            "layer": self.layer,
            "layers": self.layer_rows(),
            "rules": list(RULES),
            "modes": list(MODES),
            "size": self.size,
            "sample": self.sample.name if self.sample else None,
            "run": self.run.name if self.run else None,
        }

    def layer_rows(self) -> list[dict[str, Any]]:
        """Each layer that can be shown: name, kind, map, channels, whether it has kernels or ends
        a block, and whether the run has its features.
        """
        shapes = self.network.shapes(*self.size)
        usual = default_layers(self.network, self.weights)
        of_run: Sequence[str] = self.run.layers if self.run else ()
        rows = []
        for name in self.layers:
            height, width, channels = shapes[name]
            rows.append(
                {
                    "name": name,
                    "kind": kind(self.network.node(name).layer),
                    "map": [height, width],
                    "channels": channels,
                    "usual": name in usual,
                    "run": name in of_run,
                }
            )
        return rows
