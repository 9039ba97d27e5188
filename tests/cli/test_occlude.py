"""occlude.py: its figure and numbers, and its messages."""

from __future__ import annotations

import csv

import pytest
from command_line import WEIGHTS, file_names, save_photo

from tfdeconv.data.images import text_of


def rows_of(path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_figure_and_numbers_of_a_classifier(run, classifier, tmp_path):
    options = [classifier / "edge.png", "--weights", classifier / "small.h5", "-l", "conv"]
    options += ["--labels", classifier / "names.txt", "--stride", 8, "--size", 9]

    status, paths, said = run(*options, "--class", "fox", "--out", tmp_path, script="occlude.py")

    assert (status, said) == (0, [])
    picture, table = paths
    text = text_of(picture)
    assert text["class"] == "2" and -1 <= float(text["agreement"]) <= 1
    assert "--class 2" in text["command"] and "--stride 8" in text["command"]
    rows = rows_of(table)
    assert len(rows) == 16 and [row["row"] for row in rows] == sorted(row["row"] for row in rows)
    first = rows[0]
    assert [first[side] for side in ("top", "left", "bottom", "right")] == ["0", "0", "9", "9"]
    assert first["most_likely_name"] in ("cat", "dog", "fox", "owl")
    for row in rows:
        total = float(row["activation"]) + float(row["drop"])
        assert total == pytest.approx(float(text["activation"]))
        assert 0 <= float(row["probability"]) <= 1

    before = [open(path, "rb").read() for path in paths]
    assert run(*options, "--class", "2", "--out", tmp_path, script="occlude.py")[1] == paths
    assert [open(path, "rb").read() for path in paths] == before
    assert len(file_names(tmp_path)) == 2


def test_a_class_is_a_target_as_well(run, classifier, tmp_path):
    options = [classifier / "edge.png", "--weights", classifier / "small.h5", "-l", "scores"]

    status, paths, _ = run(*options, "-f", 1, "--out", tmp_path / "a.png", script="occlude.py")

    assert status == 0 and [str(tmp_path / "a.png"), str(tmp_path / "a.csv")] == paths


@pytest.mark.parametrize(
    "options, message",
    [
        (["-f", "1,2"], "-f takes one here, found 2"),
        (["-l", "block1_conv1,block1_conv2"], "-l takes one here, found 2"),
        (["-l", "block1_conv1", "--size", "224"], "the square would hide all of the image"),
        (["-l", "block1_conv1", "--stride", "300"], "--stride 300: the image is 224 x 224"),
        (["-l", "block1_conv1", "-f", "64"], "there is no channel 64"),
        (["-l", "block1_conv1", "--class", "cat", "--weights", WEIGHTS], "no weights for pred"),
        (["--size", "0"], "'0' is not an integer >= 1"),
    ],
)
def test_mistakes_get_one_line(run, tmp_path, options, message):
    status, paths, said = run(*options, "--out", tmp_path, script="occlude.py")

    assert (status, paths, len(said)) == (2, [], 1) and message in said[0]
    assert file_names(tmp_path) == []


@pytest.mark.parametrize(
    "wanted, message",
    [
        ("4", "--class 4: scores has classes 0 to 3"),
        ("wolf", "there is no class"),
        ("cat,dog", "one class"),
    ],
)
def test_classes_that_there_are_not(run, classifier, tmp_path, wanted, message):
    options = [classifier / "edge.png", "--weights", classifier / "small.h5", "--class", wanted]
    options += ["--labels", classifier / "names.txt", "--out", tmp_path]

    status, _, said = run(*options, script="occlude.py")

    assert status == 2 and len(said) == 1 and message in said[0]


def test_a_folder_of_photos_is_too_many(run, classifier, tmp_path):
    save_photo(tmp_path / "a.png")
    save_photo(tmp_path / "b.png")

    _, _, said = run(tmp_path, "--weights", classifier / "small.h5", script="occlude.py")

    assert len(said) == 1 and "2 photos are there, expected one" in said[0]


def test_names_of_classes_need_classes(run, classifier):
    names = classifier / "names.txt"

    _, _, said = run("-l", "block1_conv1", "--labels", names, script="occlude.py")

    assert len(said) == 1 and "block1_conv1 has features: give -l predictions" in said[0]
