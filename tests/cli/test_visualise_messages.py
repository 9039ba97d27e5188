"""visualise.py: what it says of photos, weights and folders that will not do."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from command_line import (
    LIGHT,
    SAMPLE,
    WEIGHTS,
    assert_one_line,
    file_names,
    run_process,
    save_photo,
    without_digest,
)
from PIL import Image


def test_bad_photos_do_not_stop_good_ones(tmp_path):
    good = [save_photo(tmp_path / f"{i}.png") for i in range(2)]
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "cut.jpg").write_bytes(SAMPLE.read_bytes()[:5000])
    bad = [tmp_path / name for name in ("text.jpg", "cut.jpg", "nonesuch.jpg")]
    out = tmp_path / "a" / "b"  # which need not exist
    # photos and options in any order; each bad photo is one line, however many layers
    first = [good[0], "-l", "block1_conv1", bad[0], "--top", 1]
    done = run_process(*first, "--out", out, *bad[1:], "-l", "block1_conv2", good[1])
    assert done.returncode == 1
    assert done.stderr.count("\n") == 3, done.stderr
    for line, path in zip(done.stderr.splitlines(), bad):
        assert line.startswith("visualise.py: ") and str(path) in line
    expected = []
    for i in range(2):
        for layer in ("block1_conv1", "block1_conv2"):
            expected.append(f"{i}-vgg16-{layer}-deconvnet-max.png")
    lines = done.stdout.splitlines()
    assert [without_digest(line) for line in lines] == expected
    assert [str(out / name) for name in file_names(out)] == lines


def test_tensorflow_prints_nothing(tmp_path):
    # seven sizes of photo are seven graphs; TensorFlow warns of more than four
    for i in range(7):
        Image.fromarray(np.zeros((30, 30 + i, 3), np.uint8)).save(tmp_path / f"{i}.png")
    done = run_process(tmp_path, *LIGHT, "--resize", "keep", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "") and len(done.stdout.splitlines()) == 7


def truncated(path: Path, save_first_layers) -> None:
    path.write_bytes(WEIGHTS.read_bytes()[:1_000_000])


def of_vgg19(path: Path, save_first_layers) -> None:
    save_first_layers(path, "vgg19")


def with_nan(path: Path, save_first_layers) -> None:
    save_first_layers(path)
    with h5py.File(path, "r+") as file:
        kernel = file["block1_conv1/kernel"][()]
        kernel[0] = np.nan
    with h5py.File(path, "w") as file:  # as Keras lays it out: no digests
        file.attrs["layer_names"] = [b"block1_conv1"]
        group = file.create_group("block1_conv1")
        group.attrs["weight_names"] = [b"kernel", b"bias"]
        group["kernel"], group["bias"] = kernel, np.zeros(64, np.float32)


def with_other_values(path: Path, save_first_layers) -> None:
    save_first_layers(path)
    with h5py.File(path, "r+") as file:
        file["block1_conv1/kernel"][0] = 0


def a_layer_short(path: Path, save_first_layers) -> None:
    save_first_layers(path, layers=("block1_conv2",))


@pytest.mark.parametrize(
    "spoil, says",
    [
        (truncated, "truncated"),
        (of_vgg19, "holds vgg19, not vgg16"),
        (with_nan, "NaN or infinite"),
        (with_other_values, "digest"),
        (a_layer_short, "block1_conv1"),
        (lambda path, _: None, "No such file"),
        (lambda path, _: path.write_text("x"), "a text"),
    ],
    ids=["truncated", "of another network", "NaN", "digest", "a layer short", "missing", "text"],
)
def test_bad_weights_are_one_line(run, tmp_path, save_first_layers, spoil, says):
    spoil(tmp_path / "w.h5", save_first_layers)
    before = file_names(tmp_path)
    status, lines, err = run(
        "--network", "vgg16", "--weights", tmp_path / "w.h5", *LIGHT, "--out", tmp_path / "out"
    )
    assert (status, lines, len(err)) == (2, [], 1), err
    assert says in err[0] and "w.h5" in err[0] and file_names(tmp_path) == before


def test_channels_are_checked_against_the_weights(run, tmp_path, save_first_layers):
    weights = save_first_layers(tmp_path / "w.h5")
    options = "-l block1_conv1 -f 64 --out".split()
    status, lines, err = run("--weights", weights, *options, tmp_path / "out")
    assert (status, lines, len(err)) == (2, [], 1) and "64 channels, 0 to 63" in err[0]
    assert file_names(tmp_path) == ["w.h5"]


def test_missing_weights_say_where_to_get_them(run, tmp_path):
    options = "--network resnet152 -l conv1_relu --out".split()
    status, lines, err = run(*options, tmp_path / "out")
    assert (status, lines, len(err)) == (2, [], 1)
    assert "`python scripts/fetch_weights.py resnet152" in err[0]
    assert "weights/README.md" in err[0]
    assert file_names(tmp_path) == []


def test_unwritable_folder_is_one_line(run, tmp_path):
    (tmp_path / "file").write_text("mine")
    # the tests may run as root, who is refused nothing but /proc
    in_proc = [Path("/proc/nonesuch"), Path("/proc")]
    for out in (tmp_path / "file", tmp_path / "file" / "below", *in_proc):
        status, lines, err = run(*LIGHT, "--out", out)
        assert (status, lines, len(err)) == (2, [], 1) and str(out) in err[0]
    assert file_names(tmp_path) == ["file"] and (tmp_path / "file").read_text() == "mine"


def test_full_disk_names_the_file_and_leaves_nothing(run, tmp_path, monkeypatch):
    write = Path.write_bytes

    def full(path, content):
        write(path, content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    status, lines, err = run(*LIGHT, "--out", tmp_path)
    assert (status, lines, len(err)) == (2, [], 1)
    assert f"{tmp_path}/chelsea-" in err[0] and "No space left on device" in err[0]
    assert file_names(tmp_path) == []


def test_full_disk_behind_standard_output_is_named():
    with open("/dev/full", "w") as full:
        done = run_process(script="describe.py", capture_output=False, stdout=full, stderr=-1)
    assert done.returncode == 2
    assert_one_line(done.stderr, "standard output: No space left on device", "describe.py")


def test_status_is_2_when_nothing_is_drawn(run, tmp_path):
    (tmp_path / "bad.jpg").write_text("hello")
    status, lines, err = run(
        tmp_path / "bad.jpg", tmp_path / "nonesuch.jpg", *LIGHT, "--out", tmp_path / "out"
    )
    assert (status, lines, len(err)) == (2, [], 2)
    assert file_names(tmp_path / "out") == []
    (tmp_path / "empty").mkdir()
    status, lines, err = run(tmp_path / "empty", *LIGHT, "--out", tmp_path / "out")
    assert (status, lines, len(err)) == (2, [], 1) and "has no images in it" in err[0]


def test_error_of_one_photo_says_which(run, tmp_path):
    good = save_photo(tmp_path / "good.png")
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")  # nothing of it is left behind two pools
    options = "-l block3_conv1 --top 1 --resize keep --out".split()
    status, lines, err = run(good, tmp_path / "dot.png", *options, tmp_path / "out")
    assert (status, len(lines), len(err)) == (1, 1, 1) and "dot.png" in err[0]


def test_photo_too_small_for_one_layer(run, tmp_path):
    dot = tmp_path / "dot.png"
    Image.new("RGB", (1, 1)).save(dot)
    options = "-l block1_conv1,block3_conv1,block1_conv2 --top 1 --resize keep --out".split()
    status, lines, err = run(dot, *options, tmp_path / "out")
    assert (status, len(lines), len(err)) == (1, 2, 1), (status, lines, err)
    assert "block3_conv1" in err[0]


def test_progress_is_shown_and_wiped_away(run, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    status, lines, said = run(*LIGHT, "--out", tmp_path)
    assert (status, len(lines), len(said)) == (0, 1, 1)
    shown = said[0].split("\r\x1b[K")  # each wipes the one before
    assert any("tensorflow" in text for text in shown)
    assert any("photo 1 of 1" in text for text in shown)
    assert shown[-1] == ""


def test_errors_wipe_the_progress_away(run, tmp_path, save_first_layers, monkeypatch):
    with_other_values(tmp_path / "w.h5", save_first_layers)
    (tmp_path / "text.jpg").write_text("hello")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for arguments in (["--weights", tmp_path / "w.h5"], [tmp_path / "text.jpg"]):
        status, _, said = run(*arguments, *LIGHT, "--out", tmp_path / "out")
        assert (status, len(said)) == (2, 1)
        assert said[0].split("\r\x1b[K")[-1].startswith("visualise.py: "), said
