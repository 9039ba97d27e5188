"""Atlases of runs with hostile names, few images, labels, residual blocks."""

from __future__ import annotations

import os
from types import SimpleNamespace

import drawn_runs
import numpy as np
import pytest
from atlases import make, received
from helpers import random_weights
from PIL import Image
from runs import plain

from tfdeconv.atlas.feature_data import class_shares
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import Conv
from tfdeconv.scan.image_labels import LabelShare
from tfdeconv.weights.native_write import save_weights

SIDE = 12
HOSTILE = b"<img src=x onerror=alert(1)>/"
NAMES = (
    HOSTILE + b"1.png",
    b"<!--/<script>.png",
    HOSTILE + b"\xff\xe2\x80\xa8.png",
    b"<!--/'\"&;.png",
)
LAYER = "../../x</script>"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A folder with a run of images and a layer whose names are out to do harm, and its atlas."""
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.default_rng(1)
    for name in NAMES:
        path = os.fsencode(folder / "images") + b"/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(file, "PNG")
    net = Builder("<b>net</b>", (SIDE, SIDE, 3))
    net.add(LAYER, Conv(3, 3))
    network = net.network()
    arrays = drawn_runs.as_arrays(random_weights(network, rng, dtype=np.float32))
    save_weights(folder / "w.h5", network, arrays, plain((SIDE, SIDE)), "random", "none")
    drawn_runs.save_run(folder, folder / "run.h5", (LAYER,), 4)
    assert make(folder / "run.h5", folder / "out" / "atlas") == 0
    return folder


def test_names_are_text_and_no_paths(hostile):
    atlas = hostile / "out" / "atlas"
    assert sorted(os.listdir(hostile / "out")) == ["atlas"]
    for path in atlas.rglob("*"):
        assert str(path.relative_to(atlas)).isascii() and "x" not in path.stem[:1]
    _, network = received(atlas / "data" / "atlas.js")
    assert network["title"] == "<b>net</b>" and network["layers"][0]["name"] == LAYER
    _, feature = received(atlas / "data" / "00" / "0.js")
    shown = {unit["name"] for unit in feature["units"]}
    assert shown <= {name.decode("utf-8", "replace") for name in NAMES}
    labels = {name.rpartition("/")[0] for name in shown}
    assert {unit["label"] for unit in feature["units"]} == labels
    assert network["images"]["labelled"]


def test_classes_of_the_nine_are_counted(hostile):
    _, feature = received(hostile / "out" / "atlas" / "data" / "00" / "0.js")
    # two of two images each: neither is more frequent than among all
    assert feature["classes"] == []
    _, layer = received(hostile / "out" / "atlas" / "data" / "00" / "layer.js")
    assert layer["columns"]["best_class"][0] in {unit["label"] for unit in feature["units"]}
    assert layer["columns"]["lift"][0] == 1


def test_rarer_classes_are_not_listed():
    shares = [LabelShare("cat", 3, 9, 10, 20), LabelShare("dog", 6, 9, 5, 20)]
    data = SimpleNamespace(label_shares=lambda channel: shares)
    (listed,) = class_shares(data, 0)
    assert (listed["name"], listed["of_nine"], listed["lift"]) == ("dog", 6, 2.667)


def test_one_image_is_enough(tmp_path):
    drawn_runs.save_images(tmp_path, 1, SIDE, np.random.default_rng(2))
    net = Builder("small", (SIDE, SIDE, 3))
    net.add("conv", Conv(2, 3))
    network = net.network()
    arrays = drawn_runs.as_arrays(
        random_weights(network, np.random.default_rng(3), dtype=np.float32)
    )
    save_weights(tmp_path / "w.h5", network, arrays, plain((SIDE, SIDE)), "random", "none")
    drawn_runs.save_run(tmp_path, tmp_path / "run.h5", ("conv",), 4)
    assert make(tmp_path / "run.h5", tmp_path / "atlas") == 0
    _, feature = received(tmp_path / "atlas" / "data" / "00" / "1.js")
    assert [unit["rank"] for unit in feature["units"]] == [1]
    assert list(feature["scales"]) == ["deconvnet"] and len(feature["scales"]["deconvnet"]) == 1


def test_blocks_have_shortcut_and_branch(tmp_path):
    folder = drawn_runs.save_residual_runs(tmp_path)
    layer = drawn_runs.BLOCKS[1]
    assert make(folder / "run.h5", folder / "atlas", "-l", layer, "--features", "2") == 0
    _, network = received(folder / "atlas" / "data" / "atlas.js")
    entry = network["layers"][0]
    assert entry["number"] == drawn_runs.RESIDUAL_LAYERS.index(layer)
    assert entry["block_output"] and entry["about"] == "output of a residual block"
    _, data = received(folder / "atlas" / "data" / "02" / "layer.js")
    _, feature = received(folder / "atlas" / "data" / "02" / f"{data['features'][0]}.js")
    for unit in feature["units"]:
        if unit["value"]:
            # numbers have four digits
            assert unit["shortcut"] + unit["branch"] == pytest.approx(unit["value"], rel=2e-3)
