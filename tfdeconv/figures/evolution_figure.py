"""How a layer's features evolve from file to file: the picture of it, and what it says in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import words
from ..experiments.evolution import OTHER_IMAGE, OTHER_PLACE, Epoch, Shift
from . import captions, evolution_page
from .destination import Page
from .evolution_page import RowText
from .legend import Legend
from .letters import printable, text_width
from .run_page import PageText
from .unit_names import UnitNames
from .unit_tiles import UnitTiles

MOST_LISTED = 12  # files that a caption names
# in place of tiles
WORDS = {**captions.WORDS, "dead": "no image fires the feature"}
NOUNS = {"feature": "features", "class": "classes"}


@dataclass(frozen=True)
class LayerEvolution:
    """The chosen features of a layer in all files."""

    tiles: UnitTiles  # [features, files]
    steps: Sequence[Shift]  # of the whole layer, from each file to the next
    names: UnitNames
    seed: int | None  # of the chance by which they were chosen; None: they were asked for

    @property
    def chosen(self) -> str:
        """Which features these are: `6 of 512 features by chance (seed 0)`, `classes 3, 46`."""
        count = len(self.tiles.channels)
        available = len(self.steps[0].comparable)
        nouns = NOUNS[self.names.noun]
        if self.seed is None:
            noun = self.names.noun if count == 1 else nouns
            return f"{noun} {words.listed(self.tiles.channels.tolist())}"
        if count == available:
            return f"all {count:,} {nouns}"
        return f"{count:,} of {available:,} {nouns} by chance (seed {self.seed})"


def pages(
    evolution: LayerEvolution,
    epochs: Sequence[Epoch],
    title: str,
    images: str,
    rule: str,
    common: bool,
) -> Iterator[Page]:
    """The pages of a layer's picture.

    title: what the network is called; images: what the files were compared over, in words; common:
    all projections have one scale.
    """
    tiles = evolution.tiles
    heads, listed = heads_of([epoch.name for epoch in epochs])
    full = evolution_page.common_scale(tiles) if common else None
    caption = [
        f"{evolution.chosen}: the strongest of {images}, rule {rule}; "
        f"{captions.field_caption(tiles)}"
    ]
    if listed:
        caption.append(listed)
    text = PageText(f"{title}   {tiles.layer}", caption, legend_of(evolution, full))
    yield from evolution_page.pages(tiles, heads, rows_of(evolution), text, full)


def heads_of(names: Sequence[str]) -> tuple[list[str], str]:
    """What stands over the columns of files, and a sentence that says what is meant by it.

    Their names, where they are short; otherwise numbers.
    """
    width = evolution_page.tile_side(len(names))
    if all(text_width(printable(name), evolution_page.HEAD_FONT) <= width for name in names):
        return list(names), ""
    heads = [str(number) for number in range(1, len(names) + 1)]
    numbered = [f"{head}: {name}" for head, name in zip(heads, names)]
    if len(numbered) > MOST_LISTED:
        numbered[MOST_LISTED - 1 : -1] = ["..."]
    return heads, f"Files {', '.join(numbered)}"


def rows_of(evolution: LayerEvolution) -> list[RowText]:
    """The names of features, and where they jump."""
    rows = []
    for channel in evolution.tiles.channels.tolist():
        jumps = [None, *(step.jump(channel) for step in evolution.steps)]
        name = f"{evolution.names.noun} {channel} {evolution.names.name(channel)}".strip()
        rows.append(
            RowText(
                name,
                [jump == OTHER_IMAGE for jump in jumps],
                [jump == OTHER_PLACE for jump in jumps],
            )
        )
    return rows


def legend_of(evolution: LayerEvolution, full: float | None) -> Legend:
    """How to read the picture of a layer."""
    tiles = evolution.tiles
    rows = rows_of(evolution)
    noun = evolution.names.noun
    sentences = [
        f"Above: where in the images the {noun} fires most, file by file; below: what came down "
        "from there, and the activation"
    ]
    if evolution.names.classes and (tiles.values < 0).any():
        sentences.append("A negative one speaks against its class: drawn is what would raise it")
    if any(any(row.other_image) for row in rows):
        sentences.append("Orange line: a jump: another image than in the file before fires it most")
    if any(any(row.other_place) for row in rows):
        sentences.append("Dashed blue line: another place of the same image")
    sentences += captions.tile_sentences([tiles], full, WORDS)
    if tiles.has_map and captions.crops(tiles):
        sentences.append("Crosses: where the units stand")
    return Legend(sentences, full)


def images_in_words(epochs: Sequence[Epoch], name: str) -> str:
    """`200 images in 'photos'`; of files that could not use all, how many each used."""
    counts = sorted({epoch.run.scanned for epoch in epochs})
    number = words.counted(counts[0], "image")
    if len(counts) > 1:
        number = f"{counts[0]:,} to {words.counted(counts[-1], 'image')}"
    return f"{number} in '{name}'"


def evolution_arrays(layers: Mapping[str, UnitTiles]) -> dict[str, np.ndarray]:
    """What is known of the units that are drawn, by layer and name: [features, files, ...]."""
    arrays = {}
    for layer, tiles in layers.items():
        for name in ("channels", "values", "images", "positions"):
            arrays[f"{layer}.{name}"] = getattr(tiles, name)
    return arrays
