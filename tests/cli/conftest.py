"""Scripts in the tests' own process, and weight files small enough to write at once."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import SCRIPTS, save_photo
from helpers import random_weights

from tfdeconv import NETWORKS
from tfdeconv.data.preprocessing import caffe, over255
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, GlobalAvgPool
from tfdeconv.weights.native_write import save_weights


@pytest.fixture
def run(monkeypatch, capfd):
    """Runs a script in this process, which saves the seconds that TensorFlow takes to start.

    Returns its status, the lines of its output and the lines of its errors.
    """

    def run(*arguments, script="visualise.py"):
        monkeypatch.setattr(sys, "argv", [str(SCRIPTS / script), *map(str, arguments)])
        monkeypatch.setattr(sys, "path", list(sys.path))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(sys.argv[0], run_name="__main__")
        output, errors = capfd.readouterr()
        return ended.value.code, without_ends(output), without_ends(errors)

    return run


def without_ends(text: str) -> list[str]:
    """The lines of a text that ends with a new line, or of none."""
    return text.removesuffix("\n").split("\n") if text else []


@pytest.fixture(scope="module")
def save_first_layers():
    """Saves random weights of the first layers of any network, with any number of channels."""

    def save(path: Path, name: str = "vgg16", channels: int = 3, layers=("block1_conv1",)) -> Path:
        network = NETWORKS[name](channels=channels)
        rng = np.random.default_rng(1)
        arrays: dict[str, dict[str, np.ndarray]] = {}
        for layer in layers:
            arrays[layer] = {}
            for key, shape in network.parameters()[layer].items():
                # from 0 to 0.01: a variance is not negative, activations of random kernels large
                arrays[layer][key] = rng.random(shape, np.float32) / 100
        save_weights(path, network, arrays, caffe((224, 224), channels), "random", "none")
        return path

    return save


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """A folder with weights of a small network, names of its four classes, and a photo."""
    net = Builder("small", (32, 32, 3))
    net.add("conv", Conv(4, 3, pad=1, activation=RELU))
    net.add("squeezed", GlobalAvgPool())
    net.add("scores", Dense(4))
    arrays = {}
    tensors = random_weights(net.network(), np.random.default_rng(5), dtype=np.float32)
    for layer, parameters in tensors.items():
        arrays[layer] = {name: value.numpy() for name, value in parameters.items()}
    folder = tmp_path_factory.mktemp("classifier")
    save_weights(folder / "small.h5", net.network(), arrays, over255((32, 32)), "random", "none")
    save_photo(folder / "edge.png")
    (folder / "names.txt").write_text("cat\ndog\nfox\nowl\n")
    return folder
