"""What features go into: of each layer's, those of layers behind it of which they are a part.

Each layer's folder has, for this program alone, what its features are made of (made_of.json). What
those of a layer go into (into.js) follows from these of the layers that are whole, in whichever
order they were made.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..formats.checked_json import parse_object
from ..network.cuts import map_before
from ..network.graph import Network
from ..scan.run import Run
from .contributions import Part, goes_into
from .folder import AtlasFolder
from .scripts import script

MADE_OF = "made_of.json"
INTO = "into.js"


@dataclass(frozen=True)
class Connections:
    """Which layers' features those of each layer are made of."""

    before: Mapping[int, Collection[int]]  # by the layers' numbers

    @classmethod
    def of(cls, run: Run, network: Network) -> Connections:
        layers = run.settings.layers
        before = {}
        for place, layer in enumerate(layers):
            found = map_before(network, layer, layers)
            before[place] = {layers.index(name) for name in found.layers} if found else set()
        return cls(before)

    def behind(self, place: int, layers: Collection[int]) -> list[int]:
        """Those of the layers whose features are made of this one's, in order."""
        return [layer for layer in sorted(layers) if place in self.before[layer]]

    def write(self, folder: AtlasFolder, place: int, whole: Collection[int]) -> None:
        """Writes what features go into that a layer which was just made changes.

        whole: the layers that are whole, this one too.
        """
        for layer in {place, *self.before[place]} & set(whole):
            features = {}
            for other in self.behind(layer, whole):
                features[other] = read_made_of(folder.layer(other))
            value = {"number": layer, "features": goes_into(layer, features)}
            folder.write(folder.layer(layer) / INTO, script(f"into/{layer}", value))


def write_made_of(folder: Path, made_of: Mapping[int, Mapping[str, Any] | None]) -> None:
    """Writes what a layer's features are made of: {feature: [[layer, feature, share], ...]}."""
    parts = {}
    for feature, parts_of_one in made_of.items():
        if parts_of_one is not None:
            features = parts_of_one["features"]
            parts[str(feature)] = [[one["layer"], one["feature"], one["share"]] for one in features]
    (folder / MADE_OF).write_text(json.dumps(parts) + "\n", "ascii")


def read_made_of(folder: Path) -> dict[int, list[Part]]:
    """What a layer's features are made of. Raises UserError where its file is not as it was."""
    path = folder / MADE_OF
    try:
        made_of = {}
        for feature, parts in parse_object(path.read_bytes()).items():
            made_of[int(feature)] = [
                (int(layer), int(part), float(share)) for layer, part, share in parts
            ]
        return made_of
    except (OSError, ValueError, TypeError):
        raise UserError(
            f"{path} is missing or damaged: build the atlas anew, --overwrite"
        ) from None
