"""A run says in which precision it was made, and is continued and drawn in no other."""

from __future__ import annotations

import h5py
import pytest
import tensorflow as tf

from tfdeconv.data.images import text_of
from tfdeconv.engine import device, precision
from tfdeconv.scan import run_file


@pytest.fixture(autouse=True)
def gpu(monkeypatch):
    """A machine that says it has a GPU, and computes on its CPU."""
    monkeypatch.setattr(precision, "_chosen", precision.FLOAT32)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [f"a {kind}"])
    monkeypatch.setattr(device, "allotted", lambda kind: 1e12)


def test_a_run_keeps_its_precision(small, script, tmp_path):
    path = tmp_path / "run.h5"
    assert script(*small, "-l", "first", "--precision", "tf32")[0] == 0
    assert run_file.load(path).settings.precision == precision._chosen == "tf32"
    for asked in ([], ["--precision", "float32"]):
        status, _, (line,) = script(*small, "-l", "first", *asked)
        assert status == 2 and "its --precision is tf32, asked for float32" in line
    assert precision._chosen == "tf32"
    drawing = ("--run", path, "--top", 1, "--out", tmp_path / "pictures")
    precision.choose_precision("float32")
    status, (picture,), _ = script(*drawing, name="visualise.py")
    assert status == 0 and precision._chosen == text_of(picture)["precision"] == "tf32"
    status, _, (line,) = script(*drawing, "--precision", "tf32", name="visualise.py")
    assert status == 2 and "--precision: with --run these are the settings of the scan" in line


def test_a_run_without_a_word_is_in_float32(small, script, tmp_path):
    path = tmp_path / "run.h5"
    assert script(*small, "-l", "first", "--precision", "float32")[0] == 0
    with h5py.File(path, "r+") as file:
        assert file.attrs["precision"] == b"float32"
        # as it was before there was a choice
        del file.attrs["precision"]
    assert run_file.load(path).settings.precision == "float32"
    assert script(*small, "-l", "first")[0] == 0
    with h5py.File(path, "r+") as file:
        file.attrs["precision"] = "float8"
    status, _, (line,) = script(*small, "-l", "first")
    assert status == 2 and "its precision has an impossible value" in line


def test_pictures_say_their_precision(small, script, tmp_path, monkeypatch):
    options = ("-l", "first", "-f", 1, "--resize", "squash", "--out", tmp_path / "pictures")
    photo = ("tests/data/chelsea.jpg", *small[1:3], *options)
    texts = {}
    for asked in ("", "float32", "tf32"):
        words = ["--precision", asked] if asked else []
        status, (picture,), _ = script(*photo, *words, name="visualise.py")
        assert status == 0
        texts[asked] = text_of(picture), picture
    # what is computed without a word is the same picture
    assert texts[""] == texts["float32"] and "precision" not in texts[""][0]
    assert texts["tf32"][0]["precision"] == "tf32" and texts["tf32"][1] != texts[""][1]
    assert "--precision tf32" in texts["tf32"][0]["command"]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    status, _, (line,) = script(*photo, "--precision", "tf32", name="visualise.py")
    assert status == 2 and line.endswith("TensorFlow found no GPU: leave it out")
