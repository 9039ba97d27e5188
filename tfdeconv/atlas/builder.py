"""An atlas, from a run to the folder: layer by layer, each whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..data.dataset import Source
from ..engine.deconvnet import Deconvnet
from ..figures.top_units import Progress
from ..network.graph import Network
from ..scan.border_bound import BorderUnits, border_units
from ..scan.image_labels import labels_of
from ..scan.maxima import MaximaFile
from ..scan.provenance import channels_of
from ..scan.run import Run
from ..scan.state import EDGES
from ..version import __version__
from ..weights.load import Weights
from . import sheets
from .connections import Connections, write_made_of
from .contributions import LayerComposition, layer_composition
from .correlations import correlated_features
from .estimate import Estimate, estimate
from .feature_data import feature_data
from .feature_tiles import FeatureTiles
from .folder import AtlasFolder
from .layer_data import LayerData
from .manifest import Manifest
from .network_data import layer_entries, notes_on
from .projector import Projector
from .scripts import number, script, text
from .sheets import SIDE
from .thumbnails import PER_SHEET, THUMBNAIL_COLUMNS, Thumbnails

VERSION = 1  # of the data


@dataclass
class Builder:
    """Builds an atlas of a run; holds what all of its layers have in common."""

    path: Path  # of the run
    run: Run
    network: Network
    weights: Weights  # tensors; the preprocessing is the run's
    source: Source
    title: str  # of the network
    folder: AtlasFolder
    manifest: Manifest
    maxima: MaximaFile | None  # those that the run kept
    notes: Sequence[str]  # on what was assumed
    progress: Progress
    warn: Callable[[str], None]  # is called with what is not as it was scanned
    photos: set[int] = field(default_factory=set)  # written by this process

    def missing(self, layers: Sequence[str]) -> list[str]:
        """Those of the layers that are not there yet, in the network's order."""
        missing = []
        for layer, entry in self.entries.items():
            if layer in layers and entry["number"] not in self.manifest.layers:
                missing.append(layer)
        return missing

    def estimate(self, layers: Sequence[str]) -> Estimate:
        """What it takes to make these layers."""
        channels = {layer: self.channels(layer) for layer in layers}
        return estimate(self.run, self.network, channels, self.manifest.settings.rules)

    def build(self, layers: Sequence[str]) -> None:
        """Makes the layers that are not there yet, and the pages."""
        self.folder.make(self.manifest.content())
        self.folder.copy_pages()
        whole = self.manifest.layers
        for place in whole:
            # a killed process may have written of a layer that did not become whole
            self.connections.write(self.folder, place, whole)
        self.save()
        missing = self.missing(layers)
        for i, layer in enumerate(missing, 1):
            self.build_layer(layer, f"layer {i} of {len(missing)}, {layer}")

    def save(self) -> None:
        """Writes what tells which layers there are: the page's data last."""
        self.folder.write(self.folder.manifest, self.manifest.content())
        self.folder.write(self.folder.data / "atlas.js", script("atlas", self.atlas_data()))

    def build_layer(self, layer: str, title: str) -> None:
        """Makes a layer's folder, and notes that it is whole. title: of lines of progress."""
        place = self.run.settings.layers.index(layer)
        warnings: list[str] = []
        composition = layer_composition(self.run, self.network, self.weights, layer)
        projector = Projector(
            self.deconvnets(layer, composition),
            composition,
            self.run,
            self.source,
            self.weights.preprocessing,
            self.manifest.settings.bands,
            lambda line: self.progress(f"{title}, {line}"),
            self.write_photo,
            warnings,
        )
        data = self.layer_values(layer)
        channels = self.channels(layer)
        correlated = correlated_features(self.run, self.network, self.maxima, layer)
        made_of = {}
        with self.folder.new_layer(place) as folder:
            thumbnails = Thumbnails(folder, self.manifest.settings.rules)
            for feature in projector.features(channels):
                values = feature_data(data, self.source, feature, correlated.get(feature.channel))
                self.write_feature(folder, values, feature)
                thumbnails.add(feature)
                made_of[feature.channel] = feature.made_of
            thumbnails.finish()
            write_script(folder / "layer.js", f"layer/{place}", self.layer_data(data, channels))
            write_made_of(folder, made_of)
        for line in warnings:
            self.warn(line)
        self.connections.write(self.folder, place, {*self.manifest.layers, place})
        self.manifest.add(place, text(layer), [text(line) for line in warnings])
        self.save()

    def deconvnets(self, layer: str, composition: LayerComposition | None) -> dict[str, Deconvnet]:
        """A deconvnet of the layer for each rule; the first has the maps that it is made of."""
        found: dict[str, Deconvnet] = {}
        for rule in self.manifest.settings.rules:
            inner = [composition.inner] if composition and not found else []
            found[rule] = Deconvnet(self.network, self.weights, layer, rule, inner=inner)
        return found

    def channels(self, layer: str) -> np.ndarray:
        """The channels of a layer that the atlas shows, in order: int32 [m]."""
        return np.sort(channels_of(self.run, layer, None, self.manifest.settings.features))

    def shown(self, layer: str) -> dict[str, Any]:
        """What atlas.js says of the features of a layer that the atlas shows."""
        channels = self.channels(layer)
        is_whole = len(channels) == self.entries[layer]["channels"]
        return {
            "features": len(channels),
            "numbers": None if is_whole else channels.tolist(),
            "names": self.layer_values(layer).class_names(channels),
        }

    def layer_values(self, layer: str) -> LayerData:
        """What the run counted of a layer."""
        return LayerData(
            self.run, self.network, layer, self.borders, self.maxima, self.weights.labels
        )

    @cached_property
    def borders(self) -> dict[str, BorderUnits] | None:
        """Which units stand at borders; None where the run looked at no such unit."""
        if self.run.settings.interior:
            return None
        return border_units(self.run, self.network)

    @cached_property
    def entries(self) -> dict[str, dict[str, Any]]:
        """What atlas.js says of each layer of the run."""
        return layer_entries(self.run, self.network, self.borders)

    @cached_property
    def connections(self) -> Connections:
        """Which layers' features those of each layer are made of."""
        return Connections.of(self.run, self.network)

    def write_photo(self, image: int, photo: np.ndarray) -> None:
        """Writes what the network saw of an image, once."""
        if image in self.photos:
            return
        self.photos.add(image)
        path = self.folder.photos / f"{image}.{sheets.SUFFIX}"
        self.folder.write(path, sheets.encoded(photo, sheets.OF_PHOTOS))

    def write_feature(self, folder: Path, values: dict[str, Any], feature: FeatureTiles) -> None:
        """Writes a feature's script, with these values, and its sheets."""
        channel = feature.channel
        write_script(folder / f"{channel}.js", f"feature/{values['layer']}/{channel}", values)
        for rule, content in feature.sheets.items():
            (folder / f"{channel}-{rule}.{sheets.SUFFIX}").write_bytes(content)

    def layer_data(self, data: LayerData, channels: np.ndarray) -> dict[str, Any]:
        """What layer.js says."""
        return {
            "number": self.run.settings.layers.index(data.layer),
            "name": text(data.layer),
            "features": channels.tolist(),
            "thumbnail": {"side": SIDE, "columns": THUMBNAIL_COLUMNS, "per_sheet": PER_SHEET},
            "columns": data.columns(channels),
            "names": data.class_names(channels),
        }

    def atlas_data(self) -> dict[str, Any]:
        """What atlas.js says: of the layers that are whole."""
        settings = self.run.settings
        entries = []
        for layer, entry in self.entries.items():
            place = entry["number"]
            if place in self.manifest.layers:
                has_into = bool(self.connections.behind(place, self.manifest.layers))
                entries.append({**entry, **self.shown(layer), "has_into": has_into})
        return {
            "version": VERSION,
            "title": text(self.title),
            "program": f"tfdeconv {__version__}",
            "run": text(self.path.name),
            "rules": list(self.manifest.settings.rules),
            "top": settings.top,
            "image_size": list(settings.image_size),
            "suffix": sheets.SUFFIX,
            "images": {
                "listed": len(settings.range),
                "scanned": self.run.scanned,
                "skipped": len(self.run.skipped),
                "labelled": bool(labels_of(self.run)),
            },
            "notes": [*map(text, [*self.notes, *notes_on(self.run)]), *self.manifest.notes],
            "layers": entries,
            "edges": [0, *[number(edge) for edge in EDGES.tolist()], None],
        }


def write_script(path: Path, key: str, value: Any) -> None:
    path.write_bytes(script(key, value))
