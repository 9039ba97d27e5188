"""What the tests of scans share: the script, and small runs."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import random_weights
from runs import BLOCK_SIDE, ROOT, SIDE, arrays_of, blocks_network, call, integers, plain, scan

from tfdeconv import Deconvnet
from tfdeconv.scan import run_file
from tfdeconv.weights.native_write import save_weights


@pytest.fixture
def script(monkeypatch, capfd):
    """Runs a script in this process: status, lines of output, lines of errors."""

    def script(*arguments, name="scan.py"):
        monkeypatch.setattr(sys, "argv", [str(ROOT / "scripts" / name), *map(str, arguments)])
        monkeypatch.setattr(sys, "path", list(sys.path))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(sys.argv[0], run_name="__main__")
        output, errors = capfd.readouterr()
        return ended.value.code, lines_of(output), lines_of(errors)

    return script


def lines_of(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


@pytest.fixture
def small(rng, tmp_path):
    """The arguments of a scan of 30 images by a small network; other.h5 has other weights."""
    network, weights = integers(rng)
    for name in ("w.h5", "other.h5"):
        arrays = arrays_of(weights)
        arrays["first"]["bias"] += name == "other.h5"
        save_weights(tmp_path / name, network, arrays, plain((SIDE, SIDE)), "random", "none")
    np.save(tmp_path / "x.npy", rng.integers(0, 256, (30, SIDE, SIDE, 3)).astype(np.uint8))
    weights_given = ["--weights", tmp_path / "w.h5"]
    return [tmp_path / "x.npy", *weights_given, "--out", tmp_path / "run.h5", "--batch", "4"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """A folder with weights of whole numbers, images, and one.h5, the run of one process.

    Of the images some come again, early and late in the list.
    """
    folder, rng = tmp_path_factory.mktemp("shared"), np.random.default_rng(3)
    network, weights = integers(rng)
    preprocessing = plain((SIDE, SIDE))
    save_weights(folder / "w.h5", network, arrays_of(weights), preprocessing, "random", "none")
    # small whole numbers, and not only 0 and 1, which a scan takes for pixels from 0 to 1
    x = rng.integers(0, 3, (101, SIDE, SIDE, 3)).astype(np.uint8)
    x[90], x[91], x[50] = x[3], x[4], x[51]
    np.save(folder / "x.npy", x)
    scan(folder, "one.h5")
    return folder


@pytest.fixture(scope="session")
def inner(shared) -> list[str]:
    """The options of inner.h5 in the shared folder, a run of units that see no padding."""
    options = ["--interior", "--layers", "first,second"]
    scan(shared, "inner.h5", *options)
    return options


@pytest.fixture(scope="session")
def block_run(tmp_path_factory):
    """A run of blocks_network() over 70 images of noise, with maxima of every image kept.

    Returns the folder, the run, and all activations by layer. Image 9 is the same as image 2.
    """
    rng, folder = np.random.default_rng(5), tmp_path_factory.mktemp("blocks")
    network = blocks_network()
    weights = random_weights(network, rng, dtype=np.float32)
    preprocessing = plain((BLOCK_SIDE, BLOCK_SIDE))
    save_weights(folder / "w.h5", network, arrays_of(weights), preprocessing, "random", "none")
    x = rng.integers(0, 6, (70, BLOCK_SIDE, BLOCK_SIDE, 3)).astype(np.uint8)
    x[9] = x[2]
    np.save(folder / "x.npy", x)
    given = [folder / "x.npy", "--weights", folder / "w.h5", "--out", folder / "run.h5"]
    kept = "one_block1_out,one_block2_out,one_block3_out"
    script = str(ROOT / "scripts/scan.py")
    assert call(script, *given, "--keep-maxima", kept, "--top", 5) == 0
    found = run_file.load(folder / "run.h5")
    branches = ["one_block1_3_bn", "one_block2_3_bn", "one_block3_3_bn", "two_branch"]
    maps = {}
    for layer in [*found.state, *branches]:
        maps[layer] = Deconvnet(network, weights, layer).activations(x)
    return folder, found, maps
