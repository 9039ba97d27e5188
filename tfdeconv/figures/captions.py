"""What the figures of a run say in words: captions, labels and legends."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..data.dataset import Source
from ..engine.precision import FLOAT32
from ..scan.run import Run
from ..words import number
from .class_values import logit_text
from .fidelity_text import AREAS_LEGEND
from .grid import FeatureText
from .legend import Legend
from .ranks import Ranks
from .unit_names import NEGATIVE, UnitNames
from .unit_tiles import UnitTiles
from .view import ENERGY

SHOWN = 8  # channels that a note lists
# what the words mean that stand in place of tiles
WORDS = {
    "dead": "the image does not fire the feature",
    "missing": "the image is gone",
    "unreadable": "the image cannot be read",
    "changed": "the image is not the one that was scanned",
}


def source_name(source: Source) -> str:
    """The last part of the folder or file that the images are from; "" for the root folder."""
    return os.path.basename(source.root.rstrip(os.sep))


def source_caption(
    run: Run, source: Source, ranks: Ranks | None = None, label: str | None = None
) -> str:
    """`top 9 of 50,000 images in 'val'`, and which part or how much of them was scanned.

    ranks: those that are drawn, where it is not all that the run kept; label: where the run is of
    the images of one label.
    """
    settings = run.settings
    name = source_name(source) or source.root
    # no more than there are
    top = max(1, min(settings.top, run.scanned))
    which = f"ranks {ranks.first} to {ranks.last}" if ranks else f"top {top}"
    labelled = f" labelled '{label}'" if label else ""
    caption = f"{which} of {run.scanned:,} images{labelled} in '{name}'"
    shard, shards = settings.shard
    if shards != 1:
        caption += f", part {shard} of {shards}"
    if settings.interior:
        caption += ", of units whose field lies within the image"
    if not run.finished:
        caption += f" ({run.done:,} of {len(settings.range):,} seen)"
    return caption


def run_facts(run: Run, source: Source) -> dict[str, str]:
    """What a figure depends on of a run, for its recipe."""
    settings = run.settings
    facts = {
        "images": source_name(source),
        "list sha256": settings.list_sha256,
        "scanned": f"{run.done} of {len(settings.range)}",
        "resize": settings.resize,
    }
    if settings.precision != FLOAT32:
        facts["precision"] = settings.precision
    if settings.jit:
        facts["jit"] = "yes"
    return facts


def activation_range(
    values: np.ndarray, images: np.ndarray, write: Callable[[float], str] = number
) -> str:
    """`412 to 371`: a channel's largest and smallest kept activation; "" where none fired.

    values, images: [top], strongest first; places with image -1 or value 0 do not count.
    """
    fired = values[(images >= 0) & (values != 0)]
    if not fired.size:
        return ""
    largest, smallest = write(fired[0]), write(fired[-1])
    if largest == smallest:
        return largest
    return f"{largest} to {smallest}"


def feature_texts(unit_tiles: UnitTiles, names: UnitNames) -> list[FeatureText]:
    """What stands over each feature: `feature 92`, `fires 3639 to 3199`."""
    texts = []
    for feature, channel in enumerate(unit_tiles.channels.tolist()):
        values, images = unit_tiles.values[feature], unit_tiles.images[feature]
        if names.classes:
            detail = class_detail(unit_tiles, names, feature)
        else:
            fires = activation_range(values, images)
            detail = f"fires {fires}" if fires else "dead: no image fires it"
        if unit_tiles.saturated_in(feature):
            detail += ", saturated"
        height, width = unit_tiles.view_size(feature)
        if (height, width) != unit_tiles.size:
            detail += f"   {height} x {width} pixels shown"
        name = f"{names.noun} {channel} {names.name(channel)}".strip()
        texts.append(FeatureText(name, detail))
    return texts


def class_detail(unit_tiles: UnitTiles, names: UnitNames, feature: int) -> str:
    """`logit 12.31 to 8.20   p=0.83 to 0.12`: of a class, in the images that are drawn."""
    values, images = unit_tiles.values[feature], unit_tiles.images[feature]
    parts = [f"logit {activation_range(values, images, logit_text)}"]
    kept = unit_tiles.vectors
    vectors = [kept[image] for image in images.tolist() if image in kept]
    parts.append(names.probability_text(int(unit_tiles.channels[feature]), *vectors))
    negative = values[images >= 0] < 0
    if negative.any():
        # strongest first
        parts.append(NEGATIVE if negative.all() else f"the last {negative.sum()} {NEGATIVE}")
    return "   ".join(filter(None, parts))


def field_caption(unit_tiles: UnitTiles) -> str:
    """What of an image a layer's units see, and what of it the tiles show."""
    height, width = unit_tiles.image_size
    caption = f"each unit sees all of the image, {height} x {width} pixels"
    if unit_tiles.has_map:
        rows, columns = unit_tiles.field_size
        caption = f"each unit sees {rows} x {columns} pixels, the image has {height} x {width}"
    if crops(unit_tiles):
        caption += (
            f"; tiles show the part that holds {100 * ENERGY:.0f} % of what came down, "
            "in one size for each feature"
        )
    return caption


def crops(unit_tiles: UnitTiles) -> bool:
    """Whether any tiles show less than their units see."""
    features = range(len(unit_tiles.channels))
    return any(unit_tiles.view_size(feature) != unit_tiles.size for feature in features)


def layer_legend(unit_tiles: UnitTiles, names: UnitNames, full: float | None = None) -> Legend:
    """How to read the picture of a layer."""
    sentences = [
        f"Left: what in the images {names.fired}, projected down to pixels",
        "Right: the same places of the images, strongest first, row by row",
        *tile_sentences([unit_tiles], full),
    ]
    if crops(unit_tiles) and unit_tiles.has_map:
        sentences.append("Crosses: where the units stand")
    has_negative = bool((unit_tiles.values[unit_tiles.images >= 0] < 0).any())
    if unit_tiles.options.names:
        sentences.append(
            "Below the tiles: the unit's activation; its image, and the label if it has one"
        )
    if unit_tiles.options.fidelity:
        sentences.append(AREAS_LEGEND)
    sentences += names.legend(has_negative)
    return Legend(sentences, full)


def blocks_legend(all_tiles: Sequence[UnitTiles], full: float | None = None) -> Legend:
    """How to read the picture of one channel in the outputs of residual blocks."""
    sentences = [
        "Each row: a block's output, and the images that fire the channel most there, "
        "strongest first",
        *tile_sentences(all_tiles, full),
    ]
    sentences.append(
        f"Tiles hold {100 * ENERGY:.0f} % of what came down in each of a row's images; at the left "
        "stands how much they show"
    )
    return Legend(sentences, full)


def tile_sentences(
    all_tiles: Sequence[UnitTiles], full: float | None, words: Mapping[str, str] = WORDS
) -> list[str]:
    """What grey, hatching and words in tiles mean, as far as there are such tiles."""
    scale = "all projections have the same contrast"
    if full is None:
        scale = "each projection has its own contrast: v is the largest value of each"
    sentences = [f"Grey is zero; {scale}"]
    if any(unit_tiles.is_outside for unit_tiles in all_tiles):
        sentences.append("Hatched: outside of the image")
    if any(unit_tiles.saturated for unit_tiles in all_tiles):
        sentences.append("Saturated: it fires, but next to nothing came back, and a tile is grey")
    for word, meaning in words.items():
        if any((unit_tiles.placeholders == word).any() for unit_tiles in all_tiles):
            sentences.append(f"{word.capitalize()}: {meaning}")
    return sentences


def saturated_note(layer: str, channels: np.ndarray) -> str:
    """That the pictures of a layer's channels show nothing, although they fired."""
    listed = ", ".join(map(str, channels[:SHOWN]))
    if len(channels) > SHOWN:
        listed += f", ... ({len(channels)})"
    return (
        f"{layer} {listed}: saturated, so the picture shows nothing: less than a millionth of "
        f"what the activation could give came back to the pixels"
    )
