"""What the tests of the atlas share: a small run, its atlas, and what reads the atlas's scripts."""

from __future__ import annotations

import json
from pathlib import Path

import drawn_runs
import pytest

from tfdeconv.cli import atlas


@pytest.fixture(scope="session")
def scanned(tmp_path_factory) -> Path:
    """A folder with 20 images, weights of a small network, others, and a run of its layers."""
    return drawn_runs.save_plain_run(tmp_path_factory.mktemp("scanned"))


@pytest.fixture(scope="session")
def made(scanned, tmp_path_factory) -> Path:
    """The atlas of that run under two rules."""
    out = tmp_path_factory.mktemp("made") / "atlas"
    command = [scanned / "run.h5", "--out", out, "--rule", "deconvnet,guided"]
    assert atlas.main(list(map(str, command))) == 0
    return out


def received(path: Path) -> tuple[str, dict]:
    """What a script of an atlas hands to the page: its key and its value."""
    content = path.read_text("ascii")
    assert content.startswith("atlas.receive(") and content.endswith(");\n")
    assert not set("<>&") & set(content)
    key, value = json.loads(f"[{content[len('atlas.receive(') : -len(');') - 1]}]")
    return key, value
