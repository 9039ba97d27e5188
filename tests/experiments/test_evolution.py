"""How features evolve from file to file: numbers against slow versions, planted changes, files."""

from __future__ import annotations

import csv
from pathlib import Path

import evolving_files
import numpy as np
import pytest
from command_line import SCRIPTS, assert_one_line, without_digest
from evolving_files import COLOURS, COUNT, JUMPS
from PIL import Image
from runs import call

from tfdeconv import Deconvnet
from tfdeconv.data import images
from tfdeconv.figures import evolution_figure, evolution_page
from tfdeconv.scan.accumulator import Accumulator

NAMES = list(COLOURS)
STEM = "first-to-third-evolving"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with three files, images, and what evolve made of them, in `out`."""
    folder = tmp_path_factory.mktemp("evolving")
    evolving_files.save_files(folder)
    evolving_files.save_images(folder / "x.npy")
    return folder


def command(folder: Path, *names: str) -> list[object]:
    files = [folder / f"{name}.h5" for name in names or NAMES]
    return [*files, "--images", folder / "x.npy", "--runs", folder / "runs", "--batch", "4"]


@pytest.fixture(scope="module")
def drawn(folder) -> list[Path]:
    """The pictures of two layers in three files, which the script just drew."""
    out = folder / "out"
    script = str(SCRIPTS / "evolve.py")
    assert call(script, *command(folder), "--out", out, "-l", "dots,top", "-f", "0-2") == 0
    return [next(out.glob(f"{STEM}-{part}-*.png")) for part in ("changes", "dots", "top")]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def features_of(drawn) -> list[dict[str, str]]:
    """The rows of the table of features."""
    return rows_of(drawn[0].with_name(f"{drawn[0].stem}-features.csv"))


def test_a_picture_for_changes_and_each_layer(drawn):
    names = [without_digest(path) for path in drawn]
    assert names == [
        f"{STEM}-changes.png",
        f"{STEM}-dots-deconvnet-evolution-f0_1_2.png",
        f"{STEM}-top-deconvnet-evolution-f0_1_2.png",
    ]
    assert len(list(drawn[0].parent.glob("*.png"))) == 3
    text = images.text_of(drawn[1])
    assert text["channels"] == "0,1,2"
    assert "evolve.py first.h5 second.h5 third.h5 " in text["command"]
    assert " --images x.npy " in text["command"] and "--layer dots" in text["command"]


def test_jumps_are_where_they_were_planted(drawn):
    found = {}
    for row in features_of(drawn):
        if row["layer"] == "dots":
            found[row["file"], int(row["channel"])] = row
    for channel in range(5):
        assert found["first", channel]["jump"] == ""
        for name, jumps in JUMPS.items():
            assert found[name, channel]["jump"] == (jumps[channel] or "")
    moved = found["second", 2]
    # from row 5, column 6 to row 2, column 2
    assert (moved["row"], moved["column"], float(moved["distance"])) == ("2", "2", 5)
    dead = found["third", 1]
    assert (dead["activation"], dead["image"], dead["correlation"]) == ("0.0", "", "")


def test_jumps_are_marked_there_and_nowhere_else(drawn):
    with Image.open(drawn[1]) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    column, row = evolution_page.LARGEST_TILE, 2 * evolution_page.LARGEST_TILE
    marks = []
    for colour in (evolution_page.OTHER_IMAGE, evolution_page.OTHER_PLACE):
        rows, columns = np.nonzero((pixels == colour).all(-1))
        # a single line, beside a feature's two tiles
        assert columns.max() - columns.min() == evolution_page.MARK - 1
        assert row - 2 * evolution_page.DASH <= rows.max() - rows.min() <= row + 8
        marks.append((columns.min(), rows.min()))
    (image_column, image_row), (place_column, place_row) = marks
    # of the first and of the third feature, between the first and the second file
    assert image_column == place_column and place_row - image_row > 2 * row
    assert column < image_column < 2 * column


def test_long_names_of_files_are_numbered():
    assert evolution_figure.heads_of(["one", "two"]) == (["one", "two"], "")
    names = [f"a name of a checkpoint, {i}" for i in range(20)]
    heads, listed = evolution_figure.heads_of(names)
    assert heads[0] == "1" and heads[-1] == "20"
    assert listed.startswith(f"Files 1: {names[0]}, 2: {names[1]}, ")
    assert listed.endswith(f", ..., 20: {names[19]}")


def naive_ranks(values: np.ndarray) -> np.ndarray:
    ranks = [(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values]
    return np.array(ranks)


def maxima_of(folder: Path, name: str, layer: str) -> np.ndarray:
    """Each image's maximum of each channel [images, c], by a whole forward pass."""
    from tfdeconv import load_weights

    weights = load_weights(folder / f"{name}.h5")
    y = Deconvnet(weights.network, weights, layer).activations(np.load(folder / "x.npy"))
    return y.reshape(len(y), -1, y.shape[-1]).max(1)


def test_numbers_equal_slow_ones(folder, drawn):
    table = {
        (row["file"], row["channel"]): row for row in features_of(drawn) if row["layer"] == "top"
    }
    before, after = (maxima_of(folder, name, "top") for name in ("first", "second"))
    for channel in range(before.shape[1]):
        a, b = before[:, channel], after[:, channel]
        row = table["second", str(channel)]
        # the file of maxima is rounded to half precision
        ranks = naive_ranks(a.astype(np.float16)), naive_ranks(b.astype(np.float16))
        assert float(row["correlation"]) == pytest.approx(np.corrcoef(*ranks)[0, 1], rel=1e-9)
        nines = []
        for values in (a, b):
            order = np.argsort(-values, kind="stable")[:9]
            # what does not fire a feature is not among its strongest
            nines.append(set(order[values[order] != 0].tolist()))
        assert float(row["shared"]) == len(nines[0] & nines[1])
        assert float(row["strongest"]) == max(map(len, nines))
        assert float(row["activation"]) == pytest.approx(b.max(), rel=1e-5)


def test_layers_have_means_of_their_features(drawn):
    rows = rows_of(drawn[0].with_suffix(".csv"))
    pairs = [("first", "second"), ("second", "third"), ("first", "third")]
    assert [(row["layer"], row["from"], row["to"]) for row in rows] == [
        (layer, *pair) for layer in ("dots", "top") for pair in pairs
    ]
    # feature 3 wakes, feature 1 dies later
    assert [rows[0][name] for name in ("compared", "woke", "died", "dead")] == ["4", "1", "0", "0"]
    assert [rows[1][name] for name in ("compared", "woke", "died", "dead")] == ["4", "0", "1", "0"]
    assert (rows[0]["other_image"], rows[0]["other_place"], rows[0]["unchanged"]) == ("1", "1", "2")
    features = [row for row in features_of(drawn) if row["layer"] == "dots"]
    values = [
        float(row["correlation"])
        for row in features
        if row["file"] == "second" and row["correlation"]
    ]
    assert float(rows[0]["correlation_mean"]) == pytest.approx(np.mean(values))
    assert {row["images"] for row in rows} == {str(COUNT)}


def test_only_changed_layers_and_those_above_move(folder, tmp_path, capfd):
    values = evolving_files.arrays(np.random.default_rng(4))
    before = evolving_files.save(tmp_path / "before.h5", values)
    values["mixed"]["kernel"] = values["mixed"]["kernel"][..., ::-1].copy()
    # and fine-tuning to more classes
    values["head"] = evolving_files.arrays(np.random.default_rng(4), classes=4)["head"]
    after = evolving_files.save(tmp_path / "after.h5", values, classes=4)
    options = ["--images", folder / "x.npy", "--out", tmp_path, "--random", "2"]
    assert call(str(SCRIPTS / "evolve.py"), before, after, *options) == 0
    head = "head: left out, .*after.h5.*: its head has 4 channels, expected 3"
    assert_one_line(capfd.readouterr().err, head, "evolve.py")
    same, *moved = rows_of(next(tmp_path.glob("*-changes-????????.csv")))
    assert (same["layer"], same["from"], same["to"]) == ("dots", "before", "after")
    assert (same["correlation_mean"], same["shared_part_mean"]) == ("1.0", "1.0")
    assert same["unchanged"] == same["compared"] == "5"
    assert [row["layer"] for row in moved] == ["mixed", "top"]
    for row in moved:
        assert float(row["correlation_mean"]) < 0.9 and row["other_image"] != "0"
    # with a picture for each layer
    assert len(list(tmp_path.glob("*-evolution-*.png"))) == 3


def test_one_file_twice_does_not_change(folder, drawn, tmp_path):
    options = ["--out", tmp_path, "-l", "dots", "--random", "1"]
    assert call(str(SCRIPTS / "evolve.py"), *command(folder, "first", "first"), *options) == 0
    [row] = rows_of(next(tmp_path.glob("first-to-first-evolving-changes-????????.csv")))
    assert (row["from"], row["to"]) == ("first (1)", "first (2)")
    # the fifth never fires
    assert row["correlation_mean"] == "1.0" and row["unchanged"] == row["compared"] == "4"


def test_a_killed_comparison_goes_on(folder, drawn, tmp_path, monkeypatch):
    steps = []
    step = Accumulator.step

    def killed(self, *batch):
        steps.append(1)
        # in the second batch of the second file
        if len(steps) == 6:
            raise KeyboardInterrupt
        return step(self, *batch)

    monkeypatch.setattr(Accumulator, "step", killed)
    options = ["--runs", tmp_path / "runs", "--out", tmp_path, "-l", "dots,top", "-f", "0-2"]
    again = [str(SCRIPTS / "evolve.py"), *command(folder), *options, "--every", "0"]
    assert call(*again) == 130
    assert call(*again) == 0
    # all of three files, and the batch that was not finished
    assert len(steps) == 3 * 4 + 1
    for picture in drawn:
        assert (tmp_path / picture.name).read_bytes() == picture.read_bytes()
        for table in drawn[0].parent.glob("*.csv"):
            assert (tmp_path / table.name).read_bytes() == table.read_bytes()


def test_features_by_chance_are_the_same(folder, drawn):
    from tfdeconv.experiments import evolution

    class Fired:
        def __init__(self, fires):
            fires = np.asarray(fires, np.float32)[:, None]
            self.state = {"layer": {"values": fires, "images": np.zeros(fires.shape, int)}}

    epochs = [evolution.Epoch("a", Fired([0] * 20 + [1] * 20), None)]
    chosen = evolution.random_features(epochs, "layer", 6, 0).tolist()
    # no dead ones as long as there are others
    assert len(set(chosen)) == 6 and min(chosen) >= 20 and chosen == sorted(chosen)
    more = [*epochs, evolution.Epoch("b", Fired([0] * 20 + [2] * 20), None)]
    assert evolution.random_features(more, "layer", 6, 0).tolist() == chosen
    assert evolution.random_features(epochs, "layer", 6, 1).tolist() != chosen
    assert len(evolution.random_features(epochs, "layer", 99, 0)) == 40


MISTAKES = {
    "one file": (["first"], [], "one file alone"),
    "other filters": (
        ["first", "filters"],
        [],
        r"filters.h5 .*its dots has 6 channels, expected 5",
    ),
    "another head": (
        ["first", "classes"],
        ["-l", "head"],
        r"classes.h5 .*head has 4 .* expected 3",
    ),
    "no such file": (["first", "none"], [], "none.h5: No such file"),
    "no such layer": (["first", "second"], ["-l", "tops"], "Did you mean 'top'"),
    "no such channel": (["first", "second"], ["-l", "dots", "-f", "5"], "has 5 channels"),
    "features of all layers": (["first", "second"], ["-f", "1"], "give -l"),
    "chosen twice": (["first", "second"], ["-l", "top", "-f", "1", "--seed", "2"], "leave out -f"),
    "one picture": (["first", "second"], ["--out", "a.png"], "has room for one picture"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_one_line(folder, mistake, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    evolving_files.save(folder / "filters.h5", evolving_files.arrays(rng, filters=6), filters=6)
    evolving_files.save(folder / "classes.h5", evolving_files.arrays(rng, classes=4), classes=4)
    names, options, words = MISTAKES[mistake]
    files = [folder / f"{name}.h5" for name in names]
    images_given = ["--images", folder / "x.npy"]
    assert call(str(SCRIPTS / "evolve.py"), *files, *images_given, *options) == 2
    output, errors = capfd.readouterr()
    assert output == "" and list(tmp_path.iterdir()) == []
    assert_one_line(errors, words, "evolve.py")
