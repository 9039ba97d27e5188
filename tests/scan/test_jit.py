"""--jit: XLA computes the same but for rounding; pictures and runs say so, and do not mix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from tfdeconv.cli.evolve_files import run_name
from tfdeconv.data.images import text_of
from tfdeconv.engine import compilation
from tfdeconv.scan import run_file
from tfdeconv.scan.run import Settings

# sums of a few hundred products in another order
ROUNDING = 1e-5


@pytest.fixture(autouse=True)
def jit_graphs(monkeypatch):
    """Whether each graph is compiled with XLA, as they are made."""
    monkeypatch.setattr(compilation, "_chosen", False)
    made = []

    def recorded(function, *specs, jit=False):
        made.append(jit)
        return compiled(function, *specs, jit=jit)

    compiled = compilation.compiled
    monkeypatch.setattr(compilation, "compiled", recorded)
    return made


def test_runs_with_and_without_xla_are_apart(small, script, tmp_path, jit_graphs):
    path, with_xla = tmp_path / "run.h5", tmp_path / "xla.h5"
    options = (*small, "-l", "first")
    assert script(*options)[0] == 0
    assert script(*options, "--out", with_xla, "--jit")[0] == 0
    with h5py.File(path, "r+") as file:
        # as it was before there was a choice
        del file.attrs["jit"]
    run, jit_run = run_file.load(path), run_file.load(with_xla)
    assert (run.settings.jit, jit_run.settings.jit) == (False, True)
    np.testing.assert_array_equal(run.state["first"]["images"], jit_run.state["first"]["images"])
    for name in ("values", "means"):
        expected = run.state["first"][name]
        np.testing.assert_allclose(jit_run.state["first"][name], expected, ROUNDING)
    for asked, said in ((["--jit"], "is off, asked for on"), (["--out", with_xla], "is on, asked")):
        status, _, (line,) = script(*options, *asked)
        assert status == 2 and f"its --jit {said}" in line
    # both are drawn as they were made
    texts = []
    for each in (path, with_xla):
        drawing = ("--run", each, "--top", 1, "--out", tmp_path)
        status, (picture,), _ = script(*drawing, name="visualise.py")
        assert status == 0
        texts.append(text_of(picture))
    assert ("jit" in texts[0], texts[1]["jit"]) == (False, "yes")
    assert jit_graphs == [False, False, True, True]
    with h5py.File(with_xla, "r+") as file:
        file.attrs["jit"] = 2
    status, _, (line,) = script(*options, "--out", with_xla)
    assert status == 2 and "its jit has an impossible value" in line


def test_evolve_finds_the_runs_it_made_before():
    settings = Settings("n", "", "a" * 64, "{}", "crop", (8, 8), "b" * 64, 9, ("first",), 3, 4)
    # what it was when there was no choice
    assert run_name(settings) == "557b82efcee94a84.h5"
    assert run_name(replace(settings, jit=True)) != run_name(settings)


def test_photos_come_out_the_same_but_for_rounding(small, script, tmp_path, jit_graphs):
    options = ("-l", "first", "-f", 1, "--resize", "squash", "--raw", "--out", tmp_path)
    photo = ("tests/data/chelsea.jpg", *small[1:3], *options)
    patches = []
    for words in ([], ["--jit"]):
        status, (picture,), _ = script(*photo, *words, name="visualise.py")
        assert status == 0
        command = text_of(picture)["command"]
        assert ("--jit" in command) == bool(words) == ("jit" in text_of(picture))
        patches.append(np.load(Path(picture).with_suffix(".npz"))["patches"])
    assert np.abs(patches[0]).max() > 0
    np.testing.assert_allclose(*patches, ROUNDING, ROUNDING * np.abs(patches[0]).max())
    assert jit_graphs == [False, False, True, True]
