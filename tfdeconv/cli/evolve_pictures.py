"""The pictures and tables of evolve: what changed, and features of layers in all files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from . import console
from .recipes import recipe_of

if TYPE_CHECKING:
    import numpy as np

    from ..experiments.evolution import Epoch, Shift
    from ..figures.destination import Destination
    from ..figures.recipe import Recipe
    from ..figures.unit_tiles import UnitTiles
    from ..weights.load import Weights
    from .evolve_files import Series
    from .evolve_options import EvolveRequest

NUMBERED = re.compile(r" \(\d+\)")
# fields of a request that no picture depends on, or that are said in another way
IRRELEVANT = ("runs", "random", "seed", "every")
# fields that only pictures of features depend on
OF_FEATURES = ("features", "rule", "bands", "colours", "scale", "labels")


@dataclass
class Pictures:
    """Draws what became of the features of files that were scanned."""

    request: EvolveRequest
    series: Series
    epochs: Sequence[Epoch]
    destination: Destination
    warnings: list[str] = field(default_factory=list)  # that were told

    def draw(self, layers: Sequence[str]) -> Iterator[Path]:
        """Draws what changed in all layers that were compared, and features of some of them.

        Yields the paths of pictures.
        """
        from ..experiments.evolution import steps_of

        steps = {layer: steps_of(self.epochs, layer) for layer in self.series.layers}
        yield from self.draw_changes(steps, layers)
        channels = {layer: self.channels_of(layer) for layer in layers}
        tiles_of = self.tiles_of(channels)
        for layer in layers:
            yield from self.draw_layer(tiles_of.pop(layer), steps[layer])

    def draw_changes(
        self, steps: Mapping[str, Sequence[Shift]], shown: Sequence[str]
    ) -> Iterator[Path]:
        """Draws how far the features of each layer moved, with two tables beside the picture."""
        from ..experiments import evolution_tables
        from ..experiments.evolution import shift_of
        from ..figures import change_figure, naming

        first, last = self.epochs[0], self.epochs[-1]
        whole = {layer: shift_of(first, last, layer) for layer in steps}
        shifts: list[Shift] = []
        for layer, layer_steps in steps.items():
            shifts += layer_steps
            # of two files it is the step itself
            shifts += [whole[layer]] * (len(layer_steps) > 1)
        picture = change_figure.draw_changes(
            f"{self.title}   what changed",
            self.images,
            whole,
            {each: steps[each] for each in shown},
        )
        tables = {
            "": (evolution_tables.LAYER_COLUMNS, evolution_tables.layer_rows(shifts)),
            "-features": (
                evolution_tables.FEATURE_COLUMNS,
                evolution_tables.feature_rows(self.epochs, steps),
            ),
        }
        recipe = self.recipe(OF_FEATURES).with_options(layers=self.series.layers)
        stem = naming.file_name(self.source_name, self.title, "changes")
        pages = [(1, 1, picture)]
        yield from self.destination.save(recipe, stem, pages, {}, tables=tables)

    def draw_layer(self, tiles: UnitTiles, steps: Sequence[Shift]) -> Iterator[Path]:
        """Draws the chosen features of a layer; yields the path of each page."""
        from ..figures import evolution_figure, naming
        from ..figures.unit_names import unit_names

        layer = tiles.layer
        first = self.series.files[0]
        names = unit_names(first.network, layer, first.labels)
        channels = tiles.channels.tolist()
        seed = self.request.seed if self.request.features is None else None
        evolution = evolution_figure.LayerEvolution(tiles, steps, names, seed)
        request = self.request
        pages = evolution_figure.pages(
            evolution, self.epochs, self.title, self.images, request.rule, request.scale == "common"
        )
        recipe = self.recipe().with_options(layers=(layer,), features=tuple(channels))
        subject = f"{self.title}-{layer}"
        part = naming.features_part(request.features)
        stem = naming.file_name(self.source_name, subject, request.rule, "evolution", part)
        results = {"channels": ",".join(map(str, channels)), "seed": str(request.seed)}
        yield from self.destination.save(recipe, stem, pages, results)

    def channels_of(self, layer: str) -> np.ndarray:
        """The channels of a layer that are drawn: int32 [m]."""
        import numpy as np

        from ..experiments.evolution import random_features

        request = self.request
        if request.features is not None:
            return np.array(request.features, np.int32)
        return random_features(self.epochs, layer, request.random, request.seed)

    def tiles_of(self, channels: Mapping[str, np.ndarray]) -> dict[str, UnitTiles]:
        """The tiles of features of layers in all files, by layer."""
        from ..figures import evolution_tiles
        from ..figures.style import Style
        from ..weights.load import as_tensors

        request = self.request
        style = Style(request.colours, request.scale, request.bands)
        drawn: dict[str, list[UnitTiles]] = {layer: [] for layer in channels}
        with self.series.source as source:
            for number, (file, epoch) in enumerate(zip(self.series.files, self.epochs), 1):
                progress = console.Progress(of=f"{epoch.name}, {number} of {len(self.epochs)}: ")
                weights = as_tensors(self.weights_again(file, list(channels)))
                tiles_of, warnings = evolution_tiles.draw_strongest_units(
                    weights, epoch.run, source, channels, request.rule, style, progress.say
                )
                progress.clear()
                for line in warnings.lines():
                    self.warn(line)
                for layer, tiles in tiles_of.items():
                    drawn[layer].append(tiles)
        return {layer: evolution_tiles.joined(tiles) for layer, tiles in drawn.items()}

    def weights_again(self, file: Weights, layers: Sequence[str]) -> Weights:
        """A file's arrays; raises UserError where it has changed since it was scanned."""
        from ..weights.load import read_weights

        request = self.request
        weights = read_weights(
            file.path,
            request.network,
            layers,
            "float32",
            request.variant,
            request.architecture,
            request.lambdas,
        )
        if weights.digest != file.digest:
            raise UserError(f"{file.path} was changed while it was used: start again")
        return replace(weights, preprocessing=file.preprocessing)

    def warn(self, line: str) -> None:
        """Tells of what is not as it was scanned; each file may find the same."""
        if line not in self.warnings:
            console.complain(line)
            self.warnings.append(line)

    @property
    def title(self) -> str:
        """What the network is called."""
        from ..figures import naming

        first = self.series.files[0]
        return naming.network_title(first.network.name, Path(first.path))

    @property
    def images(self) -> str:
        """What the files were compared over, in words."""
        from ..figures import captions, evolution_figure

        name = captions.source_name(self.series.source) or self.series.source.root
        return evolution_figure.images_in_words(self.epochs, name)

    @property
    def source_name(self) -> str:
        """What names of pictures begin with: `epoch1-to-epoch9`."""
        name = f"{self.epochs[0].name}-to-{self.epochs[-1].name}"
        # names from shells are better off without the numbers of a file that is given twice
        return NUMBERED.sub("", name).replace("/", "_")

    def recipe(self, without: Sequence[str] = ()) -> Recipe:
        """What pictures depend on, but for some fields of the request."""
        first = self.series.files[0]
        recipe = recipe_of(self.request, first, Path(first.path), self.title)
        # which weights the files say
        options: dict[str, Any] = dict.fromkeys((*IRRELEVANT, *without, "weights"))
        options["files"] = tuple(Path(path).name for path in self.request.files)
        options["image_source"] = Path(self.request.image_source).name
        facts = {
            "weights sha256": ",".join(file.digest for file in self.series.files),
            "preprocessing": self.preprocessings,
            "list sha256": self.epochs[0].run.settings.list_sha256,
            "scanned": ",".join(str(epoch.run.scanned) for epoch in self.epochs),
        }
        return recipe.with_options(**options).with_facts(facts)

    @property
    def preprocessings(self) -> str:
        """That of all files, as JSON, or each file's where they differ."""
        texts = []
        for file in self.series.files:
            texts.append(json.dumps(asdict(file.preprocessing), sort_keys=True))
        return texts[0] if len(set(texts)) == 1 else "; ".join(texts)
