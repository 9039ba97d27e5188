"""A feature's strongest images in a scan's run, beside what it does in one's own photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data.dataset import Source
from ..data.preprocessing import Preprocessing
from ..engine.deconvnet import Deconvnet
from ..figures import feature_tiles, png
from ..figures.style import Style
from ..figures.top_units import draw_top_units, image_name
from ..figures.unit_tiles import TileOptions, UnitTiles
from ..scan.run import Run
from ..words import number
from .answer import Answer, picture


@dataclass(frozen=True)
class RunFeatures:
    """A run whose network is explored."""

    path: Path
    run: Run
    source: Source  # its images, where they are now
    preprocessing: Preprocessing

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def layers(self) -> Sequence[str]:
        """Those whose features the run has."""
        return tuple(self.run.state)

    def answer(self, deconvnet: Deconvnet, feature: int, style: Style) -> Answer:
        """The tiles of a feature of the deconvnet's layer: projections at the left, the photos'
        patches at the right, strongest first, and what there is to say of each.
        """
        layer = deconvnet.target
        tiles_of, warnings = draw_top_units(
            deconvnet,
            self.run,
            self.source,
            self.preprocessing,
            {layer: np.array([feature], np.int32)},
            TileOptions(style),
        )
        unit_tiles = tiles_of[layer]
        facts = {
            "layer": layer,
            "feature": feature,
            "images": self.rows(unit_tiles),
            "warnings": warnings.lines(),
        }
        return picture(png.encode(feature_tiles.draw(unit_tiles, 0), {}), facts)

    def rows(self, unit_tiles: UnitTiles) -> list[dict[str, Any]]:
        """Of each tile its image's name, the activation, and what is wrong with it."""
        rows = []
        for rank in range(unit_tiles.places):
            image = int(unit_tiles.images[0, rank])
            rows.append(
                {
                    "image": image_name(self.source, image) if image >= 0 else "",
                    "activation": number(float(unit_tiles.values[0, rank])),
                    "word": str(unit_tiles.placeholders[0, rank]),
                }
            )
        return rows
