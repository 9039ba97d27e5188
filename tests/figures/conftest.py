"""What the tests of figures share: small runs with their images and weights, and the script."""

from __future__ import annotations

import runpy
import shutil
import sys
from pathlib import Path

import drawn_runs
import pytest
from PIL import ImageDraw

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory) -> Path:
    """A folder with 20 images, weights of a small network, others, and a run of its layers."""
    return drawn_runs.save_plain_run(tmp_path_factory.mktemp("scanned"))


@pytest.fixture
def moved(scanned, tmp_path) -> Path:
    """A copy of that folder whose images may be spoilt; its run names the images' old folder."""
    shutil.copytree(scanned, tmp_path / "moved")
    return tmp_path / "moved"


@pytest.fixture(scope="module")
def residual_run(tmp_path_factory) -> Path:
    """A folder with 12 images, a small residual network, and three runs.

    run.h5 has the maxima of every image, without.h5 does not; labelled.h5 has labels, too.
    """
    return drawn_runs.save_residual_runs(tmp_path_factory.mktemp("blocks"))


@pytest.fixture
def visualise(monkeypatch, capfd):
    """Runs the script in this process: status, lines out, lines of errors."""

    def lines_of(text: str) -> list[str]:
        return text.removesuffix("\n").split("\n") if text else []

    def visualise(*arguments):
        script = str(ROOT / "scripts" / "visualise.py")
        monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
        monkeypatch.setattr(sys, "path", list(sys.path))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(script, run_name="__main__")
        output, errors = capfd.readouterr()
        return ended.value.code, lines_of(output), lines_of(errors)

    return visualise


@pytest.fixture
def text_boxes(monkeypatch):
    """The boxes of all texts written, by picture: checks that none overlaps or leaves it."""
    boxes: dict[int, list] = {}
    pens = []  # kept alive, or a new pen could have the id of an old one
    write = ImageDraw.ImageDraw.text

    def text(pen, corner, words, fill, font, anchor="la"):
        left, top, right, bottom = pen.textbbox(corner, words, font, anchor)
        width, height = pen.im.size
        assert 0 <= left and right <= width and 0 <= top and bottom <= height, words
        pens.append(pen)
        # each function has a pen of its own for the same picture
        for other in boxes.setdefault(id(pen.im), []):
            beside = right <= other[0] or other[2] <= left
            assert beside or bottom <= other[1] or other[3] <= top, words
        boxes[id(pen.im)].append((left, top, right, bottom))
        write(pen, corner, words, fill, font, anchor)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    return boxes
