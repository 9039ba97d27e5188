"""A small network's atlas, as the scripts make it, of photos whose names attack pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawn_runs import as_arrays
from helpers import random_weights
from PIL import Image
from runs import plain

from tfdeconv.cli import atlas, scan
from tfdeconv.data import images
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Add, Conv, Dense, Flatten
from tfdeconv.weights.native_write import save_weights

SAMPLE = Path(__file__).parents[1] / "data" / "chelsea.jpg"
SIDE = 24  # pixels of the photos
DEAD = 5  # a feature of the first layer
LAYERS = ("conv1", "block1_out", "block2_out", "classes")
CLASSES = ("<b>cat", "dog & cow")
NAMES = ("<img src=x onerror=alert(1)>", "<script>alert(1)<", "x\\..\\x", "a#b?c", "50%2f", "\"'")


def small_network() -> Network:
    """Two residual blocks behind a convolution, and a classifier."""
    net = Builder("small", (SIDE, SIDE, 3))
    last = net.add("conv1", Conv(8, 3, pad=1, stride=2, activation=RELU))
    for block in ("block1", "block2"):
        net.add(f"{block}_1", Conv(6, 3, pad=1, activation=RELU), last)
        branch = net.add(f"{block}_2", Conv(8, 3, pad=1))
        net.add(f"{block}_add", Add(), last, branch)
        last = net.add(f"{block}_out", RELU)
    net.add("flatten", Flatten())
    net.add("classes", Dense(3))
    return net.network()


def save_atlas(folder: Path) -> Path:
    """The first page of an atlas of two rules, made in a folder."""
    rng = np.random.default_rng(1)
    photo = images.pixels(SAMPLE)
    for label in CLASSES:
        (folder / "images" / label).mkdir(parents=True)
        for name in NAMES:
            top, left = (rng.integers(0, extent - 4 * SIDE) for extent in photo.shape[:2])
            crop = photo[top : top + 4 * SIDE : 4, left : left + 4 * SIDE : 4]
            Image.fromarray(crop).save(folder / "images" / label / f"{name}.png")
    network = small_network()
    arrays = as_arrays(random_weights(network, rng, dtype=np.float32))
    arrays["conv1"]["kernel"][..., DEAD] = -1
    weights, run = str(folder / "w.h5"), str(folder / "run.h5")
    save_weights(weights, network, arrays, plain((SIDE, SIDE)), "random", "none")
    options = ["--weights", weights, "--layers", ",".join(LAYERS), "--keep-maxima", "all"]
    assert scan.main([str(folder / "images"), "--out", run, *options]) == 0
    out = folder / "atlas"
    assert atlas.main([run, "--out", str(out), "--rule", "deconvnet,guided"]) == 0
    return out / "index.html"
