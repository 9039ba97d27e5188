"""visualise.py: the files it writes, and what is in them."""

from __future__ import annotations

import io
import json
import os
import shlex

import h5py
import numpy as np
import pytest
import tensorflow as tf
from command_line import LIGHT, SAMPLE, WEIGHTS, file_names, run_process, save_photo
from PIL import Image

import tfdeconv
from tfdeconv import NETWORKS, Deconvnet, load_weights
from tfdeconv.data import images


def test_without_arguments_the_sample_is_drawn(tmp_path):
    done = run_process(cwd=tmp_path)
    name = "chelsea-vgg16-block4_conv2-deconvnet-max.png"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{name}\n", "")
    assert file_names(tmp_path) == [name]
    path = tmp_path / name
    text = images.text_of(path)
    network = NETWORKS["vgg16"]()
    weights = load_weights(WEIGHTS, network, "block4_conv2")
    x = images.read([SAMPLE], weights.preprocessing)
    activations = Deconvnet(network, weights, "block4_conv2").activations(x)[0]
    strongest = activations.max((0, 1)).argsort()[::-1][:9]
    with h5py.File(WEIGHTS) as file:
        digest = file.attrs["sha256"]
    assert text["channels"] == ",".join(map(str, strongest))
    expected = {
        "network": "vgg16",
        "layer": "block4_conv2",
        "rule": "deconvnet",
        "mode": "max",
        "resize": "crop",
        "weights": "vgg16.h5",
        "image": "chelsea.jpg",
    }
    assert {key: text[key] for key in expected} == expected
    assert text["weights sha256"] == (digest if isinstance(digest, str) else digest.decode())
    assert text["Software"] == f"tfdeconv {tfdeconv.__version__}"
    for module in (tf, np, h5py):
        assert f"{module.__name__} {module.__version__}" in text["versions"]
    assert shlex.split(text["command"])[-1].endswith("visualise.py")
    # for all to read, where a person's files are
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask()


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def test_repeated_command_overwrites_only_its_own_picture(run, tmp_path):
    red = save_photo(tmp_path / "a" / "x.png", (250, 0, 0))
    blue = save_photo(tmp_path / "b" / "x.png", (0, 0, 250))
    out = tmp_path / "out"
    options = [*LIGHT, "--out", out, "--raw"]
    assert run(red, blue, *options)[0] == 0  # two photos of one name in one run
    pictures = {name: (out / name).read_bytes() for name in file_names(out)}
    base = "x-vgg16-block1_conv1-deconvnet-max"
    assert list(pictures) == [f"{base}-2.npz", f"{base}-2.png", f"{base}.npz", f"{base}.png"]
    first = images.text_of(out / f"{base}.png")
    second = images.text_of(out / f"{base}-2.png")
    assert first["image sha256"] != second["image sha256"]
    status, lines, _ = run(blue, *options)  # and in others, in another order
    assert (status, lines) == (0, [str(out / f"{base}-2.png")])
    assert run(red, *options)[1] == [str(out / f"{base}.png")]
    assert file_names(out) == list(pictures)
    for name, before in pictures.items():
        if name.endswith(".png"):
            after = Image.open(out / name)
            np.testing.assert_array_equal(after, Image.open(io.BytesIO(before)))
    # a picture of that name that this program did not make is not overwritten either
    other = tmp_path / "other"
    other.mkdir()
    (other / f"{base}.png").write_bytes(b"mine")
    assert run(red, *LIGHT, "--out", other)[1] == [str(other / f"{base}-2.png")]
    assert (other / f"{base}.png").read_bytes() == b"mine"


@pytest.mark.parametrize("mode, rule", [("max", "deconvnet"), ("all", "guided")])
def test_raw_values_equal_those_from_python(run, tmp_path, mode, rule):
    layer = "block2_conv1"
    channels = [5, 123, 0]
    choices = f"-l {layer} -f 123,0 -m {mode} --rule {rule} --raw --out".split()
    arguments = ["-f", "5", str(SAMPLE), *choices, str(tmp_path)]
    status, lines, err = run(*arguments)
    assert (status, err) == (0, [])
    stem = f"chelsea-vgg16-{layer}-{rule}-{mode}"
    assert lines == [str(tmp_path / f"{stem}.png")]
    assert file_names(tmp_path) == [f"{stem}.npz", f"{stem}.png"]
    network = NETWORKS["vgg16"]()
    weights = load_weights(WEIGHTS, network, layer)
    x = images.read([SAMPLE], weights.preprocessing)
    expected = Deconvnet(network, weights, layer, rule).project(x, channels, mode)
    with np.load(tmp_path / f"{stem}.npz", allow_pickle=False) as raw:
        for name in ("channels", "dead", "positions", "boxes", "receptive_fields"):
            np.testing.assert_array_equal(raw[name], getattr(expected, name)[0], name)
        assert raw["channels"].tolist() == channels
        assert raw["dead"].tolist() == [False, True, False]
        for name in ("activations", "patches"):
            values = getattr(expected, name)[0]
            # the same float32 graph twice; threads may sum in another order
            tolerance = 1e-5 * np.abs(values).max()
            np.testing.assert_allclose(raw[name], values, rtol=0, atol=tolerance, err_msg=name)
        assert not raw["patches"][1].any() and raw["patches"][0].any()
        text = images.text_of(tmp_path / f"{stem}.png")
        assert json.loads(str(raw["text"])) == text
    assert (text["channels"], text["layer"]) == ("5,123,0", layer)
    assert (text["mode"], text["rule"]) == (mode, rule)
    assert shlex.split(text["command"])[1:] == arguments


def test_mode_all_shows_the_whole_image(run, tmp_path):
    assert run(*LIGHT, "-m", "all", "--raw", "--out", tmp_path)[0] == 0
    with np.load(tmp_path / "chelsea-vgg16-block1_conv1-deconvnet-all.npz") as raw:
        assert raw["boxes"].tolist() == [[0, 0, 224, 224]] * 2
        assert raw["positions"].tolist() == [[-1, -1]] * 2
        assert raw["patches"].shape == (2, 224, 224, 3)
