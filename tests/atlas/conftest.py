"""What the tests of the atlas share: a small run, and its atlas."""

from __future__ import annotations

from pathlib import Path

import drawn_runs
import pytest
from atlases import make


@pytest.fixture(scope="session")
def scanned(tmp_path_factory) -> Path:
    """A folder with 20 images, weights of a small network, others, and a run of its layers."""
    return drawn_runs.save_plain_run(tmp_path_factory.mktemp("scanned"))


@pytest.fixture(scope="session")
def made(scanned, tmp_path_factory) -> Path:
    """The atlas of that run under two rules."""
    out = tmp_path_factory.mktemp("made") / "atlas"
    assert make(scanned / "run.h5", out, "--rule", "deconvnet,guided") == 0
    return out
