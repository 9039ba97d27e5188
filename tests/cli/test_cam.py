"""visualise.py --cam: heat maps and guided Grad-CAM beside projections, in all kinds of output."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import save_photo
from helpers import random_weights
from PIL import Image

import tfdeconv
from tfdeconv.data.images import text_of
from tfdeconv.data.preprocessing import identity
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, GlobalAvgPool, MaxPool
from tfdeconv.weights.native_write import save_weights


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """A photo, an array of four channels, and weights of a small classifier for each."""
    folder = tmp_path_factory.mktemp("cam")
    save_photo(folder / "photo.png")
    rng = np.random.default_rng(3)
    np.save(folder / "bands.npy", rng.random((12, 12, 4), np.float32))
    for channels in (3, 4):
        net = Builder("small", (12, 12, channels))
        net.add("inner", Conv(4, 3, pad=1, activation=RELU))
        net.add("pool", MaxPool(2, 2))
        net.add("late", Conv(5, 3, activation=RELU))
        net.add("mean", GlobalAvgPool())
        net.add("classes", Dense(3))
        network = net.network()
        arrays = random_weights(network, rng, dtype=np.float32)
        path = folder / f"{channels}.h5"
        save_weights(path, network, arrays, identity((12, 12), channels), "random", "none")
    (folder / "names.txt").write_text("cat\ndog\nowl\n")
    return folder


def test_heat_is_drawn_and_saved(run, files, tmp_path):
    options = ("--weights", files / "3.h5", "-l", "late", "--cam", "pool", "--raw")
    status, (picture,), errors = run(files / "photo.png", *options, "--out", tmp_path)
    assert (status, errors) == (0, [])
    text = text_of(picture)
    assert text["cam"] == "pool" and "--cam pool" in text["command"]
    assert "-cam-" in Path(picture).name
    with np.load(Path(picture).with_suffix(".npz")) as arrays:
        saved = dict(arrays)
    shown = tfdeconv.show(files / "photo.png", "late", weights=files / "3.h5", cam="pool")
    np.testing.assert_array_equal(np.asarray(shown.picture()), np.asarray(Image.open(picture)))
    assert repr(shown.heat_maps) == "HeatMaps(pool: 1 x 5 maps of 6 x 6)"
    assert saved["heat_maps"].shape == (5, 6, 6) and saved["heat_maps"].any()
    np.testing.assert_array_equal(saved["heat_maps"], shown.heat_maps.values[0])
    np.testing.assert_array_equal(saved["guided_grad_cam"], shown.heat_maps.guided[0])
    assert saved["guided_grad_cam"].shape == saved["patches"].shape
    # without it nothing of it is there
    assert tfdeconv.show(files / "photo.png", "late", weights=files / "3.h5").heat_maps is None


# options that change what is computed or drawn
OTHERS = {
    "photo.png 3.h5": (
        "-l late -m all --scale common --colours rgb",
        "-l late --at 1,1 --resize keep --top 2",
        "--class owl,cat --labels names.txt --rule guided",
    ),
    "bands.npy 4.h5": ("-l late --bands 2,1,0 --preprocess none",),
}


@pytest.mark.parametrize("given", OTHERS)
def test_other_options_work_with_it(run, files, tmp_path, given):
    image, weights = (files / name for name in given.split())
    for options in OTHERS[given]:
        words = [image, "--weights", weights, "--cam", "inner"]
        for word in options.split():
            words.append(files / word if word.endswith(".txt") else word)
        status, lines, errors = run(*words, "--out", tmp_path / f"{len(options)}.pdf")
        assert (status, errors) == (0, []), options
        assert [Path(line).read_bytes()[:4] for line in lines] == [b"%PDF"]


@pytest.mark.parametrize(
    "options, says",
    [
        ("-l late --cam late", "that is the target itself; these layers below late would do: po"),
        ("-l classes --cam mean", "its map is a single cell"),
        ("-l inner --cam pool", "inner does not depend on it"),
        ("-l late --cam pool --tiles", "and no heat maps: give it without --cam"),
        ("--cam pol", "Did you mean 'pool'"),
    ],
)
def test_layers_that_will_not_do_are_one_line(run, files, tmp_path, options, says):
    words = (files / "photo.png", "--weights", files / "3.h5", *options.split())
    status, lines, (error,) = run(*words, "--out", tmp_path)
    assert (status, lines) == (2, []) and says in error
