"""visualise.py --interior and --at: which units are drawn, or a line on why there is none."""

from __future__ import annotations

import numpy as np
import pytest
from command_line import file_names
from PIL import Image
from runs import plain

from tfdeconv.data import images
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Flatten
from tfdeconv.weights.native_write import save_weights

SIDE = 12


@pytest.fixture(scope="module", name="edges")
def edges_network(tmp_path_factory):
    """A folder with weights of three channels, and a photo of one grey.

    Channel 0 fires where zeros around the image are seen, 1 everywhere; 2 overflows.
    """
    folder = tmp_path_factory.mktemp("edges")
    net = Builder("edges", (SIDE, SIDE, 3))
    net.add("conv", Conv(3, 3, pad=1, activation=RELU))
    net.add("flat", Flatten())
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[..., 0] = -1
    kernel[1, 1, :, 1] = 1
    kernel[1, 1, :, 2] = 3e38
    bias = np.array([8 * 3 * 100.0, 0, 0], np.float32)
    arrays = {"conv": {"kernel": kernel, "bias": bias}}
    save_weights(folder / "w.h5", net.network(), arrays, plain((SIDE, SIDE)), "random", "none")
    Image.new("RGB", (SIDE, SIDE), (100, 100, 100)).save(folder / "photo.png")
    return folder


def options(folder, out):
    given = [folder / "photo.png", "--weights", folder / "w.h5", "--out", out, "--raw"]
    return [*given, "-l", "conv", "-f", "0,1"]


@pytest.mark.parametrize("mode", ["max", "all"])
def test_channels_of_the_border_are_dead_inside(run, edges, tmp_path, mode):
    for interior in ([], ["--interior"]):
        status, lines, err = run(*options(edges, tmp_path), "-m", mode, *interior)
        assert (status, err) == (0, []) and "interior" in lines[0] or not interior
        with np.load(lines[0].replace(".png", ".npz")) as raw:
            dead, fields = raw["dead"].tolist(), raw["receptive_fields"]
        assert dead == [bool(interior), False]
        if interior and mode == "max":
            assert fields.min() >= 0 and fields.max() <= SIDE
        text = images.text_of(lines[0])
        assert text.get("interior") == ("yes" if interior else None)
    # neither replaces the other
    assert len(file_names(tmp_path)) == 4


def test_features_without_numbers_are_left_out(run, edges, tmp_path):
    command = options(edges, tmp_path)[:-2]
    status, lines, err = run(*command, "--top", "3", "--interior")
    assert (status, len(lines), len(err)) == (0, 1, 1) and "in channel 2:" in err[0]
    assert images.text_of(lines[0])["channels"] == "1,0"


def test_no_interior_is_one_line(run, edges, tmp_path):
    command = options(edges, tmp_path)
    command[command.index("conv")] = "flat"
    status, lines, err = run(*command, "--interior")
    assert (status, lines, len(err)) == (2, [], 1)
    assert "edges's flat has no unit whose receptive field lies within the image" in err[0]
    assert "the field is 14 x 14, the image 12 x 12" in err[0] and "earlier layer" in err[0]
    # of a photo in its own size it is known when that is read
    Image.new("RGB", (2, 40)).save(tmp_path / "small.png")
    command[command.index("flat")] = "conv"
    command[0] = tmp_path / "small.png"
    status, lines, err = run(*command, "--interior", "--resize", "keep")
    assert (status, lines, len(err)) == (2, [], 1) and "small.png" in err[0]
    assert "the field is 3 x 3, the image 40 x 2" in err[0]
    assert file_names(tmp_path) == ["small.png"]


def test_a_place_is_that_of_the_unit(run, edges, tmp_path):
    status, lines, err = run(*options(edges, tmp_path), "--at", "3,7")
    assert (status, err) == (0, []) and "-max-at3_7-f0_1-" in lines[0]
    text = images.text_of(lines[0])
    assert text["at"] == "3,7" and "--mode max --at 3,7" in text["command"]
    arrays = np.load(lines[0].replace(".png", ".npz"))
    np.testing.assert_array_equal(arrays["positions"], [[3, 7], [3, 7]])
    status, lines, err = run(*options(edges, tmp_path), "--at", f"{SIDE},0")
    assert status == 2 and len(err) == 1 and "photo.png: conv has no unit in row 12" in err[0]
