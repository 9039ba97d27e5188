"""Small runs to draw figures of: images, weights and the runs that scan.py would make of them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from helpers import random_weights
from PIL import Image
from runs import SIDE, integers, plain

from tfdeconv import Deconvnet
from tfdeconv.data import dataset, images
from tfdeconv.figures import top_units
from tfdeconv.figures.run_warnings import Warnings
from tfdeconv.figures.unit_tiles import TileOptions, UnitTiles
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Add, Conv
from tfdeconv.scan import loop, provenance, run, run_file
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.weights import load
from tfdeconv.weights.native_write import save_weights

COUNT = 20  # images of the plain run
TOP = 4
RESIDUAL_SIDE = 24
RESIDUAL_COUNT = 12
BLOCKS = ("stage_block1_out", "stage_block2_out", "stage_block3_out")
LABELS = ("cat", "dog", "cat", "")  # of the residual run's images, in turn
RESIDUAL_LAYERS = ("first", *BLOCKS)


def save_images(folder: Path, count: int, side: int, rng) -> None:
    (folder / "images").mkdir()
    for i in range(count):
        pixels = rng.integers(0, 256, (side, side, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{i:02d}.png")


def read_images(folder: Path, preprocessing) -> np.ndarray:
    """The folder's images as the network sees them, in order."""
    return images.read(sorted((folder / "images").iterdir()), preprocessing, "crop", 3)


def as_arrays(tensors) -> dict[str, dict[str, np.ndarray]]:
    arrays = {}
    for layer, parameters in tensors.items():
        arrays[layer] = {name: value.numpy() for name, value in parameters.items()}
    return arrays


def save_run(folder: Path, path: Path, layers, batch: int, maxima=()) -> None:
    """A run over a folder's images and w.h5, as scan.py makes it."""
    read = load.load_weights(folder / "w.h5")
    source = dataset.open_source(str(folder / "images"))
    size = read.preprocessing.size
    settings = run.Settings(
        read.network.name,
        "",
        read.digest,
        json.dumps(asdict(read.preprocessing)),
        "crop",
        size,
        source.digest,
        source.count,
        layers,
        TOP,
        batch,
        (1, 1),
        maxima,
    )
    loop.advance(
        run.Run(settings, source.root, str(folder / "w.h5"), source.names),
        Accumulator(read.network, read, layers, size, batch, TOP, maxima),
        source,
        read.preprocessing,
        path,
        60,
    )


def save_plain_run(folder: Path) -> Path:
    """A network of whole numbers without sums, whose channel 5 of `first` is dead."""
    rng = np.random.default_rng(3)
    save_images(folder, COUNT, SIDE, rng)
    network, tensors = integers(rng)
    arrays = as_arrays(tensors)
    arrays["first"]["kernel"][..., 5] = -1
    for name in ("w.h5", "other.h5"):
        arrays["first"]["bias"] += name == "other.h5"
        save_weights(folder / name, network, arrays, plain((SIDE, SIDE)), "random", "none")
    save_run(folder, folder / "run.h5", ("first", "second", "dense"), 8)
    return folder


def residual_network():
    """Three residual blocks, as the ResNets of the zoo name theirs."""
    net = Builder("small", (RESIDUAL_SIDE, RESIDUAL_SIDE, 3))
    last = net.add("first", Conv(6, 3, pad=1, stride=2, activation=RELU))
    for block in ("stage_block1", "stage_block2", "stage_block3"):
        net.add(f"{block}_1", Conv(5, 3, pad=1, activation=RELU), last)
        branch = net.add(f"{block}_2", Conv(6, 3, pad=1))
        net.add(f"{block}_add", Add(), last, branch)
        last = net.add(f"{block}_out", RELU)
    return net.network()


def save_residual_runs(folder: Path) -> Path:
    rng = np.random.default_rng(5)
    network = residual_network()
    save_images(folder, RESIDUAL_COUNT, RESIDUAL_SIDE, rng)
    arrays = as_arrays(random_weights(network, rng, dtype=np.float32))
    preprocessing = plain((RESIDUAL_SIDE, RESIDUAL_SIDE))
    save_weights(folder / "w.h5", network, arrays, preprocessing, "random", "none")
    save_run(folder, folder / "run.h5", RESIDUAL_LAYERS, 5, RESIDUAL_LAYERS)
    save_run(folder, folder / "without.h5", RESIDUAL_LAYERS, 5)
    kept = run_file.load(folder / "run.h5")
    labels = tuple(LABELS[i % len(LABELS)] for i in range(RESIDUAL_COUNT))
    run_file.save(folder / "labelled.h5", replace(kept, labels=labels))
    (folder / "labelled.maxima.npy").symlink_to(folder / "run.maxima.npy")
    return folder


def draw_units_of(
    folder: Path, layer: str, rule: str = "deconvnet", raw=True
) -> tuple[UnitTiles, Warnings]:
    """The strongest units of all of a layer's channels in the plain run."""
    now, read = run_file.load(folder / "run.h5"), load.load_weights(folder / "w.h5")
    tiles_of, warnings = top_units.draw_top_units(
        Deconvnet(read.network, read, layer, rule),
        now,
        dataset.open_source(now.root),
        read.preprocessing,
        {layer: provenance.channels_of(now, layer, None, None)},
        TileOptions(raw=raw),
    )
    return tiles_of[layer], warnings
