"""correspond.py: its table and numbers, and its messages."""

from __future__ import annotations

import csv
import json
import re

import pytest
from command_line import file_names, save_photo

from tfdeconv.cli import photo_cost
from tfdeconv.engine import estimate

LAYERS = ["-l", "conv,scores"]


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Three photos of 40 x 60, with their parts."""
    folder = tmp_path_factory.mktemp("faces")
    parts = {}
    for i in range(3):
        save_photo(folder / f"{i}.png", (200, 60 * i, 20))
        parts[f"{i}.png"] = {"eye": [5 + i, 15, 15 + i, 25], "nose": [20, 30, 28, 40]}
    (folder / "parts.json").write_text(json.dumps(parts))
    return folder


@pytest.fixture
def correspond(run, faces, classifier):
    """Runs it over the photos with these options."""

    def correspond(*options, parts=faces / "parts.json"):
        weights = ["--weights", classifier / "small.h5", *LAYERS]
        return run(faces, "--parts", parts, *weights, *options, script="correspond.py")

    return correspond


def test_table_and_numbers(correspond, tmp_path):
    status, paths, said = correspond("--draws", 2, "--out", tmp_path)

    assert (status, said) == (0, [])
    with open(paths[1], newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["hidden"] for row in rows[:6]] == ["eye", "nose", "random 1", "random 2", "", ""]
    assert len(rows) == 12
    for row in rows:
        assert 0 <= float(row["mean"]) <= 1
        if row["delta"]:
            pairs = 3 * 2 * int(row["features"])
            assert float(row["mean"]) == pytest.approx(int(row["delta"]) / pairs)
    assert float(rows[4]["mean"]) == pytest.approx(sum(float(row["mean"]) for row in rows[:2]) / 2)

    before = [open(path, "rb").read() for path in paths]
    assert correspond("--draws", 2, "--out", tmp_path)[1] == paths
    assert [open(path, "rb").read() for path in paths] == before


def test_what_takes_long_is_said_before(correspond, tmp_path, monkeypatch):
    monkeypatch.setattr(photo_cost, "SURELY_QUICK", 0)
    monkeypatch.setattr(estimate, "multiply_adds_per_second", lambda: 100)
    said = correspond("--draws", 2, "--out", tmp_path)[2]
    assert len(said) == 1
    assert re.search(
        r": about \d+ (s|minutes|hours) for 15 images, 5 of each photo; fewer", said[0]
    )


@pytest.mark.parametrize(
    "box, message",
    [
        ([0, 0, 50, 9], "lies beyond the photo, which has 40 rows"),
        ([5, 0, 9, 9], "is not in what the network sees"),
        ([0, 0, 40, 60], "there is no room beside its parts"),
        ([0, 0, 40], "expected pixels [top, left, bottom, right]"),
    ],
)
def test_mistakes_in_parts_get_one_line(correspond, tmp_path, box, message):
    path = tmp_path / "parts.json"
    path.write_text(json.dumps({"0.png": {"eye": box}, "1.png": {"eye": [5, 15, 9, 25]}}))

    status, paths, said = correspond("--out", tmp_path / "out", parts=path)

    assert (status, paths, len(said)) == (2, [], 1) and message in said[0]
    assert file_names(tmp_path / "out") == []


def test_a_photo_that_is_not_there(correspond, tmp_path):
    path = tmp_path / "parts.json"
    eye = {"eye": [5, 15, 9, 25]}
    path.write_text(json.dumps({"0.png": eye, "lost.png": eye}))

    status, _, said = correspond(parts=path)

    assert status == 2 and len(said) == 1 and "lost.png" in said[0]


def test_parts_that_are_no_json(correspond, tmp_path):
    path = tmp_path / "parts.json"
    path.write_text("{")

    assert "no parts of photos: its JSON is not valid" in correspond(parts=path)[2][0]
