"""What a feature's script says: its units, and what its channel does over all images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..data.dataset import Source
from ..figures.top_units import image_name
from ..scan.image_labels import labels_of
from .feature_tiles import FeatureTiles
from .layer_data import LayerData
from .scripts import number, text

COLUMNS = 3  # of a feature's sheets


def feature_data(data: LayerData, source: Source, feature: FeatureTiles) -> dict[str, Any]:
    """The data of a feature's script, but for what it is made of and correlates with."""
    units = []
    for rank in ranks_of(feature, data.run.settings.top):
        units.append(unit_data(data, source, feature, rank))
    scales = {}
    for rule, by_rank in feature.scales.items():
        scales[rule] = [number(by_rank.get(rank, 0.0)) for rank in range(len(units))]
    return {
        "layer": data.run.settings.layers.index(data.layer),
        "feature": feature.channel,
        "tile": list(feature.tile),
        "columns": COLUMNS,
        "scales": scales,
        "units": units,
        "statistics": data.statistics(feature.channel),
        "histogram": data.arrays["histogram"][feature.channel].tolist(),
        "classes": class_shares(data, units),
        "made_of": None,
        "correlated": None,
    }


def ranks_of(feature: FeatureTiles, top: int) -> list[int]:
    """The places of the units that the run has: the others had no image."""
    return [rank for rank in range(top) if feature.words.get(rank) != "none"]


def unit_data(data: LayerData, source: Source, feature: FeatureTiles, rank: int) -> dict[str, Any]:
    """What there is to say of one of a feature's units."""
    place = feature.channel, rank
    image = int(data.arrays["images"][place])
    labels = labels_of(data.run)
    box = feature.boxes.get(rank)
    return {
        "rank": rank + 1,
        "image": image,
        "name": text(image_name(source, image)),
        "label": label_text(labels, image),
        "value": number(float(data.arrays["values"][place])),
        "position": data.arrays["positions"][place].tolist() if data.has_map else None,
        "box": None if box is None else np.asarray(box).tolist(),
        "field": data.fields[place].tolist(),
        "shortcut": part(data.arrays, "shortcuts", place),
        "branch": part(data.arrays, "branches", place),
        "at_border": bool(data.at_border[place]),
        "saturated": any(rank in ranks for ranks in feature.saturated.values()),
        "word": feature.words.get(rank, ""),
    }


def label_text(labels: Sequence[str], image: int) -> str | None:
    """An image's label; None where it has none."""
    return text(labels[image]) if labels and labels[image] else None


def part(arrays: Mapping[str, np.ndarray], name: str, place: tuple[int, int]) -> float | None:
    """What of a unit came through one of a block's two ways; None where it is not known."""
    return number(float(arrays[name][place])) if name in arrays else None


def class_shares(data: LayerData, units: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The labels of a feature's units, the most over-represented of equally frequent ones first.

    share: of all images that count; lift: how many times as frequent a label is among the units.
    """
    totals = data.label_totals
    images = sum(totals.values())
    labels = labels_of(data.run)
    named = [labels[unit["image"]] for unit in units if unit["value"]] if labels else []
    counts = Counter(label for label in named if label)
    shares = []
    for label, count in counts.items():
        share = totals[label] / images
        shares.append(
            {
                "name": text(label),
                "of_nine": count,
                "share": number(share),
                "lift": number(count / sum(counts.values()) / share),
            }
        )
    return sorted(shares, key=lambda each: (-each["of_nine"], -(each["lift"] or 0)))
