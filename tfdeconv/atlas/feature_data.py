"""What a feature's script says: its units, and what its channel does over all images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..data.dataset import Source
from ..figures.top_units import image_name
from .feature_tiles import COLUMNS, FeatureTiles
from .layer_data import LayerData
from .scripts import number, text


def feature_data(
    data: LayerData,
    source: Source,
    feature: FeatureTiles,
    correlated: Sequence[Mapping[str, Any]] | None,
) -> dict[str, Any]:
    """The data of a feature's script. correlated: the features that fire together with it."""
    units = []
    for rank in range(feature.units):
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
        "classes": class_shares(data, feature.channel),
        "made_of": feature.made_of,
        "correlated": correlated,
    }


def unit_data(data: LayerData, source: Source, feature: FeatureTiles, rank: int) -> dict[str, Any]:
    """What there is to say of one of a feature's units."""
    place = feature.channel, rank
    image = int(data.arrays["images"][place])
    box = feature.boxes.get(rank)
    return {
        "rank": rank + 1,
        "image": image,
        "name": text(image_name(source, image)),
        "label": data.label(image),
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


def part(arrays: Mapping[str, np.ndarray], name: str, place: tuple[int, int]) -> float | None:
    """What of a unit came through one of a block's two ways; None where it is not known."""
    return number(float(arrays[name][place])) if name in arrays else None


def class_shares(data: LayerData, channel: int) -> list[dict[str, Any]]:
    """The labels that are more frequent among a channel's strongest images than among all.

    The most frequent first. share: of all images that count; lift: how many times as frequent a
    label is among the strongest; chance: how likely it is by chance.
    """
    shares = []
    for each in data.label_shares(channel):
        if each.lift <= 1:
            continue
        shares.append(
            {
                "name": text(each.label),
                "of_nine": each.count,
                "share": number(each.share_of_all),
                "lift": number(each.lift),
                "chance": number(each.chance),
            }
        )
    return shares
