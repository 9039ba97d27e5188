"""Atlases of any size without a network: crops of a photo for patches, random numbers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfdeconv.data import images

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "tfdeconv" / "atlas" / "static"
SAMPLE = ROOT / "tests" / "data" / "chelsea.jpg"
SIDE, COLUMNS, PER_SHEET = 72, 16, 256  # of thumbnails, as the contract has them
TOP = 9
SIZE = 224  # pixels of the photos
WHOLE = 12  # features of each layer that have a page
RULES = ("deconvnet", "guided")


def save_atlas(folder: Path, layers: dict[str, int], image_names: list[str]) -> Path:
    """An atlas whose layers, by name, have so many features."""
    rng = np.random.default_rng(14)
    photo = images.pixels(SAMPLE)
    shutil.copytree(STATIC, folder / "static", ignore=shutil.ignore_patterns("index.html"))
    shutil.copy(STATIC / "index.html", folder)
    (folder / "photos").mkdir()
    for number in range(len(image_names)):
        save(crop(photo, SIZE, rng), folder / "photos" / f"{number}.webp")
    described = [
        layer_of(number, name, count) for number, (name, count) in enumerate(layers.items())
    ]
    hand_over(folder / "data" / "atlas.js", "atlas", atlas_of(described, len(image_names)))
    for layer in described:
        save_layer(folder / "data" / f"{layer['number']:02d}", layer, image_names, photo, rng)
    return folder / "index.html"


def atlas_of(layers: list[dict], count: int) -> dict:
    return {
        "version": 1,
        "title": "drawn",
        "program": "tfdeconv",
        "run": "run.h5",
        "rules": RULES,
        "top": TOP,
        "image_size": [SIZE, SIZE],
        "images": {"listed": count, "scanned": count, "skipped": 0, "labelled": True},
        "notes": [],
        "layers": layers,
        "suffix": "webp",
        "edges": [0, *(2.0 ** (k / 2 - 15.5) for k in range(62)), None],
    }


def layer_of(number: int, name: str, features: int) -> dict:
    return {
        "number": number,
        "name": name,
        "kind": "Conv",
        "about": f"3 x 3 convolution, {features} kernels",
        "map": [28, 28],
        "channels": features,
        "features": features,
        "field": [SIDE, SIDE],
        "stride": [8, 8],
        "stage": None,
        "block_output": False,
        "dead": features // 8,
        "always_on": 0,
        "border_bound": features // 16,
        "has_map": True,
        "has_into": True,
    }


def save_layer(folder: Path, layer: dict, image_names: list[str], photo, rng) -> None:
    """A layer's list and its thumbnails, and the pages of its first features."""
    count, number = layer["features"], layer["number"]
    hand_over(folder / "layer.js", f"layer/{number}", features_of(layer, rng))
    for series in ("photo", *RULES):
        sheet = np.concatenate(
            [
                np.concatenate([crop(photo, SIDE, rng) for _ in range(COLUMNS)], axis=1)
                for _ in range(PER_SHEET // COLUMNS)
            ]
        )
        save(sheet, folder / f"{series}-0.webp")
        for index in range(1, -(-count // PER_SHEET)):
            shutil.copy(folder / f"{series}-0.webp", folder / f"{series}-{index}.webp")
    for feature in range(min(count, WHOLE)):
        page = feature_of(number, feature, image_names, rng)
        hand_over(folder / f"{feature}.js", f"feature/{number}/{feature}", page)
        for rule in RULES:
            grid = np.concatenate([crop(photo, SIDE, rng) for _ in range(3)], axis=1)
            save(np.concatenate([grid] * 3), folder / f"{feature}-{rule}.webp")
    goes_into = {"0": [{"layer": number + 1, "feature": 0, "share": 0.25}]}
    hand_over(folder / "into.js", f"into/{number}", {"number": number, "features": goes_into})


def features_of(layer: dict, rng) -> dict:
    count = layer["features"]

    def drawn(scale: float) -> list[float]:
        return (scale * rng.random(count)).round(4).tolist()

    dead = [int(feature % 8 == 7) for feature in range(count)]
    return {
        "number": layer["number"],
        "name": layer["name"],
        "features": list(range(count)),
        "thumbnail": {"side": SIDE, "columns": COLUMNS, "per_sheet": PER_SHEET},
        "columns": {
            "strongest": [value * (1 - off) for value, off in zip(drawn(100), dead)],
            "fires": [value * (1 - off) for value, off in zip(drawn(1), dead)],
            "places": drawn(0.2),
            "selectivity": drawn(1),
            "border": drawn(1),
            "border_bound": [int(feature % 16 == 3) for feature in range(count)],
            "dead": dead,
            "always_on": [0] * count,
            "best_class": ["tabby" if feature % 2 else "<b>tiger</b>" for feature in range(count)],
            "lift": [44.0] * count,
        },
    }


def feature_of(layer: int, feature: int, image_names: list[str], rng) -> dict:
    units = [unit_of(rank, image_names, rng) for rank in range(1, TOP + 1)]
    return {
        "layer": layer,
        "feature": feature,
        "tile": [SIDE, SIDE],
        "columns": 3,
        "scales": dict.fromkeys(RULES, [0.5] * TOP),
        "units": units,
        "statistics": {
            "strongest": units[0]["value"],
            "mean": 0.5,
            "mean_maximum": 20.0,
            "fires": 0.75,
            "places": 0.125,
        },
        "histogram": rng.integers(0, 20, 64).tolist(),
        "classes": [{"name": "tabby", "of_nine": 4, "share": 0.01, "lift": 44.0, "chance": 1e-6}],
        "made_of": made_of(layer),
        "correlated": [{"layer": layer, "feature": 1, "correlation": 0.93}],
    }


def made_of(layer: int) -> dict[str, Any] | None:
    """Of the layer before; nothing stands before the first one."""
    if layer == 0:
        return None
    shares = [{"layer": layer - 1, "feature": feature, "share": 0.2} for feature in range(3)]
    return {
        "layer": layer - 1,
        "name": f"layer {layer - 1}",
        "rule": "gradient",
        "exact": True,
        "carried": 0.93,
        "features": shares,
    }


def unit_of(rank: int, image_names: list[str], rng) -> dict:
    image = (rank - 1) % len(image_names)
    row, column = (int(place) for place in rng.integers(0, 28, 2))
    # a field may reach beyond the photo
    box = [8 * row - SIDE // 2, 8 * column - SIDE // 2, 8 * row + SIDE // 2, 8 * column + SIDE // 2]
    return {
        "rank": rank,
        "image": image,
        "name": image_names[image],
        "label": "tabby",
        "value": 100.0 - rank,
        "position": [row, column],
        "box": box,
        "field": box,
        "shortcut": None,
        "branch": None,
        "at_border": False,
        "saturated": False,
        "word": "",
    }


def crop(photo: np.ndarray, side: int, rng) -> np.ndarray:
    top, left = (rng.integers(0, extent - side) for extent in photo.shape[:2])
    return photo[top : top + side, left : left + side]


def save(pixels: np.ndarray, path: Path) -> None:
    Image.fromarray(pixels).save(path, quality=80, method=1)


def hand_over(path: Path, key: str, value: dict) -> None:
    """A script that hands a value to the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    path.write_text(f"atlas.receive({json.dumps(key)}, {text});\n")
