"""Files of a small network whose features jump where it is known, and images that show it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from runs import plain

from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten
from tfdeconv.weights.native_write import save_weights

SIDE = 9
COUNT = 14  # images
RED, GREEN, BLUE, NOTHING = np.eye(4, 3)
# what feature 0, 1, ... of the first layer looks for, by file
COLOURS = {
    "first": (RED, RED, GREEN, NOTHING, BLUE),
    "second": (BLUE, RED, RED, RED, BLUE),
    "third": (BLUE, NOTHING, RED, RED, BLUE),
}
# what becomes of them from file to file: the red and the green dot are in one image
JUMPS = {
    "second": ("image", "none", "place", None, "none"),
    "third": ("none", None, "none", "none", "none"),
}
RED_DOT, GREEN_DOT, BLUE_DOT = (3, 2, 2), (3, 5, 6), (7, 4, 4)  # image, row, column


def network(classes: int = 3, filters: int = 5) -> Network:
    net = Builder("evolving", (SIDE, SIDE, 3))
    net.add("dots", Conv(filters, 1, activation=RELU))
    net.add("mixed", Conv(4, 3, pad=1, activation=RELU))
    net.add("top", Conv(3, 3, stride=2, activation=RELU))
    net.add("flat", Flatten())
    net.add("head", Dense(classes))
    return net.network()


def arrays(rng, classes: int = 3, filters: int = 5) -> dict[str, dict[str, np.ndarray]]:
    found: dict[str, dict[str, np.ndarray]] = {}
    for layer, shapes in network(classes, filters).parameters().items():
        found[layer] = {}
        for name, shape in shapes.items():
            found[layer][name] = rng.standard_normal(shape).astype(np.float32)
    found["dots"]["bias"][:] = 0
    return found


def save(path: Path, values, classes: int = 3, filters: int = 5) -> Path:
    made = network(classes, filters)
    save_weights(path, made, values, plain((SIDE, SIDE)), "random", "none")
    return path


def save_files(folder: Path) -> list[Path]:
    """A file for each of COLOURS; their layers above the first are the same."""
    values = arrays(np.random.default_rng(4))
    files = []
    for name, colours in COLOURS.items():
        values["dots"]["kernel"] = np.stack(colours, 1)[None, None].astype(np.float32)
        files.append(save(folder / f"{name}.h5", values))
    return files


def save_images(path: Path) -> np.ndarray:
    """An array of dark images with three dots: uint8 [COUNT, SIDE, SIDE, 3]."""
    images = np.random.default_rng(5).integers(1, 200, (COUNT, SIDE, SIDE, 3)).astype(np.uint8)
    for channel, place in enumerate((RED_DOT, GREEN_DOT, BLUE_DOT)):
        images[(*place, channel)] = 255
    np.save(path, images)
    return images
