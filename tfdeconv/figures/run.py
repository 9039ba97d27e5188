"""Figures of a run, from the request to the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..data.dataset import Source
from ..engine.deconvnet import Deconvnet
from ..errors import UserError
from ..network.graph import INPUT, Network
from ..scan.image_labels import labels_of
from ..scan.run import Run
from ..weights.load import Weights
from . import block_notes, captions, grid, naming, residual
from .destination import Destination, Page
from .fidelity_text import areas_text
from .ranks import Ranks
from .recipe import Recipe
from .run_page import PageText
from .run_warnings import Warnings
from .style import Style
from .tile_areas import measuring
from .tile_files import run_tiles, save_tiles
from .tile_texts import tile_texts
from .top_units import Progress, draw_top_units, image_name, see_nothing
from .unit_arrays import unit_arrays
from .unit_names import unit_names
from .unit_tiles import TileOptions, UnitTiles


@dataclass(frozen=True)
class RunFigures:
    """Draws figures of a run; holds what all of them have in common."""

    path: Path  # of the run
    run: Run
    network: Network
    weights: Weights  # tensors; the preprocessing is the run's
    source: Source
    rule: str
    style: Style
    raw: bool  # save the signals themselves, too
    recipe: Recipe  # what all of them depend on
    destination: Destination
    progress: Progress
    warn: Callable[[str], None]  # is called with each thing that is not as it was scanned
    tell: Callable[[str], None]  # is called with what a picture does not show
    ranks: Ranks | None = None  # of a layer's images; None: all that the run kept
    names: bool = False  # of images under their tiles
    label: str | None = None  # the run is of the images of one label
    tiles: bool = False  # save each tile of a layer, too
    fidelity: bool = False  # measure areas of deletion and insertion of a layer's units

    @property
    def network_title(self) -> str:
        """What the network is called in names and titles."""
        return self.recipe.facts["network"]

    def draw_layer(self, layer: str, channels: np.ndarray) -> Iterator[Path]:
        """Draws the strongest images of a layer's channels; yields the path of each page.

        Raises UserError if there is nothing to draw.
        """
        options = TileOptions(
            self.style, self.raw, ranks=self.ranks, names=self.names, fidelity=self.fidelity
        )
        unit_tiles = self.draw_tiles([layer], channels, options)[layer]
        names = unit_names(self.network, layer, self.weights.labels)
        full = grid.common_scale(unit_tiles) if self.style.scale == "common" else None
        text = PageText(
            f"{self.network_title}   {layer}",
            (
                f"{captions.source_caption(self.run, self.source, self.ranks, self.label)}, "
                f"rule {self.rule}; "
                f"{captions.field_caption(unit_tiles)}",
            ),
            captions.layer_legend(unit_tiles, names, full),
        )
        recipe = self.recipe.with_options(layers=(layer,))
        stem = naming.file_name(
            self.path.stem,
            f"{self.network_title}-{layer}",
            self.rule,
            f"ranks{self.ranks}" if self.ranks else f"top{self.run.settings.top}",
            naming.label_part(self.label),
            "fidelity" if self.fidelity else "",
            naming.features_part(recipe.options.get("features")),
        )
        texts = captions.feature_texts(unit_tiles, names)
        if options.texts:
            texts = self.with_tile_texts(texts, unit_tiles)
        pages = grid.pages(unit_tiles, texts, text, full)
        arrays = unit_arrays(unit_tiles, self.source)
        results = areas_text(unit_tiles.areas) if self.fidelity else {}
        yield from self.save(recipe, stem, pages, channels, arrays, results)
        if self.tiles:
            first = self.ranks.first if self.ranks else 1
            tiles = run_tiles(unit_tiles, self.source, self.style, labels_of(self.run), first)
            recipe = self.complete(recipe)
            yield from save_tiles(self.destination.tile_folder(recipe, stem), recipe, tiles)

    def with_tile_texts(
        self, texts: Sequence[grid.FeatureText], unit_tiles: UnitTiles
    ) -> list[grid.FeatureText]:
        """Texts of features, and those under each of their tiles."""

        def name_of(image: int) -> str:
            return image_name(self.source, image)

        labels = labels_of(self.run)
        named = []
        for feature, text in enumerate(texts):
            named.append(replace(text, tiles=tile_texts(unit_tiles, feature, name_of, labels)))
        return named

    def draw_blocks(
        self, stage: str, layers: Sequence[str], channels: np.ndarray, split: bool
    ) -> Iterator[Path]:
        """Draws each channel's strongest images in the outputs of residual blocks.

        A picture a channel, a row a block; yields the path of each page. split: draws what came
        down through the shortcut and through the branch of each sum, too.
        Raises UserError if there is nothing to draw.
        """
        parts = self.sum_inputs(layers) if split else {}
        options = TileOptions(self.style, raw=self.raw, centred=True)
        tiles_of = self.draw_tiles(layers, channels, options, parts)
        notes = block_notes.block_notes(self.run, self.path, self.network, layers, channels)
        caption = [f"{captions.source_caption(self.run, self.source)}, rule {self.rule}"]
        kind = "blocks"
        if split:
            kind = "split"
            gap = max(unit_tiles.gap for unit_tiles in tiles_of.values())
            caption.append(block_notes.additivity_note(gap, self.rule))
        for i, channel in enumerate(channels):
            rows = [residual.Row(tiles_of[layer], i, notes[layer][i]) for layer in layers]
            text = PageText(
                f"{self.network_title}   {stage}   channel {channel}",
                caption,
                captions.blocks_legend(list(tiles_of.values())),
            )
            full = None
            if self.style.scale == "common":
                full = residual.common_scale(rows, text)
                text = replace(text, legend=captions.blocks_legend(list(tiles_of.values()), full))
            arrays = {}
            for layer, unit_tiles in tiles_of.items():
                for name, array in unit_arrays(unit_tiles, self.source).items():
                    arrays[f"{layer}.{name}"] = array[i]
            subject = f"{self.network_title}-{stage}-channel{channel}"
            stem = naming.file_name(self.path.stem, subject, self.rule, kind)
            recipe = self.recipe.with_options(features=(int(channel),), top=None)
            recipe = recipe.with_facts({"layer": ",".join(layers)})
            pages = residual.pages(rows, text, full)
            yield from self.save(recipe, stem, pages, channels[i : i + 1], arrays)

    def sum_inputs(self, layers: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Shortcut and branch of each block; raises UserError if a shortcut is the image."""
        sums = self.network.residuals()
        inputs = {}
        for layer in layers:
            inputs[layer] = (sums[layer].shortcut, sums[layer].branch)
            if INPUT in inputs[layer]:
                raise UserError(
                    f"--split: the identity path of {layer} is the image itself: "
                    "nothing comes down through it to be drawn"
                )
        return inputs

    def draw_tiles(
        self,
        layers: Sequence[str],
        channels: np.ndarray,
        options: TileOptions,
        parts: Mapping[str, Sequence[str]] | None = None,
    ) -> dict[str, UnitTiles]:
        """Projects the channels' strongest units of all layers, the last of which is the target.

        Passes warnings on; raises UserError if there is nothing to draw.
        """
        # each once, in order: two blocks may share an input
        part_layers: dict[str, None] = {}
        for names in (parts or {}).values():
            part_layers |= dict.fromkeys(names)
        target = layers[-1]
        inner = [*layers[:-1], *part_layers]
        deconvnet = Deconvnet(self.network, self.weights, target, self.rule, inner=inner)
        see = measuring(deconvnet, self.progress) if options.fidelity else see_nothing
        tiles_of, warnings = draw_top_units(
            deconvnet,
            self.run,
            self.source,
            self.weights.preprocessing,
            dict.fromkeys(layers, channels),
            options,
            parts,
            self.progress,
            see,
        )
        self.report(warnings, tiles_of.values())
        for layer, unit_tiles in tiles_of.items():
            if unit_tiles.saturated:
                places = sorted({place for place, _rank in unit_tiles.saturated})
                self.tell(captions.saturated_note(layer, unit_tiles.channels[places]))
        return tiles_of

    def report(self, warnings: Warnings, all_tiles: Iterable[UnitTiles]) -> None:
        """Passes warnings on; raises UserError if they leave nothing to draw."""
        lines = warnings.lines()
        drawn = any((unit_tiles.placeholders == "").any() for unit_tiles in all_tiles)
        if lines and not drawn:
            message = f"nothing can be drawn: {lines[0]}"
            if len(lines) > 1:
                message += f", and {len(lines) - 1} more"
            raise UserError(message)
        for line in lines:
            self.warn(line)

    def save(
        self,
        recipe: Recipe,
        stem: str,
        pages: Iterable[Page],
        channels: np.ndarray,
        arrays: Mapping[str, np.ndarray],
        measured: Mapping[str, str] | None = None,
    ) -> Iterator[Path]:
        """Saves a picture's pages, and its arrays if asked for; yields the pages' paths."""
        recipe = self.complete(recipe)
        results = {"channels": ",".join(map(str, channels)), **(measured or {})}
        yield from self.destination.save(recipe, stem, pages, results, arrays if self.raw else None)

    def complete(self, recipe: Recipe) -> Recipe:
        """A picture's recipe with what it depends on of the run."""
        recipe = recipe.with_options(images=captions.source_name(self.source))
        return recipe.with_facts(captions.run_facts(self.run, self.source))
