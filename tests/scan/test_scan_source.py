"""Which images a scan takes, and their labels: --limit, --sample, --labels, and a list on stdin."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tarfile

import numpy as np
import pytest
from PIL import Image

from tfdeconv.data.dataset import open_source
from tfdeconv.data.loader import digest_of
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
    assert status == 0 and "3 images, 1 layer;" in lines[-1], err
    give(b"./3.png\n1.png\n0.png\na.png\nb.png\nc.png\nd.png\n")
    status, _, err = script("-", *photos)
    assert status == 1 and err[-1].startswith("scan.py: 1 more image was skipped: `python")
    give(b"")
    status, _, err = script("-", *photos)
    assert status == 2 and err == [
        "scan.py: standard input has no lines, expected one for each image"
    ]
    monkeypatch.setattr(sys, "stdin", None)
    status, _, err = script("-", *photos)
    assert status == 2 and err == [
        "scan.py: standard input is closed: write a list of images to it, or name its file"
    ]


def test_a_sample_is_its_own_run(script, small, tmp_path):
    arguments = [*small, "--layers", "first"]
    assert script(*arguments, "--sample", 7, "--seed", 3)[0] == 0
    run = run_file.load(tmp_path / "run.h5")
    assert run.scanned == 7 and run.settings.selection == "--sample 7 --seed 3"
    described = script("--run", tmp_path / "run.h5", name="describe.py")[1]
    assert "7 images of " in described[0] and "x.npy (--sample 7 --seed 3);" in described[0]
    drawn = ["--run", tmp_path / "run.h5", "-f", "1", "--out", tmp_path]
    assert script(*drawn, name="visualise.py")[0] == 0
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


def test_shards_are_scanned_in_place(script, photos, tmp_path):
    shards = tmp_path / "shards"
    shards.mkdir()
    for shard, numbers in enumerate(((0, 1), (2, 3, 4))):
        with tarfile.open(shards / f"{shard}.tar", "w", format=tarfile.GNU_FORMAT) as tar:
            for number in numbers:
                tar.add(tmp_path / f"{number}.png", f"{number}.png")
                (tmp_path / "label").write_text(f"class {shard}")
                tar.add(tmp_path / "label", f"{number}.cls")
    assert script(shards, *photos)[0] == 0
    found = run_file.load(tmp_path / "run.h5")
    assert found.names == ("0.tar/0.png", "0.tar/1.png", *(f"1.tar/{n}.png" for n in (2, 3, 4)))
    assert found.labels == ("class 0", "class 0", "class 1", "class 1", "class 1")
    with open_source(str(tmp_path / "4.png")) as loose:
        np.testing.assert_array_equal(found.digests[4], digest_of(loose.pixels(0, 3)))
    # it goes on with another shard, and draws from all
    shutil.copy(shards / "0.tar", shards / "2.tar")
    with open(shards / "2.tar", "r+b") as tar:
        tar.seek(512)
        tar.write(b"damage")
    status, lines, err = script(shards, *photos)
    assert status == 1 and "5 images" in lines[0] and "1 appears more than once" in lines[0]
    assert "2.tar/0.png is not an image that can be read" in err[-1]
    arguments = ["--run", tmp_path / "run.h5", "-l", "first", "-f", "1,2", "--out", tmp_path]
    assert script(*arguments, name="visualise.py")[::2] == (0, [])
    skipped = script("--run", tmp_path / "run.h5", "--skipped", name="describe.py")[1]
    assert "2.tar/0.png" in skipped[0]
    shutil.copy(shards / "0.tar", shards / "2.tar")
    assert script(shards, *photos, "--retry")[0] == 0
    os.remove(shards / "0.tar")
    status, _, err = script(*arguments, name="visualise.py")
    assert status == 1 and any("0.tar/" in line for line in err)
