"""What channels do at each label, by the maxima of every image."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from runs import ROOT, call

from tfdeconv.errors import UserError
from tfdeconv.scan import label_maxima, maxima, run_file
from tfdeconv.scan.label_maxima import LabelMaxima
from tfdeconv.scan.label_rows import layer_labels

LAYER = "one_block2_out"
LABELS = ("cat", "dog", "", "owl, or not", "cat", "cat", "dog")


@pytest.fixture(scope="module")
def labelled_run(block_run, tmp_path_factory):
    """A copy of block_run whose images have labels: its path, the run, and all activations."""
    folder, found, maps = block_run
    path = tmp_path_factory.mktemp("labels") / "run.h5"
    count = found.settings.count
    labels = tuple(LABELS[i % len(LABELS)] for i in range(count))
    run = replace(found, names=tuple(f"{i}.png" for i in range(count)), labels=labels)
    run_file.save(path, run)
    place = maxima.maxima_path(path)
    place.symlink_to(maxima.maxima_path(folder / "run.h5"))
    return path, run, maps


def labels_with_maxima(path, run, layer=LAYER):
    return layer_labels(run, str(path), [layer])[0]


def described(capsys, path, *arguments: object) -> str:
    capsys.readouterr()
    script = str(ROOT / "scripts" / "describe.py")
    assert call(script, "--run", path, "--by-label", *arguments) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("rows", [1024, 9])
def test_means_of_labels_are_those_of_maps(labelled_run, monkeypatch, rows):
    monkeypatch.setattr(label_maxima, "ROWS", rows)
    path, run, maps = labelled_run
    found = labels_with_maxima(path, run).maxima
    assert found.labels == ["cat", "dog", "owl, or not"]
    largest = maps[LAYER].max((1, 2))
    for place, label in enumerate(found.labels):
        # image 9 is the same as image 2
        numbers = [i for i, other in enumerate(run.labels) if other == label and i != 9]
        assert found.images[place] == len(numbers)
        # float16
        np.testing.assert_allclose(found.means[place], largest[numbers].mean(0), rtol=1e-3)
        np.testing.assert_array_equal(found.firing[place], (largest[numbers] > 0).mean(0))


def test_selectivity_is_that_of_its_paper():
    means = np.array([[4, 0, 1, 3, 2], [1, 0, 1, 0, -1], [1, 0, 1, 0, 5]], float)
    found = LabelMaxima(["a", "b", "c"], np.ones(3, int), means, means)
    expected = [(4 - 1) / (4 + 1), np.nan, 0, 1, np.nan]
    np.testing.assert_array_equal(found.selectivity, expected)
    alone = LabelMaxima(["a"], np.ones(1, int), means[:1], means[:1])
    assert np.isnan(alone.selectivity).all()


def test_rows_of_a_channel_agree_with_its_layer(labelled_run):
    labels = labels_with_maxima(*labelled_run[:2])
    for row in labels.channel_rows():
        of_labels = labels.label_rows(row["channel"])
        assert sum(each["images"] for each in of_labels) == labels.labelled.total
        if row["best_label"]:
            assert of_labels[0]["label"] == row["best_label"]
            assert of_labels[0]["mean_maximum"] == row["mean_maximum"]
        if row["label"]:
            strongest = max(each["strongest"] for each in of_labels)
            assert strongest == row["strongest"] > 0
    with pytest.raises(UserError, match="not 99"):
        labels.label_rows(99)


def test_labels_are_printed(labelled_run, capsys):
    path, run, _ = labelled_run
    labels = labels_with_maxima(path, run)
    given = ("-l", LAYER)
    table = described(capsys, path, *given)
    assert "selectivity" in table and "owl, or not" in described(capsys, path, *given, "-f", 1)
    rows = list(csv.DictReader(described(capsys, path, *given, "--csv").splitlines()))
    for row, expected in zip(rows, labels.channel_rows(), strict=True):
        assert row == {key: "" if value is None else str(value) for key, value in expected.items()}
    printed = json.loads(described(capsys, path, *given, "-f", "1,2", "--json"))
    assert printed["labels"] == labels.label_rows(1) + labels.label_rows(2)


def test_without_maxima_the_strongest_are_known(labelled_run, capsys):
    path, run, _ = labelled_run
    other = next(layer for layer in run.settings.layers if layer not in run.settings.kept)
    labels = labels_with_maxima(path, run, other)
    assert labels.maxima is None
    assert all(row["mean_maximum"] is None for row in labels.label_rows(0))
    for given in ((), ("-f", 0)):
        printed = described(capsys, path, "-l", other, *given)
        assert "--keep-maxima" in printed and "mean maximum" not in printed


def test_a_run_without_labels_is_refused(block_run, capsys):
    path = block_run[0] / "run.h5"
    assert call(str(ROOT / "scripts/describe.py"), "--run", path, "--by-label") == 2
    errors = capsys.readouterr().err
    assert "has no labels" in errors and errors.count("\n") == 1
