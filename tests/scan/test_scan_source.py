"""Which images a scan takes, and their labels: --limit, --sample, --labels, and a list on stdin."""

from __future__ import annotations

import io
import sys

import h5py
import numpy as np
import pytest
from PIL import Image

from tfdeconv.scan import run_file


@pytest.fixture
def photos(small, tmp_path):
    """The arguments of a scan of one layer and no images yet, of which there are five."""
    for number, pixels in enumerate(np.load(tmp_path / "x.npy")[:5]):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    (tmp_path / "x.npy").unlink()
    return [*small[1:], "--layers", "first"]


def test_a_list_on_standard_input_goes_on(script, photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def give(text: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))

    give(b"./3.png\n1.png\n")
    assert script("-", *photos)[0] == 0
    run = run_file.load("run.h5")
    assert (run.root, run.names) == (str(tmp_path), ("./3.png", "1.png"))
    give(b"./3.png\n1.png\n0.png\n")
    status, lines, err = script("-", *photos)
    assert status == 0 and "3 images" in lines[-1], err
    assert script("--run", "run.h5", "-l", "first", "-f", "1", name="visualise.py")[0] == 0
    give(b"")
    status, _, err = script("-", *photos)
    assert status == 2 and err == [
        "scan.py: standard input has no lines, expected one for each image"
    ]


def test_a_sample_is_its_own_run(script, small, tmp_path):
    arguments = [*small, "--layers", "first"]
    assert script(*arguments, "--sample", 7, "--seed", 3)[0] == 0
    run = run_file.load(tmp_path / "run.h5")
    assert run.scanned == 7 and run.settings.selection == "--sample 7 --seed 3"
    described = script("--run", tmp_path / "run.h5", name="describe.py")[1]
    assert "7 images of " in described[0] and "x.npy (--sample 7 --seed 3);" in described[0]
    assert script("--run", tmp_path / "run.h5", "-f", "1", name="visualise.py")[0] == 0
    for change in (["--seed", 4], ["--sample", 8], []):
        asked = ["--sample", 7, *change] if change else ["--limit", 9]
        status, _, err = script(*arguments, *asked)
        assert status == 2 and "its selection of images is --sample 7 --seed 3, asked for" in err[0]
    for wrong, words in (
        (["--limit", 3, "--sample", 3], "give one of them"),
        (["--seed", 3], "--seed is of --sample N"),
        (["--limit", 0], "'0' is not an integer >= 1"),
    ):
        status, _, err = script(*arguments, *wrong)
        assert status == 2 and words in err[-1]


def test_a_larger_limit_goes_on(script, small, tmp_path):
    arguments = [*small, "--layers", "first"]
    assert script(*arguments, "--limit", 6)[0] == 0
    assert script(*arguments, "--limit", 9)[0] == 0
    run = run_file.load(tmp_path / "run.h5")
    assert (run.scanned, run.settings.selection) == (9, "--limit 9")
    np.save(tmp_path / "y.npy", np.load(tmp_path / "x.npy")[:9])
    script(tmp_path / "y.npy", *arguments[1:4], tmp_path / "y.h5", *arguments[5:])
    with h5py.File(tmp_path / "run.h5") as limited, h5py.File(tmp_path / "y.h5") as whole:
        for name in ("values", "images", "positions"):
            np.testing.assert_array_equal(
                limited[f"layers/first/{name}"], whole[f"layers/first/{name}"]
            )


def test_labels_stay_until_there_are_others(script, small, tmp_path):
    arguments = [*small, "--layers", "first", "--limit", 6]
    (tmp_path / "l.txt").write_text("\n".join("abc" * 10))
    assert script(*arguments, "--labels", tmp_path / "l.txt")[0] == 0
    assert run_file.load(tmp_path / "run.h5").labels == tuple("abcabc")
    described = script("--run", tmp_path / "run.h5", "-l", "first", name="describe.py")[1]
    assert any("label" in line for line in described)
    assert script(*arguments)[0] == 0
    assert run_file.load(tmp_path / "run.h5").labels == tuple("abcabc")
    (tmp_path / "l.txt").write_text("\n".join("abd" * 10))
    _, _, err = script(*arguments, "--labels", tmp_path / "l.txt")
    assert "2 of the run's 6 labels are others now, and the run takes the new ones" in err[0]
    assert run_file.load(tmp_path / "run.h5").labels == tuple("abdabd")
