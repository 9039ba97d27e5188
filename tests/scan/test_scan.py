"""A scan against brute force: numpy's top k over stored activations; and that nothing that happens to it costs anything."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
from helpers import example, random_weights
from PIL import Image

from tfdeconv import NETWORKS, Deconvnet, load_weights
from tfdeconv.data import dataset, images, loader
from tfdeconv.data.preprocessing import Preprocessing, caffe
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten, MaxPool
from tfdeconv.network.selection import default_layers
from tfdeconv.scan import checkpoint, loop, run, run_file
from tfdeconv.scan.accumulator import Accumulator
from tfdeconv.scan.reductions import EDGES, summary
from tfdeconv.weights.native import save_weights

ROOT = Path(__file__).parents[2]
SAMPLE, WEIGHTS = ROOT / "tests" / "data" / "chelsea.jpg", ROOT / "weights" / "vgg16.h5"
SIDE = 20


def plain(size: tuple[int, int], channels: int = 3) -> Preprocessing:
    return Preprocessing("rgb" if channels == 3 else "as is", size, min(size))


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
) -> run.Run:
    """The run over an array of images, as it is read from its file."""
    np.save(folder / "x.npy", x)
    source, preprocessing = dataset.source(str(folder / "x.npy")), plain(x.shape[1:3], x.shape[3])
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
    )
    now = run.Run(settings, source.root, "", ())
    scan = Accumulator(network, weights, layers, x.shape[1:3], batch, top)
    loop.advance(now, scan, source, preprocessing, folder / name, every)
    return run_file.load(folder / name)


def brute(y: np.ndarray, top: int) -> dict[str, np.ndarray]:
    """What a run keeps of a layer, from all its activations y [n, h, w, c]."""
    n, h, w, c = y.shape
    flat = y.reshape(n, h * w, c)
    maxima, at = flat.max(1), flat.argmax(1)
    order = np.argsort(-maxima, 0, kind="stable")[:top].T  # [c, top]
    places = np.take_along_axis(at.T, order, 1)
    histogram = [
        np.bincount(
            np.where(m > 0, np.searchsorted(EDGES.astype(np.float32), m, "right") + 1, 0),
            minlength=64,
        )
        for m in maxima.T
    ]
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


@pytest.fixture(scope="module", name="crops")
def all_crops() -> np.ndarray:
    return some_crops()


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


@pytest.mark.parametrize("batch", [1, 7, 32])
def test_whole_numbers_and_their_ties_are_as_brute_force_has_them(rng, tmp_path, batch):
    network, weights = integers(rng)
    x = rng.integers(0, 2, (50, SIDE, SIDE, 3)).astype(np.uint8)
    x[20:24] = 0
    x[20:24, 5, 5, range(3)] = 1
    x[21, 19, 19], x[22, 0, 0, 1], x[23, 10, 10] = 1, 1, 1  # the same maxima, elsewhere too
    layers = ["first", "second", "dense", "pool"]
    found = scanned(tmp_path, x, network, weights, layers, batch, top=12)
    assert found.finished and found.scanned == 50
    ties = 0
    for layer in layers:
        y = Deconvnet(network, weights, layer).activations(x)
        wanted = brute(y if y.ndim == 4 else y[:, None, None], 12)
        for name, array in found.state[layer].items():
            if wanted[name].dtype.kind == "i" or name in ("values", "maxima"):
                np.testing.assert_array_equal(array, wanted[name], err_msg=f"{layer} {name}")
            else:
                np.testing.assert_allclose(
                    array, wanted[name], rtol=1e-5, atol=1e-6
                )  # float32 means, of either sign
        ties += (np.diff(wanted["values"], axis=1) == 0).sum()
    assert ties > 50


@pytest.mark.parametrize("batch", [1, 7, 32])
def test_five_layers_of_vgg16_are_as_brute_force_has_them(tmp_path, crops, batch):
    layers = ["block1_conv2", "block2_conv1", "block3_conv3", "block4_conv2", "block5_conv3"]
    network = NETWORKS["vgg16"](size=(40, 40))
    weights = load_weights(WEIGHTS, NETWORKS["vgg16"](), layers)
    found = scanned(tmp_path, crops, network, weights, layers, batch)
    assert_as_brute_force_has_it(found, network, weights, crops)


def assert_as_brute_force_has_it(found: run.Run, network, weights, crops: np.ndarray) -> None:
    """All layers of a run against all their activations, in float32."""
    for layer in found.settings.layers:
        y = Deconvnet(network, weights, layer).activations(crops)
        kept, wanted = found.state[layer], brute(y, 9)
        # float32 sums of convolutions in another order, relative to the layer's largest: they differ by 5e-6 at most
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
        for name in ("means", "firing_positions", "maxima"):
            np.testing.assert_allclose(kept[name], wanted[name], rtol=1e-4, atol=1e-2)
        assert (kept["histogram"].sum(1) == 200).all()
        assert abs(kept["histogram"] - wanted["histogram"]).sum() < 0.01 * kept["histogram"].sum()


def test_fewer_images_than_places(rng, tmp_path):
    network, weights = integers(rng)
    x = rng.integers(0, 3, (2, SIDE, SIDE, 3)).astype(np.uint8)
    kept = scanned(tmp_path, x, network, weights, ["first"], batch=5, top=4).state["first"]
    assert (kept["images"][:, 2:] == -1).all() and (kept["positions"][:, 2:] == -1).all()
    assert (kept["values"][:, 2:] == -np.inf).all()
    assert (np.sort(kept["images"][:, :2]) == [0, 1]).all() and not np.isnan(kept["values"]).any()
    assert (kept["histogram"].sum(1) == 2).all()


def test_equal_pixels_count_once_and_bad_files_not_at_all(rng, tmp_path):
    network, weights = integers(rng)
    folder = tmp_path / "images"
    (folder / "b").mkdir(parents=True)
    pixels = rng.integers(0, 256, (4, SIDE, SIDE, 3)).astype(np.uint8)
    for name, i in (("B.png", 0), ("a.png", 1), ("b/same.bmp", 0), ("b.png", 2), ("z.png", 3)):
        Image.fromarray(pixels[i]).save(folder / name)
    (folder / "a.jpg").write_text("no image")
    (folder / "notes.txt").write_text("not looked at")
    (folder / ".hidden.png").write_text("nor this")
    source = dataset.source(str(folder))
    assert source.names == ("B.png", "a.jpg", "a.png", "b.png", "b/same.bmp", "z.png")  # bytewise
    settings = run.Settings(
        "whole", "", "0" * 64, "", "crop", (SIDE, SIDE), source.digest, 6, ("first",), 9, 4
    )
    now = run.Run(settings, source.root, "", source.names)
    scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 4)
    loop.advance(now, scan, source, plain((SIDE, SIDE)), tmp_path / "run.h5", 0)
    found = run_file.load(tmp_path / "run.h5")
    assert found.scanned == 4 and list(found.skipped) == [1] and "a.jpg" in found.skipped[1]
    assert found.same.tolist() == [-1, -1, -1, -1, 0, -1] and found.names == source.names
    assert set(found.state["first"]["images"].ravel().tolist()) == {0, 2, 3, 5, -1}
    y = Deconvnet(network, weights, "first").activations(pixels)
    np.testing.assert_array_equal(found.state["first"]["values"][:, :4], brute(y, 4)["values"])


def test_a_state_that_is_restored_goes_on_as_if_nothing_had_been(rng):
    network = example("relu6")
    weights = random_weights(network, rng)
    x = rng.random((12, 13, 11, 4), np.float32)
    whole, first, second = (
        Accumulator(network, weights, ["before", "layer", "behind"], (13, 11), 3, 4)
        for _ in range(3)
    )
    for start in range(0, 12, 3):
        whole.step([x[start : start + 3]], [np.arange(start, start + 3)])
        (first if start < 6 else second).step([x[start : start + 3]], [np.arange(start, start + 3)])
        second.restore(first.state()) if start == 3 else None
    for layer, kept in whole.state().items():
        for name, array in kept.items():
            np.testing.assert_array_equal(array, second.state()[layer][name])


def test_all_is_convolutions_block_outputs_and_dense_layers():
    network = NETWORKS["resnet50"]()
    found = default_layers(network, network.parameters())
    assert [name for name in found if name.startswith("conv2_block1")] == [
        "conv2_block1_1_conv",
        "conv2_block1_2_conv",
        "conv2_block1_0_conv",
        "conv2_block1_3_conv",
        "conv2_block1_out",
    ]
    assert len(found) == 53 + 16 + 1 and found[-1] == "predictions"
    assert default_layers(NETWORKS["vgg16"](), {f"block1_conv{i}": {} for i in (1, 2)}) == [
        "block1_conv1",
        "block1_conv2",
    ]


@pytest.mark.parametrize("name", ["batch norm", "zero pad", "add", "dense", "global average pool"])
def test_layers_asked_for_are_not_folded_away(rng, tmp_path, name):
    network = example(name)
    weights = random_weights(network, rng, dtype=np.float32)
    x = rng.integers(0, 9, (5, 13, 11, 4)).astype(np.float32)
    layers = [node.name for node in network.nodes]
    found = scanned(tmp_path, x, network, weights, layers, 2, 3)
    for layer in layers:
        y = Deconvnet(network, weights, layer).activations(x)
        wanted = brute(y if y.ndim == 4 else y[:, None, None], 3)
        # in float32; alone a layer may be folded into another
        np.testing.assert_allclose(
            found.state[layer]["values"], wanted["values"], rtol=1e-4, atol=1e-4
        )


def test_the_first_of_equal_units_in_row_order():
    y = np.zeros((2, 5, 7, 3), np.float32)
    y[0, 3, 1, 0] = y[0, 3, 5, 0] = y[0, 4, 0, 0] = 2
    y[1, :, :, 1] = -1
    y[1, 4, 6, 2] = 1
    _, rows, columns, means, shares = (part.numpy() for part in summary(tf.constant(y)))
    assert rows.tolist() == [[3, 0, 0], [0, 0, 4]] and columns.tolist() == [[1, 0, 0], [0, 0, 6]]
    np.testing.assert_allclose(means, y.mean((1, 2)), rtol=1e-6)
    np.testing.assert_allclose(shares, (y > 0).mean((1, 2)), rtol=1e-6)


def test_what_is_no_number_is_told_and_not_counted(rng, tmp_path):
    network, weights = integers(rng)
    x = rng.integers(0, 3, (2, SIDE, SIDE, 3)).astype(np.float32)
    x[1] = 3e38
    with pytest.raises(UserError, match="second comes out as infinite|first comes out as infinite"):
        scanned(tmp_path, x, network, weights, ["first", "second"], 1)


# the script


@pytest.fixture
def script(monkeypatch, capfd):
    """Runs a script in this process: status, lines out, lines of errors."""

    def script(*arguments, name="scan.py"):
        monkeypatch.setattr(sys, "argv", [str(ROOT / "scripts" / name), *map(str, arguments)])
        monkeypatch.setattr(sys, "path", list(sys.path))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(sys.argv[0], run_name="__main__")
        return ended.value.code, *(
            said.removesuffix("\n").split("\n") if said else [] for said in capfd.readouterr()
        )

    return script


@pytest.fixture
def small(rng, tmp_path):
    """A small network's weight file, another one's, and an array of images: the arguments of a scan."""
    network, weights = integers(rng)
    for name in ("w.h5", "other.h5"):
        arrays = {
            layer: {key: value.numpy() for key, value in p.items()} for layer, p in weights.items()
        }
        arrays["first"]["bias"] += name == "other.h5"
        save_weights(tmp_path / name, network, arrays, plain((SIDE, SIDE)), "random", "none")
    np.save(tmp_path / "x.npy", rng.integers(0, 256, (30, SIDE, SIDE, 3)).astype(np.uint8))
    return [
        tmp_path / "x.npy",
        "--weights",
        tmp_path / "w.h5",
        "--out",
        tmp_path / "run.h5",
        "--batch",
        "4",
    ]


def test_a_run_is_described(script, small, tmp_path):
    status, lines, err = script(*small)
    assert (status, err) == (0, []) and lines == [
        f"{tmp_path}/run.h5: 30 images, 3 layers; 0 could not be read, 0 came again"
    ]
    before = (tmp_path / "run.h5").read_bytes()
    assert script(*small)[:2] == (0, lines) and (tmp_path / "run.h5").read_bytes() == before
    status, lines, err = script("--run", tmp_path / "run.h5", name="describe.py")
    assert (status, err) == (0, [])
    assert [line.split()[:2] for line in lines[2:5]] == [
        ["first", "6"],
        ["second", "7"],
        ["dense", "5"],
    ]
    table = json.loads(
        "\n".join(script("--run", tmp_path / "run.h5", "--json", name="describe.py")[1])
    )["layers"]
    found = run_file.load(tmp_path / "run.h5")
    assert [row["dead"] for row in table] == [
        int((kept["firing_images"] == 0).sum()) for kept in found.state.values()
    ]
    assert script("--run", tmp_path / "run.h5", "--network", "vgg16", name="describe.py")[0] == 2
    code = f"""
import runpy, sys
sys.argv[1:] = ["--run", {str(tmp_path / "run.h5")!r}]
try:
    runpy.run_path({str(ROOT / "scripts/describe.py")!r}, run_name="__main__")
finally:
    assert "tensorflow" not in sys.modules"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_other_weights_layers_lists_and_settings_are_refused_by_name(script, small, tmp_path, rng):
    assert script(*small)[0] == 0
    before = (tmp_path / "run.h5").read_bytes()
    np.save(tmp_path / "y.npy", rng.integers(0, 256, (31, SIDE, SIDE, 3)).astype(np.uint8))
    for change, words in (
        (["--weights", tmp_path / "other.h5"], ["weights are"]),
        (["--layers", "first"], ["layers are"]),
        (["--top", 3, "--batch", 5], ["--top is 9, asked for 3", "--batch is 4, asked for 5"]),
        (["--preprocess", "caffe"], ["preprocessing is"]),
        (["--resize", "squash"], ["resize is crop"]),
    ):
        status, lines, err = script(*small, *change)
        assert (status, lines, len(err)) == (2, [], 1) and all(word in err[0] for word in words), (
            err
        )
        assert err[0].count(", asked for") == len(words)
    status, _, err = script(tmp_path / "y.npy", *small[1:])
    assert (
        status == 2
        and len(err) == 1
        and "list of images" in err[0]
        and "number of images is 30, asked for 31" in err[0]
    )
    assert (tmp_path / "run.h5").read_bytes() == before


def test_a_changed_list_is_told_where(script, small, tmp_path):
    for name in "abc":
        Image.new("RGB", (SIDE, SIDE), name == "a").save(tmp_path / f"{name}.png")
    (tmp_path / "list").write_bytes(b"a.png\r\n\nb.png\n")
    status, lines, err = script(tmp_path / "list", *small[1:])
    assert (status, err) == (0, []) and "2 images" in lines[0]
    (tmp_path / "list").write_text("a.png\nc.png\n")
    status, _, err = script(tmp_path / "list", *small[1:])
    assert (status, len(err)) == (2, 1) and "image 1 was 'b.png', is 'c.png'" in err[0]


def test_mistakes_are_one_line_and_leave_nothing(script, small, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "none").write_text("\n\n")
    (tmp_path / "bytes").write_bytes(b"\0\1\2")
    (tmp_path / "bad.jpg").write_text("no image")
    np.save(tmp_path / "flat.npy", np.zeros(3))
    np.save(tmp_path / "bands.npy", np.zeros((2, SIDE, SIDE, 4)))
    np.save(tmp_path / "words.npy", np.zeros((2, 3, 4, 3), "U1"))
    (tmp_path / "bad.npy").write_text("hello")
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["a"] = file["b"] = np.zeros((1, 2, 2, 3))
    for name, words in (
        ("empty", "has no images"),
        ("none", "names no images"),
        ("bytes", "neither a directory"),
        ("nonesuch", "no such file"),
        ("flat.npy", "needs images"),
        ("words.npy", "needs images"),
        ("bad.npy", "cannot be read"),
        ("two.h5", "2 datasets"),
        ("bands.npy", "images of 4 channels"),
    ):
        status, lines, err = script(tmp_path / name, *small[1:])
        assert (status, lines, len(err)) == (2, [], 1) and words in err[0], err
    for change, words in (
        (["--layers", "nonesuch"], "no layer 'nonesuch'"),
        (["--layers", ","], "at least one"),
        (["--every", "soon"], "'soon'"),
        (["--out", tmp_path], "IsADirectory|Is a directory|no run"),
        (["--out", tmp_path / "no" / "run.h5"], "cannot write"),
    ):
        status, lines, err = script(*small, *change)
        assert (status, lines, len(err)) == (2, [], 1) and any(
            word in err[0] for word in words.split("|")
        ), err
    assert not (tmp_path / "run.h5").exists()
    status, lines, err = script(tmp_path / "bad.jpg", *small[1:])
    assert (status, lines, len(err)) == (2, [], 1) and "none of the 1 images could be read" in err[
        0
    ]


def test_an_older_version_or_another_file_is_left_alone(script, small, tmp_path):
    assert script(*small)[0] == 0
    with h5py.File(tmp_path / "run.h5", "a") as file:
        file.attrs["version"] = 0
    for content, words in (
        (None, "version 0"),
        (b"my diary", "is no run"),
        ((tmp_path / "w.h5").read_bytes(), "is no run"),
        ((tmp_path / "run.h5").read_bytes()[:5000], "cannot be read as a run"),
    ):
        if content:
            (tmp_path / "run.h5").write_bytes(content)
        before = (tmp_path / "run.h5").read_bytes()
        for given, name in ((small, "scan.py"), (["--run", tmp_path / "run.h5"], "describe.py")):
            status, lines, err = script(*given, name=name)
            assert (status, lines, len(err)) == (2, [], 1) and words in err[0], err
        assert (tmp_path / "run.h5").read_bytes() == before


def test_a_disk_that_fills_up_costs_nothing_that_was_saved(script, small, tmp_path, monkeypatch):
    assert script(*small[:4], tmp_path / "whole.h5", *small[5:])[0] == 0
    write, written = Path.write_bytes, []

    def full(path, content):
        written.append(path)
        if len(written) > 3:
            write(path, bytes(content)[:100])
            raise OSError(28, "No space left on device")
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        status, lines, err = script(*small, "--every", 0)
    assert (status, lines, len(err)) == (2, [], 1) and "No space left" in err[0]
    assert run_file.load(tmp_path / "run.h5").done == 8
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]
    assert (
        script(*small)[0] == 0
        and (tmp_path / "run.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    )


def test_a_share_that_cannot_be_listed_is_told(script, small, tmp_path, monkeypatch):
    def failing(path="."):
        raise OSError(5, "Input/output error", path)

    (tmp_path / "share").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", failing)
        status, lines, err = script(tmp_path / "share", *small[1:])
    assert (status, lines, len(err)) == (
        2,
        [],
        1,
    ) and "share cannot be read: Input/output error" in err[0]


def test_a_share_that_goes_away_stops_the_run_and_loses_nothing(small, tmp_path, rng):
    network, weights = integers(rng)
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(9):
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)).save(
            folder / f"{i}.png"
        )
    source = dataset.source(str(folder))
    settings = run.Settings(
        "whole", "", "0" * 64, "", "crop", (SIDE, SIDE), source.digest, 9, ("first",), 9, 2
    )
    scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 2)
    folder.rename(tmp_path / "away")
    with pytest.raises(UserError, match="cannot be read any more.*the first 0 images"):
        loop.advance(
            run.Run(settings, source.root, "", source.names),
            scan,
            source,
            plain((SIDE, SIDE)),
            tmp_path / "run.h5",
            60,
        )
    assert run_file.load(tmp_path / "run.h5").done == 0
    (tmp_path / "away").rename(folder)
    loop.advance(
        run_file.load(tmp_path / "run.h5"),
        scan,
        source,
        plain((SIDE, SIDE)),
        tmp_path / "run.h5",
        60,
    )
    assert run_file.load(tmp_path / "run.h5").scanned == 9


def test_a_share_that_goes_away_within_a_batch_of_a_list_loses_nothing(
    small, tmp_path, rng, monkeypatch
):
    """The list stands elsewhere; one image of the batch was read before the share went, and others are missing for good."""
    network, weights = integers(rng)
    share = tmp_path / "share"
    share.mkdir()
    for i in range(9):
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)).save(
            share / f"{i}.png"
        )
    names = [
        *(share / f"{i}.png" for i in range(9)),
        share / "no.png",
        tmp_path / "never" / "there.png",
    ]
    (tmp_path / "list.txt").write_text("".join(f"{name}\n" for name in names))
    source = dataset.source(str(tmp_path / "list.txt"))
    settings = run.Settings(
        "whole", "", "0" * 64, "", "crop", (SIDE, SIDE), source.digest, 11, ("first",), 9, 3
    )
    pixels = dataset.images.pixels

    def going(path, channels=3):
        if str(path).endswith("4.png"):
            share.rename(tmp_path / "away")
        return pixels(path, channels)

    with monkeypatch.context() as patch:
        patch.setattr(dataset.images, "pixels", going)
        patch.setattr(os, "cpu_count", lambda: 1)
        with pytest.raises(UserError, match="cannot be read any more.*the first 3 images"):
            loop.advance(
                run.Run(settings, source.root, "", source.names),
                Accumulator(network, weights, ["first"], (SIDE, SIDE), 3),
                source,
                plain((SIDE, SIDE)),
                tmp_path / "run.h5",
                60,
            )
    (tmp_path / "away").rename(share)
    now = run_file.load(tmp_path / "run.h5")
    assert now.done == 3 and not now.skipped
    loop.advance(
        now,
        Accumulator(network, weights, ["first"], (SIDE, SIDE), 3),
        source,
        plain((SIDE, SIDE)),
        tmp_path / "run.h5",
        60,
    )
    assert run_file.load(tmp_path / "run.h5").scanned == 9 and list(
        run_file.load(tmp_path / "run.h5").skipped
    ) == [9, 10]


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(tmp_path, rng):
    network = NETWORKS["vgg16"](size=(64, 64))
    weights = load_weights(WEIGHTS, NETWORKS["vgg16"](), "block2_conv1")
    arrays = {
        layer: {name: value.numpy() for name, value in weights[layer].items()}
        for layer in ("block1_conv1", "block1_conv2", "block2_conv1")
    }
    save_weights(tmp_path / "w.h5", network, arrays, caffe((64, 64)), "", "")
    folder = tmp_path / "images"
    folder.mkdir()
    photo = images.pixels(SAMPLE)
    for i in range(120):
        Image.fromarray(photo[i : i + 90, i : i + 100]).save(folder / f"{i}.png")
    for name in ("7", "70"):
        (folder / f"{name}.png").write_text("damaged")
    Image.fromarray(photo[3:93, 3:103]).save(folder / "again.bmp")

    def command(out):
        return [
            sys.executable,
            str(ROOT / "scripts/scan.py"),
            str(folder),
            "--weights",
            str(tmp_path / "w.h5"),
            "--out",
            str(tmp_path / out),
            "--batch",
            "4",
            "--every",
            "0",
            "--keep-maxima",
            "block1_conv2,block2_conv1",
        ]

    def killed(after: int) -> None:
        """Starts it, and kills it when it has written its file so many times."""
        process, seen, path, begin = (
            subprocess.Popen(command("run.h5")),
            set(),
            tmp_path / "run.h5",
            time.monotonic(),
        )
        while len(seen) < after and process.poll() is None and time.monotonic() < begin + 120:
            if path.exists():
                seen.add(os.stat(path).st_mtime_ns)
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL

    reached = []
    for after in (4, 5):
        killed(after)
        reached.append(run_file.load(tmp_path / "run.h5").done)
    assert 0 < reached[0] < reached[1] < 121
    for out in ("run.h5", "whole.h5"):
        subprocess.run(command(out), check=True, capture_output=True)
    for ending in (".h5", ".maxima.npy"):
        assert (tmp_path / f"run{ending}").read_bytes() == (
            tmp_path / f"whole{ending}"
        ).read_bytes()
    found = run_file.load(tmp_path / "whole.h5")
    assert found.scanned == 118 and len(found.skipped) == 2 and (found.same >= 0).sum() == 1


def test_two_scans_do_not_share_a_file(small, tmp_path, rng, monkeypatch):
    network, weights = integers(rng)
    source, save = dataset.source(str(small[0])), run_file.save
    settings = run.Settings(
        "whole", "", "0" * 64, "", "keep", (SIDE, SIDE), source.digest, 30, ("first",), 9, 4
    )
    path, saved = tmp_path / "run.h5", []

    def saves(place, now):
        save(place, now)
        saved.append(now.done)

    def another(_):
        if len(saved) == 2:
            (tmp_path / "other.h5").write_bytes(path.read_bytes())
            os.replace(tmp_path / "other.h5", path)

    monkeypatch.setattr(checkpoint, "save", saves)
    (tmp_path / ".run.h5-a1_b2c3d.h5").write_text(
        "left behind by one that was killed while it saved"
    )
    scan = Accumulator(network, weights, ["first"], (SIDE, SIDE), 4)
    with pytest.raises(UserError, match="written by another program"):
        loop.advance(
            run.Run(settings, source.root, "", ()),
            scan,
            source,
            plain((SIDE, SIDE)),
            path,
            0,
            another,
        )
    assert (
        saved == [0, 4]
        and run_file.load(path).done == 4
        and not (tmp_path / ".run.h5-a1_b2c3d.h5").exists()
    )


def test_h5_arrays_lists_and_keep(tmp_path, rng):
    x = rng.integers(0, 256, (3, 8, 9, 3)).astype(np.uint8)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["group/x"] = x
    source = dataset.source(str(tmp_path / "x.h5"))
    assert loader.size_of(source, plain((4, 4)), "keep", 3) == (8, 9)
    read = loader.reader(source, plain((4, 4)), "keep", (8, 9), 3)
    found = list(loader.batches(read, range(3), 2, (8, 9, 3)))
    np.testing.assert_array_equal(np.concatenate([part for part, _, _ in found])[:3], x)
    assert [len(reasons) for _, _, reasons in found] == [2, 1] and found[1][0].shape == (2, 8, 9, 3)
    x[2, 0, 0, 0] += 1
    np.save(tmp_path / "x.npy", x)
    other = list(
        loader.batches(
            loader.reader(
                dataset.source(str(tmp_path / "x.npy")), plain((4, 4)), "keep", (8, 9), 3
            ),
            range(3),
            3,
            (8, 9, 3),
        )
    )
    assert (other[0][1][:2] == found[0][1]).all() and (other[0][1][2] != found[1][1][0]).any()
    Image.fromarray(x[0]).save(tmp_path / "a.png")
    Image.fromarray(x[0, :5]).save(tmp_path / "b.png")
    (tmp_path / "list.txt").write_text("nonesuch.png\na.png\nb.png\n")
    listed = dataset.source(str(tmp_path / "list.txt"))
    assert loader.size_of(listed, plain((4, 4)), "keep", 3) == (8, 9)
    ((_, _, reasons),) = loader.batches(
        loader.reader(listed, plain((4, 4)), "keep", (8, 9), 3), range(3), 3, (8, 9, 3)
    )
    assert "no such file" in reasons[0] and reasons[1] == "" and "5 x 9" in reasons[2]
    assert replace(listed, root="/nonesuch").places() == set() and listed.places() == {
        str(tmp_path)
    }
