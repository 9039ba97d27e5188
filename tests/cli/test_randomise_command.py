"""randomise.py: figures and tables of what is left when weights are random, and mistakes."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from command_line import assert_one_line, file_names, save_photo
from PIL import Image

from tfdeconv.checks import random_weights
from tfdeconv.cli import randomise
from tfdeconv.data.preprocessing import caffe
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Add, BatchNorm, Conv, MaxPool
from tfdeconv.weights.native_write import save_weights

LAYERS = ("conv1", "sum", "conv3")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A photo, and weights of a network with a residual block; feature 2 of conv3 never fires."""
    folder = tmp_path_factory.mktemp("inputs")
    net = Builder("small", (24, 24, 3))
    net.add("conv1", Conv(6, 5, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("branch", Conv(6, 3, pad=1))
    net.add("norm", BatchNorm(1e-3))
    net.add("sum", Add(), "norm", "pool")
    net.add("conv3", Conv(4, 3, activation=RELU))
    network = net.network()
    random = np.random.default_rng(0)
    arrays = {}
    for layer, shapes in network.parameters().items():
        arrays[layer] = {}
        for name, shape in shapes.items():
            values = random.standard_normal(shape).astype(np.float32)
            arrays[layer][name] = abs(values) if name == "variance" else values / 3
    arrays["conv3"]["bias"][:] = (1e5, 1e5, -1e5, 1e5)
    save_weights(folder / "small.h5", network, arrays, caffe((24, 24), 3), "random", "none")
    return save_photo(folder / "photo.png"), folder / "small.h5"


def test_a_figure_and_its_numbers(run, inputs, tmp_path):
    photo, weights = inputs
    options = ["-l", "conv3", "-f", "1", "--draws", "2", "--out", tmp_path]
    status, output, errors = run(photo, "--weights", weights, *options, script="randomise.py")

    assert (status, errors) == (0, [])
    picture, table = output
    assert picture.endswith(".png") and table == picture.replace(".png", ".csv")
    text = Image.open(picture).text
    # the photo's edges fail, as they look at no weights
    assert "edges: does not depend on the weights of any layer" in text["verdicts"]
    assert "of the rank correlation is left (unrelated" in text["verdicts"]
    assert text["verdicts"].count("gradient: with all weights random") == 1
    assert text["blocks"] == "conv3,branch,conv1"
    rows = list(csv.DictReader(open(table)))
    # of each method: three blocks in two orders and two draws, three turns, one pair of networks
    assert len(rows) == 4 * (3 * 2 * 2 + 3 + 1)
    last = [row for row in rows if row["block"] == "conv1" and row["random"] == "cascading"]
    assert {row["blocks random"] for row in last} == {"3"}
    assert all(float(row["SSIM"]) > 0.999 for row in last if row["picture"] == "edges")
    assert all(float(row["SSIM"]) < 0.9 for row in last if row["picture"] == "gradient")

    contents = [open(path, "rb").read() for path in output]
    run(photo, "--weights", weights, *options, script="randomise.py")
    assert len(file_names(tmp_path)) == 2
    assert [open(path, "rb").read() for path in output] == contents


def test_options_are_the_ways_to_draw_kernels():
    assert randomise.HOW == tuple(random_weights.KERNELS)


def test_a_feature_that_does_not_fire(run, inputs, tmp_path):
    photo, weights = inputs
    options = ["-l", "conv3", "-f", "2", "--draws", "1", "--out", tmp_path]
    status, output, errors = run(photo, "--weights", weights, *options, script="randomise.py")

    assert (status, output) == (2, []) and file_names(tmp_path) == []
    assert_one_line("\n".join([*errors, ""]), "feature 2 of conv3 does not fire", "randomise.py")


@pytest.mark.parametrize(
    "options, pattern",
    [
        (["--draws", "1000"], "at most 100"),
        (["--draws", "0"], "'0' is not an integer >= 1"),
        (["-f", "1", "--top", "2"], "both choose features"),
        (["-l", "block9_conv1"], "no layer 'block9_conv1'"),
        (["--how", "zero"], "'zero'"),
        (["--overwrite"], "--out FILE.png"),
    ],
)
def test_mistakes_are_one_line(run, tmp_path, options, pattern):
    status, output, errors = run("a.jpg", *options, "--out", tmp_path, script="randomise.py")

    assert (status, output) == (2, [])
    assert_one_line("\n".join([*errors, ""]), pattern, "randomise.py")


def test_nothing_random_before_the_layer(run, inputs, tmp_path):
    """A layer that only prepares the pixels has no weights."""
    photo, _ = inputs
    net = Builder("late", (24, 24, 3))
    net.add("norm", BatchNorm(1e-3))
    net.add("conv", Conv(2, 3))
    network = net.network()
    arrays = {}
    for layer, shapes in network.parameters().items():
        arrays[layer] = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    weights = tmp_path / "late.h5"
    save_weights(weights, network, arrays, caffe((24, 24), 3), "random", "none")
    options = ["-l", "norm", "--out", tmp_path / "out"]
    status, output, errors = run(photo, "--weights", weights, *options, script="randomise.py")

    assert (status, output) == (2, [])
    assert_one_line("\n".join([*errors, ""]), "no convolution or dense layer", "randomise.py")
