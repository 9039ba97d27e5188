"""Scans for tests: small networks and images, numpy's answer, scans in this process and others."""

from __future__ import annotations

import json
import os
import runpy
import socket
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from forks import ForkedScript

from tfdeconv import NETWORKS, Deconvnet, load_weights
from tfdeconv.data import dataset, images
from tfdeconv.data.preprocessing import Preprocessing
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Add, BatchNorm, Conv, Dense, Flatten, MaxPool
from tfdeconv.scan import loop, maxima, run, run_file
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.scan.state import EDGES

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "data" / "chelsea.jpg"
WEIGHTS = ROOT / "weights" / "vgg16.h5"
SIDE = 20  # pixels of the images of integers()
BLOCK_SIDE = 14  # pixels of the images of blocks_network()
PATIENCE = 180  # seconds for workers that import TensorFlow on a busy machine


def plain(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    """Preprocessing that leaves pixels as they are."""
    return Preprocessing("rgb" if channels == 3 else "as is", size, min(size))


def integers(rng):
    """A network whose sums are exact in any order: small whole numbers; and so full of ties."""
    net = Builder("whole", (SIDE, SIDE, 3))
    net.add("first", Conv(6, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("second", Conv(7, 3, stride=2))
    net.add("flat", Flatten())
    net.add("dense", Dense(5))
    network = net.network()
    return network, {
        layer: {
            name: tf.constant(rng.integers(-2, 3, shape), tf.float32) for name, shape in p.items()
        }
        for layer, p in network.parameters().items()
    }


def some_crops() -> np.ndarray:
    """200 crops of a photo and images of noise, uint8."""
    rng, photo = np.random.default_rng(7), images.pixels(SAMPLE)
    found = []
    for i in range(200):
        scale = rng.integers(1, 5)
        top, left = (rng.integers(0, extent - 40 * scale) for extent in photo.shape[:2])
        crop = photo[top : top + 40 * scale : scale, left : left + 40 * scale : scale]
        found.append(crop if i % 4 else rng.integers(0, 256, (40, 40, 3)))
    return np.array(found, np.uint8)


def scanned(
    folder: Path,
    x: np.ndarray,
    network,
    weights,
    layers,
    batch=16,
    top=9,
    name="run.h5",
    every=60.0,
    interior=False,
    kept=(),
) -> run.Run:
    """The run over an array of images x, as it is read from its file."""
    np.save(folder / "x.npy", x)
    source, preprocessing = (
        dataset.open_source(str(folder / "x.npy")),
        plain(x.shape[1:3], x.shape[3]),
    )
    layers = tuple(layers)
    settings = run.Settings(
        network.name,
        "",
        "0" * 64,
        json.dumps(asdict(preprocessing)),
        "keep",
        x.shape[1:3],
        source.digest,
        len(x),
        layers,
        top,
        batch,
        kept=kept,
        interior=interior,
    )
    now = run.Run(settings, source.root, "", ())
    scan = Accumulator(network, weights, layers, x.shape[1:3], batch, top, kept, interior=interior)
    loop.advance(now, scan, source, preprocessing, folder / name, every)
    return run_file.load(folder / name)


def brute(y: np.ndarray, top: int) -> dict[str, np.ndarray]:
    """What a run keeps of a layer, from all its activations y [n, h, w, c]."""
    n, h, w, c = y.shape
    flat = y.reshape(n, h * w, c)
    maxima = flat.max(1)
    order = np.argsort(-maxima, 0, kind="stable")[:top].T  # [c, top]
    places = np.take_along_axis(flat.argmax(1).T, order, 1)
    edges = EDGES.astype(np.float32)
    histogram = []
    for channel in maxima.T:
        bins = np.where(channel > 0, np.searchsorted(edges, channel, "right") + 1, 0)
        histogram.append(np.bincount(bins, minlength=64))
    return {
        "values": np.take_along_axis(maxima.T, order, 1),
        "images": order,
        "positions": np.stack(np.divmod(places, w), 2),
        "means": flat.mean(1, dtype=float).sum(0),
        "firing_positions": (flat > 0).mean(1).sum(0),
        "maxima": maxima.sum(0, dtype=float),
        "firing_images": (maxima > 0).sum(0),
        "histogram": np.array(histogram),
    }


VGG16_LAYERS = ("block1_conv2", "block2_conv1", "block3_conv3", "block4_conv2", "block5_conv3")


def vgg16_of_crops():
    """VGG16 for some_crops(), its weights up to the last of its layers."""
    network = NETWORKS["vgg16"](size=(40, 40))
    return network, load_weights(WEIGHTS, NETWORKS["vgg16"](), VGG16_LAYERS)


def vgg16_maps(crops: np.ndarray) -> dict[str, np.ndarray]:
    """All activations of the crops, by layer."""
    network, weights = vgg16_of_crops()
    maps = {}
    for layer in VGG16_LAYERS:
        maps[layer] = Deconvnet(network, weights, layer).activations(crops)
    return maps


def assert_as_brute_force_has_it(found: run.Run, maps: dict[str, np.ndarray]) -> None:
    """All layers of a run against all their activations, in float32."""
    assert found.settings.layers == VGG16_LAYERS
    for layer, y in maps.items():
        kept, wanted = found.state[layer], brute(y, 9)
        # float32 sums of convolutions in another order, relative to the layer's largest: they
        # differ by 5e-6 at most
        near = 1e-5 * y.max()
        np.testing.assert_allclose(kept["values"], wanted["values"], rtol=0, atol=near)
        channel = np.arange(y.shape[3])[:, None]
        rows, columns = kept["positions"][..., 0], kept["positions"][..., 1]
        np.testing.assert_allclose(
            y[kept["images"], rows, columns, channel], kept["values"], rtol=0, atol=near
        )
        assert all(len(set(row)) == 9 for row in kept["images"].tolist())
        other = (kept["images"] != wanted["images"]) | (
            kept["positions"] != wanted["positions"]
        ).any(2)
        assert other.mean() < 0.01
        for name in ("means", "maxima"):
            np.testing.assert_allclose(kept[name], wanted[name], rtol=1e-4, atol=1e-2)
        # a value within rounding of 0 can be on its other side: in one position of a rare channel
        # (some CPUs have one in the 512 channels of a map of 5 x 5)
        off = np.abs(kept["firing_positions"] - wanted["firing_positions"])
        allowed = 1e-2 + 1e-4 * wanted["firing_positions"]
        assert (off <= allowed + 1 / (y.shape[1] * y.shape[2])).all()
        assert (off > allowed).mean() < 0.01
        assert (kept["histogram"].sum(1) == 200).all()
        assert abs(kept["histogram"] - wanted["histogram"]).sum() < 0.01 * kept["histogram"].sum()


def blocks_network() -> Network:
    """Two stages: three blocks, the first with a projection; one block with a bare sum."""
    net = Builder("blocks", (BLOCK_SIDE, BLOCK_SIDE, 3))
    last = net.add("stem", Conv(4, 3, pad=1, activation=RELU))
    for block in (1, 2, 3):
        name = f"one_block{block}"
        shortcut = net.add(f"{name}_0_conv", Conv(6, 1), last) if block == 1 else last
        net.add(f"{name}_1_conv", Conv(5, 3, pad=1, activation=RELU), last)
        net.add(f"{name}_2_conv", Conv(6, 1))
        branch = net.add(f"{name}_3_bn", BatchNorm(1e-3))
        net.add(f"{name}_add", Add(), shortcut, branch)
        last = net.add(f"{name}_out", RELU)
    net.add("two_conv", Conv(8, 3, stride=2, activation=RELU))
    net.add("two_branch", Conv(8, 3, pad=1))
    net.add("two_add", Add(), "two_branch", "two_conv")
    return net.network()


def command(folder: Path, out: str, *more: object) -> list[str]:
    return [
        sys.executable,
        str(ROOT / "scripts/scan.py"),
        str(folder / "x.npy"),
        "--weights",
        str(folder / "w.h5"),
        "--batch",
        "4",
        "--keep-maxima",
        "all",
        "--out",
        str(folder / out),
        *map(str, more),
    ]


def scan(folder: Path, out: str, *more: object) -> None:
    """A scan by this process alone."""
    assert call(*command(folder, out, *more)[1:]) == 0


def call(script: str, *arguments: object) -> int:
    """Runs a script in this process, and returns its status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [script, *map(str, arguments)])
        patch.setattr(sys, "path", list(sys.path))
        with pytest.raises(SystemExit) as over:
            runpy.run_path(script, run_name="__main__")
        return over.value.code


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    found = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return found


def start_workers(
    commands: list[list[str]], kinds: tuple[str, ...] = ("worker", "worker")
) -> list[ForkedScript]:
    """Starts a command on each of two workers, or a chief and a worker, on loopback."""
    addresses = [f"localhost:{port}" for port in free_ports(len(commands))]
    hosts: dict[str, list[str]] = {kind: [] for kind in kinds}
    tasks = []
    for kind, address in zip(kinds, addresses):
        tasks.append({"type": kind, "index": len(hosts[kind])})
        hosts[kind].append(address)
    processes = []
    for arguments, task in zip(commands, tasks):
        config = json.dumps({"cluster": hosts, "task": task})
        processes.append(start(arguments, TF_CONFIG=config))
    return processes


def start(arguments: list[str], **environment: str) -> ForkedScript:
    """Starts a command with some variables."""
    return ForkedScript(arguments, env=os.environ | environment)


def arrays_of(weights) -> dict[str, dict[str, np.ndarray]]:
    """Weights as numpy arrays, to be saved."""
    arrays = {}
    for layer, p in weights.items():
        arrays[layer] = {name: value.numpy() for name, value in p.items()}
    return arrays


def ended(processes: list[ForkedScript]) -> list[tuple[int, str, str]]:
    """Status, output and errors of each."""
    found = []
    for process in processes:
        output, errors = process.communicate(timeout=PATIENCE)
        lines = errors.splitlines(keepends=True)
        # on a busy machine one starts seconds after the other
        said = [line for line in lines if "waiting for localhost:" not in line]
        found.append((process.returncode, output, "".join(said)))
    return found


def assert_same(folder: Path, out: str, other: str = "one") -> None:
    """Whole numbers: any order of adding them gives the same bytes."""
    for ending in (".h5", ".maxima.npy"):
        assert (folder / f"{out}{ending}").read_bytes() == (
            folder / f"{other}{ending}"
        ).read_bytes(), ending


def assert_equal_runs(path: Path, whole: Path) -> None:
    """The same settings, images, units and sums, and the same maxima of every image.

    Of small whole numbers, so that only means round.
    """
    found, wanted = run_file.load(path), run_file.load(whole)
    assert (found.settings, found.names, found.labels) == (
        *(wanted.settings, wanted.names, wanted.labels),
    )
    assert (found.done, found.scanned, found.skipped) == (
        wanted.done,
        wanted.scanned,
        wanted.skipped,
    )
    np.testing.assert_array_equal(found.same, wanted.same)
    np.testing.assert_array_equal(found.digests, wanted.digests)
    for layer, arrays in wanted.state.items():
        for name, array in arrays.items():
            got = found.state[layer][name]
            if name in ("means", "firing_positions"):
                # float64 sums of float32 numbers in another order
                np.testing.assert_allclose(got, array, rtol=1e-12, atol=1e-12, err_msg=name)
            else:
                np.testing.assert_array_equal(got, array, err_msg=f"{layer} {name}")
    files = [maxima.maxima_path(each).read_bytes() for each in (path, whole)]
    assert files[0] == files[1]
