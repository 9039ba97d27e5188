"""A model of which a part only is understood: every script says how far it got."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import file_names, save_photo
from onnx_models import model, node, tensor, value, write

from tfdeconv import load_weights
from tfdeconv.data.preprocessing import PRESETS
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import Affine, Conv, Dense, GlobalAvgPool
from tfdeconv.weights.native_write import save_weights

# conv, its rectifier, what is not understood, and two that depend on it
STOPPED = "2 of 5 operations are understood; stopped at strange (ONNX's Einsum: there is no layer"
BEFORE = "for it) and at 1 more; layers before it work"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """half.onnx, part.h5, which is made of it, and a photo."""
    folder = tmp_path_factory.mktemp("partial")
    kernel = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float32)
    nodes = [
        node("Conv", ["x", "kernel"], ["a"], "conv"),
        node("Relu", ["a"], ["b"], "relu"),
        node("Einsum", ["b"], ["c"], "strange", equation="nchw->nc"),
        node("Tanh", ["c"], ["d"], "tanh"),
        node("Det", ["d"], ["e"], "stranger"),
    ]
    inputs, outputs = [value("x", [1, 3, 16, 16])], [value("e", [])]
    write(folder / "half.onnx", model(nodes, [tensor("kernel", kernel)], inputs, outputs))
    save_photo(folder / "photos" / "photo.png")
    return folder


def assert_says_where(err: list[str], name: str) -> None:
    told = [line for line in err if "operations are understood" in line]
    assert len(told) == 1 and f"{name}: {STOPPED}" in told[0] and BEFORE in told[0], err


def test_every_script_says_how_far_it_got(folder, run, tmp_path):
    weights, photos = ["--weights", folder / "half.onnx"], folder / "photos"
    status, lines, err = run(*weights, script="describe.py")
    assert status == 0 and any(line.startswith("strange is not available") for line in lines)
    assert_says_where(err, "half.onnx")
    status, lines, err = run(folder / "half.onnx", script="convert_weights.py")
    assert status == 0 and not any("operations" in line for line in lines)
    assert_says_where(err, "half.onnx")
    status, lines, err = run(photos, *weights, "--top", "1", "--out", tmp_path)
    assert status == 0 and "relu" in lines[0]
    assert_says_where(err, "half.onnx")
    status, _, err = run(photos, *weights, "--out", tmp_path / "run.h5", script="scan.py")
    assert status == 0
    assert_says_where(err, "half.onnx")
    status, _, err = run("--run", tmp_path / "run.h5", "--top", "1", "--out", tmp_path)
    assert status == 0
    assert_says_where(err, "half.onnx")
    status, lines, err = run(*weights, script="selfcheck.py")
    assert status == 1 and "OFF" not in "".join(lines) and "all is well" not in lines
    assert sum(line.startswith("not checked: strange is not available") for line in lines) == 1
    assert_says_where(err, "half.onnx")


def test_a_part_is_written_only_if_told(folder, run, tmp_path):
    part, again = tmp_path / "part.h5", tmp_path / "again.h5"
    status, lines, err = run(folder / "half.onnx", "--out", part, script="convert_weights.py")
    assert (status, lines, len(err)) == (2, [], 1) and not file_names(tmp_path)
    assert "nothing was written: --partial writes this part" in err[0]
    assert_says_where(err, "half.onnx")
    said = [folder / "half.onnx", "--out", part, "--partial"]
    assert run(*said, script="convert_weights.py")[0] == 0
    # what it is a part of, and that it is one
    notes = load_weights(part).notes
    assert notes[0].startswith(f"{part}: {STOPPED}")
    assert any(note.startswith(f"{folder / 'half.onnx'}: {STOPPED}") for note in notes[1:])
    status, _, err = run(part, "--out", again, script="convert_weights.py")
    assert status == 2 and not again.exists()
    assert_says_where(err, "part.h5")
    status, _, err = run("half.onnx", "--partial", script="convert_weights.py")
    assert status == 2 and "--partial is for --out FILE" in err[0]


def save(path: Path, net: Builder, without: tuple[str, ...] = ()) -> Path:
    network = net.network()
    height, width, channels = network.input_shape
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for layer, shapes in network.parameters().items():
        if layer not in without:
            arrays[layer] = {name: np.ones(shape) for name, shape in shapes.items()}
    pixels = PRESETS["none"]((height, width), channels)
    save_weights(path, network, arrays, pixels, "ones", "none")
    return path


def test_selfcheck_names_layers_without_weights(folder, run, tmp_path):
    net = Builder("headless", (8, 8, 3))
    net.add("conv", Conv(2, 3))
    net.add("dark", Affine())
    net.add("pool", GlobalAvgPool())
    net.add("head", Dense(2))
    path = save(tmp_path / "headless.h5", net, without=("head",))
    photo = folder / "photos" / "photo.png"
    status, lines, err = run("--weights", path, "--image", photo, script="selfcheck.py")
    assert (status, err) == (0, [])
    assert "the file has no weights for head" in lines


def test_what_prepares_pixels_is_no_default_layer(folder, run, tmp_path):
    net = Builder("scales", (8, 8, 3))
    net.add("scaled", Affine())
    path = save(tmp_path / "scales.h5", net)
    status, lines, err = run(folder / "photos", "--weights", path, "--out", tmp_path)
    assert (status, lines, len(err)) == (2, [], 1)
    assert "scales has no default layer" in err[0] and "choose a layer with -l: scaled" in err[0]
