"""visualise.py: the files it writes, and what is in them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
from command_line import LIGHT, SAMPLE, WEIGHTS, file_names, run_process, save_photo, without_digest
from PIL import Image

import tfdeconv
from tfdeconv import NETWORKS, Deconvnet, load_weights
from tfdeconv.data import images


def test_without_arguments_the_sample_is_drawn(tmp_path):
    done = run_process(cwd=tmp_path)
    (name,) = file_names(tmp_path)
    assert without_digest(name) == "chelsea-vgg16-block4_conv2-deconvnet-max.png"
    # how far it is, is said on a busy machine
    said = done.stderr.replace("visualise.py: photo 1 of 1, block4_conv2\n", "")
    assert (done.returncode, done.stdout, said) == (0, f"{name}\n", "")
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
    options = "--layer block4_conv2 --top 9 --mode max --rule deconvnet --resize crop"
    options += " --colours soft --scale own"
    assert text["command"] == f"visualise.py chelsea.jpg --weights vgg16.h5 {options}"
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
    assert list(map(without_digest, pictures)) == 2 * [f"{base}.npz", f"{base}.png"]
    texts = {name: images.text_of(out / name) for name in pictures if name.endswith(".png")}
    assert len({text["image sha256"] for text in texts.values()}) == 2
    # and in others, in another order
    lines = [*run(blue, *options)[1], *run(red, *options)[1]]
    assert sorted(lines) == [str(out / name) for name in texts]
    assert file_names(out) == list(pictures)
    for name, before in pictures.items():
        if name.endswith(".png"):
            after = Image.open(out / name)
            np.testing.assert_array_equal(after, Image.open(io.BytesIO(before)))
    # a picture of that name that this program did not make is not overwritten either
    other = tmp_path / "other"
    other.mkdir()
    name = Path(lines[1]).stem
    (other / f"{name}.png").write_bytes(b"mine")
    assert run(red, *LIGHT, "--out", other)[1] == [str(other / f"{name}-2.png")]
    assert (other / f"{name}.png").read_bytes() == b"mine"


def test_a_png_has_room_for_one_page(run, tmp_path):
    options = ["-l", "block1_conv1", "--out", tmp_path / "fig.png"]
    errors = run(SAMPLE, *options, "-f", "0-16")[2]
    assert len(errors) == 1 and "room for one picture, and this makes 2" in errors[0]
    # a channel that is named twice is drawn once
    assert run(SAMPLE, *options, "-f", "0-3,1", "-f", "0")[0] == 0
    assert images.text_of(tmp_path / "fig.png")["channels"] == "0,1,2,3"


@pytest.mark.parametrize("mode, rule", [("max", "deconvnet"), ("all", "guided")])
def test_raw_values_equal_those_from_python(run, tmp_path, mode, rule):
    layer = "block2_conv1"
    channels = [5, 123, 0]
    choices = f"-l {layer} -f 123,0 -m {mode} --rule {rule} --raw --out".split()
    arguments = ["-f", "5", str(SAMPLE), *choices, str(tmp_path)]
    status, lines, err = run(*arguments)
    assert (status, err) == (0, [])
    stem = Path(lines[0]).stem
    named = without_digest(lines[0])
    assert named == f"chelsea-vgg16-{layer}-{rule}-{mode}-f5_123_0.png"
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
    assert text["command"].endswith(
        f"--layer {layer} --feature 5,123,0 --mode {mode} --rule {rule} --resize crop "
        "--colours soft --scale own"
    )


def test_mode_all_shows_the_whole_image(run, tmp_path):
    assert run(*LIGHT, "-m", "all", "--raw", "--out", tmp_path)[0] == 0
    with np.load(next(tmp_path.glob("*.npz"))) as raw:
        assert raw["boxes"].tolist() == [[0, 0, 224, 224]] * 2
        assert raw["positions"].tolist() == [[-1, -1]] * 2
        assert raw["patches"].shape == (2, 224, 224, 3)
