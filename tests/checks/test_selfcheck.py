"""scripts/selfcheck.py: all is well with what is right, and it says so when something is off."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from helpers import random_weights

from tfdeconv.data.labels import imagenet
from tfdeconv.data.preprocessing import caffe
from tfdeconv.engine.ops import convolution, pooling
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import (
    RELU,
    Add,
    AvgPool,
    BatchNorm,
    BorderPad,
    Conv,
    ConvTranspose,
    Dense,
    Flatten,
    GlobalAvgPool,
    MaxPool,
    Multiply,
    Resize,
)
from tfdeconv.weights.native_write import save_weights

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """A small network with branches, a gate, pools and a thousand classes."""
    net = Builder("small", (48, 48, 3))
    net.add("conv1", Conv(8, 5, stride=2, pad="same"))
    net.add("bn1", BatchNorm(1e-3))
    entry = net.add("relu1", RELU)
    net.add("conv2", Conv(8, 3, pad=1, activation=RELU))
    out = net.add("sum", Add(), "conv2", entry)
    gate = net.add("gate", GlobalAvgPool(keep=True))
    net.add("gated", Multiply(), out, gate)
    net.add("pool", MaxPool(3, 2, pad=1))
    net.add("mirrored", BorderPad(((1, 0), (2, 1))))
    net.add("larger", Resize(factor=2))
    net.add("largest", ConvTranspose(4, 3, 2, ((1, 0), (0, 1))))
    net.add("smaller", AvgPool(3, 4, pad=1, count_pads=True, ceil=True))
    net.add("flat", Flatten())
    net.add("classes", Dense(1000))
    network = net.network()
    path = tmp_path_factory.mktemp("weights") / "small.h5"
    arrays = {
        layer: {name: value.numpy() for name, value in p.items()}
        for layer, p in random_weights(network, np.random.default_rng(0), dtype=np.float32).items()
    }
    save_weights(path, network, arrays, caffe((48, 48)), "random", "none")
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(
            sys, "argv", [str(ROOT / "scripts" / "selfcheck.py"), *map(str, arguments)]
        )
        monkeypatch.setattr(sys, "path", list(sys.path))
        with pytest.raises(SystemExit) as stopped:
            runpy.run_path(sys.argv[0], run_name="__main__")
        return stopped.value.code, capsys.readouterr().out

    return run


def test_sound_weights_pass_all_checks(run, weights):
    status, out = run("--weights", weights)
    assert status == 0 and "all is well" in out and "OFF" not in out
    for layer in ("conv1", "bn1", "relu1", "sum", "gated", "pool", "flat", "classes"):
        assert f" {layer} " in out  # an adjoint gap each
    for check in (
        "deconvnet: window = whole map",
        "gradient: window = whole map",
        "gradient = TensorFlow's tape",
        "switches outside their window",
        "float32 = float64",
    ):
        assert check in out
    heading, *likeliest = out.partition("likeliest classes of the photo. ")[2].splitlines()[:6]
    assert "the softmax of all 1,000 logits, assumed" in heading and "ImageNet (assumed)" in heading
    names = imagenet(1000).names
    for line in likeliest:
        number, name = line.split("%  class ")[1].split(" ", 1)
        assert names[int(number)] == name


ERRORS = {
    "a transpose off by 0.1 %": (
        convolution,
        "conv2d_transpose",
        lambda right: lambda *a, **k: 1.001 * right(*a, **k),
    ),
    "switches beside the map": (
        pooling,
        "max_pool",
        lambda right: lambda *a: (right(*a)[0], 0 * right(*a)[1]),
    ),
    "a unit beside its position": (
        pooling,
        "unpool",
        lambda right: lambda *a: tf.roll(right(*a), 1, 1),
    ),
}


@pytest.mark.parametrize("error", ERRORS)
def test_planted_errors_are_reported(run, weights, monkeypatch, error):
    module, name, wrong = ERRORS[error]
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    status, out = run("--weights", weights)
    assert status == 1 and "OFF" in out and "all is well" not in out


def test_file_without_weights_is_refused(run, tmp_path):
    (tmp_path / "w.h5").write_bytes(b"no weights")
    assert run("--weights", tmp_path / "w.h5")[0] == 2
