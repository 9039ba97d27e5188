"""Mistakes in asking for a run's figures are one line, and leave no file behind."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from drawn_runs import COUNT

from tfdeconv.formats.hdf5_write import fixed_text

ROOT = Path(__file__).parents[2]
MISTAKES = [
    (["-l", "nonesuch"], "whole has no layer 'nonesuch'"),
    (["-l", "pool"], "run.h5 has no layer 'pool'.*first, second, dense"),
    (["-f", "7"], "second has 7 channels, 0 to 6"),
    (["-f", "0", "--top", "all"], "-f and --top"),
    (["--top", "some"], "or all"),
    (["--resize", "crop"], "--resize: with --run"),
    (["-m", "all", "--preprocess", "tf"], "--preprocess, --mode: with --run"),
    (["--network", "vgg16"], "--network"),
    (["--weights", "other.h5"], "is not what .*run.h5 was made with.*sha256"),
    (["--weights", str(ROOT / "weights" / "vgg16.h5")], "holds vgg16, the run is of whole"),
    (["--bands", "0,1,3"], "--bands 3"),
    (["images", "images"], "--run takes the one directory"),
    (["other"], "is not what .*run.h5 is a scan of: found 19 images, expected the 20 of"),
    (["--rule", "magic"], "'magic'"),
]
BLOCK_MISTAKES = [
    (["--blocks", "stage"], "--blocks is for a --run"),
    (["--split"], "--split is for --blocks"),
    (["--run", "run.h5", "--step", "2"], "--step is for --blocks"),
    (["--run", "run.h5", "--blocks", "nonesuch"], "no block outputs"),
    (["--run", "run.h5", "--blocks", "stage", "-l", "first"], "-l and --blocks"),
    (["--run", "run.h5", "--blocks", "stage", "-f", "6"], "has 6 channels"),
    (["--run", "run.h5", "--blocks", "stage", "--step", "0"], "'0'"),
    (
        ["--run", "run.h5", "--blocks", "stage_block1", "--split", "--out", "run.h5"],
        "--out run.h5 exists and is not a directory",
    ),
]


@pytest.mark.parametrize("arguments, says", MISTAKES, ids=str)
def test_mistakes_are_one_line(moved, visualise, monkeypatch, tmp_path, arguments, says):
    monkeypatch.chdir(moved)
    names = sorted(os.listdir("images"))
    (moved / "other").write_text("\n".join(f"images/{name}" for name in names[1:]))
    status, lines, err = visualise("--run", "run.h5", "--out", tmp_path / "out", *arguments)
    assert (status, lines, len(err)) == (2, [], 1), err
    assert re.search(says, err[0]), err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments, says", BLOCK_MISTAKES, ids=str)
def test_mistakes_with_blocks_are_one_line(residual_run, visualise, monkeypatch, arguments, says):
    monkeypatch.chdir(residual_run)
    before = sorted(path.name for path in residual_run.iterdir())
    status, lines, err = visualise(*arguments)
    assert (status, lines, len(err)) == (2, [], 1) and says in err[0], err
    assert sorted(path.name for path in residual_run.iterdir()) == before


def set_first(name, value):
    """Puts a value at the first place of an array of the layer `second`."""
    return lambda file: file[f"layers/second/{name}"].__setitem__((0, 0), value)


@pytest.mark.parametrize(
    "damage, says",
    [
        (lambda file: file.attrs.__setitem__("version", 0), "version 0"),
        (set_first("images", COUNT), "is damaged"),
        (set_first("positions", (0, 99)), "is damaged"),
        (set_first("values", np.nan), "is damaged"),
        (lambda file: file.attrs.__setitem__("preprocessing", fixed_text("{")), "is damaged"),
    ],
    ids=["version", "images", "positions", "values", "preprocessing"],
)
def test_damaged_runs_are_refused(scanned, visualise, tmp_path, damage, says):
    shutil.copy(scanned / "run.h5", tmp_path / "damaged.h5")
    with h5py.File(tmp_path / "damaged.h5", "a") as file:
        damage(file)
    status, lines, err = visualise("--run", tmp_path / "damaged.h5", "--out", tmp_path / "out")
    assert (status, lines, len(err)) == (2, [], 1) and says in err[0], err
    assert not (tmp_path / "out").exists()


def test_a_missing_run_is_one_line(visualise, tmp_path):
    status, _, err = visualise("--run", tmp_path / "nonesuch.h5")
    assert status == 2 and len(err) == 1 and "there is no such file" in err[0]
