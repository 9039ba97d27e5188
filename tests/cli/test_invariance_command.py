"""invariance.py: what it writes, and its mistakes."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from command_line import assert_one_line, file_names
from PIL import Image

from tfdeconv.cli import photo_cost
from tfdeconv.data.images import text_of
from tfdeconv.data.preprocessing import over255
from tfdeconv.engine import estimate
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten, MaxPool
from tfdeconv.weights.native_write import save_weights

FEW = ["--translations", "-4:4:4", "--scales", "1:1.5:0.5", "--rotations", "0:180:90"]
STEPS = 3 + 2 + 3
# the untransformed photo, and the steps that change something
IMAGES = 1 + 2 + 1 + 2


def network(channels: int, classes: bool) -> Network:
    net = Builder("small", (16, 12, channels))
    net.add("conv", Conv(4, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("last", Conv(5, 3, activation=RELU))
    if classes:
        net.add("flatten", Flatten())
        net.add("classes", Dense(3))
    return net.network()


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weight files of small networks: of colours with classes, and of five channels without."""
    folder = tmp_path_factory.mktemp("weights")
    rng = np.random.default_rng(2)
    paths = {}
    for name, channels, classes in (("classes", 3, True), ("bands", 5, False)):
        small = network(channels, classes)
        arrays: dict[str, dict[str, np.ndarray]] = {}
        for layer, shapes in small.parameters().items():
            arrays[layer] = {}
            for key, shape in shapes.items():
                arrays[layer][key] = rng.normal(0, 0.3, shape).astype(np.float32)
        paths[name] = folder / f"{name}.h5"
        labels = ["dog", "cat, tabby", "7"] if classes else []
        preprocessing = over255((16, 12), channels)
        save_weights(paths[name], small, arrays, preprocessing, "random", "none", labels=labels)
    return paths


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(5)
    paths = [folder / f"{number}.png" for number in range(9)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (40, 30, 3), np.uint8)).save(path)
    return paths


@pytest.fixture
def draw(run, tmp_path):
    """Runs invariance.py in few steps."""

    def draw(*arguments, steps=FEW):
        out = () if "--out" in arguments else ("--out", tmp_path / "out")
        status, lines, err = run(*arguments, *steps, *out, script="invariance.py")
        # on a busy machine it says how far it is
        return status, lines, [line for line in err if "to go" not in line]

    return draw


def read_table(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_figure_and_table_of_two_photos(draw, weights, photos):
    status, (picture, table), err = draw(*photos[:2], "--weights", weights["classes"])
    assert (status, err) == (0, [])
    text = text_of(picture)
    assert text["layer"] == "conv,last" and text["distances over"] == "other photos"
    rows = read_table(table)
    assert len(rows) == 2 * STEPS
    for row in rows:
        unmoved = (row["transformation"], row["amount"]) in (
            ("vertical translation", "0.0"),
            ("scale", "1.0"),
            ("rotation", "0.0"),
        )
        for layer in ("conv", "last"):
            distance = float(row[f"{layer} distance"])
            assert (distance == 0) == unmoved
            assert float(row[f"{layer} over norm"]) >= float(row[f"{layer} over other photos"]) / 9
        assert row["class name"] == ["dog", "cat, tabby", "7"][int(row["class"])]
        if unmoved:
            assert row["class"] == row["most likely"] and float(row["probability"]) > 1 / 3
    # the command that the picture carries makes it again, byte by byte
    before = Path(picture).read_bytes(), Path(table).read_bytes()
    command = shlex.split(text["command"])[1:]
    folder = {path.name: str(path) for path in (*photos, *weights.values())}
    again = draw(*[folder.get(word, word) for word in command], steps=[])
    assert again == (0, [picture, table], [])
    assert (Path(picture).read_bytes(), Path(table).read_bytes()) == before


def test_many_photos_are_drawn_together(draw, weights, photos, tmp_path):
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(photos[0].read_bytes()[:60])
    options = ["--weights", weights["classes"], "--horizontal", "-l", "pool", "--class", "0"]
    status, (picture, table), err = draw(*photos, damaged, *options)
    assert status == 1 and len(err) == 1 and "damaged.png" in err[0]
    rows = read_table(table)
    assert len(rows) == 9 * (STEPS + 3) and {row["class"] for row in rows} == {"0"}
    assert Path(picture).name.startswith("9-photos-small-invariance-")


def test_what_takes_long_is_said_before(draw, weights, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(photo_cost, "SURELY_QUICK", 0)
    monkeypatch.setattr(estimate, "multiply_adds_per_second", lambda: 100)
    same = tmp_path / photos[0].name
    same.write_bytes(photos[0].read_bytes())
    status, (_, table), err = draw(photos[0], same, "--weights", weights["classes"])
    assert status == 0 and len(err) == 1
    assert re.search(rf": about \d+ hours for {2 * IMAGES} images, {IMAGES} of each photo;", err[0])
    # photos of one name are told apart
    names = [f"{path.parent.name}/{path.name}" for path in (photos[0], same)]
    assert sorted({row["photo"] for row in read_table(table)}) == sorted(names)


def test_bands_and_no_classes(draw, weights, rng, tmp_path):
    array = tmp_path / "bands.npy"
    np.save(array, rng.uniform(0, 255, (30, 30, 5)))
    status, (picture, table), err = draw(
        array, "--weights", weights["bands"], "--bands", "3,2,1", "--out", tmp_path / "fig.png"
    )
    assert (status, err) == (0, [])
    assert (Path(picture).name, Path(table).name) == ("fig.png", "fig.csv")
    for row in read_table(table):
        assert row["class"] == row["probability"] == row["last over other photos"] == ""
        assert float(row["last over norm"]) >= 0


@pytest.mark.parametrize(
    "wanted, expected",
    [
        (["--class", "cat, tabby"], ["1", "1", "1"]),
        (["--class", "DOG,cat, tabby,2"], None),
        (["--class", "dog,7,1"], ["0", "2", "1"]),
        (["--class", "dog", "--class", "cat, tabby", "--class", "dog"], ["0", "1", "0"]),
    ],
    ids=["one", "a comma in a list", "a list", "repeated"],
)
def test_classes_by_name_and_number(draw, weights, photos, wanted, expected):
    steps = ["--translations", "0:0:1", "--scales", "1:1:1", "--rotations", "0:0:1"]
    arguments = (*photos[:3], "--weights", weights["classes"], *wanted)
    status, lines, err = draw(*arguments, steps=steps)
    if expected is None:
        assert status == 2 and "there is no class 'cat'" in err[0]
        return
    assert [row["class"] for row in read_table(lines[1])][::3] == expected


MISTAKES = {
    "no photo": (["missing.png"], "missing.png: there is no such file"),
    "steps": (["--scales", "1:2"], "'1:2' is not FIRST:LAST:STEP"),
    "down": (["--rotations", "9:0:3"], "does not go up from its first to its last"),
    "no step": (["--rotations", "0:9:0"], "does not go up"),
    "many": (["--rotations", "0:359:0.1"], "more than 1,000 steps"),
    "half pixels": (["--translations", "-1:1:0.5"], "moved by whole pixels"),
    "far": (["--translations", "-20:20:10"], "give at most -16:16:STEP"),
    "aside": (["--translations=-14:14:7", "--horizontal"], "give at most -12:12:STEP"),
    "tiny": (["--scales", "0:1:0.5"], "photos are scaled by 0.1 to 10"),
    "layer": (["-l", "conv9"], "small has no layer 'conv9'"),
    "class": (["--class", "3"], "--class 3: classes has classes 0 to 2"),
    "name": (["--class", "horse"], "there is no class 'horse'"),
    "classes": (["--class", "0,1"], "--class names 2 classes for 1 photo:"),
    "overwrite": (["--overwrite"], "--overwrite is for --out FILE.png"),
    "bands": (["--bands", "0,1,3"], "--bands 3: small has channels 0 to 2"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_one_line(draw, weights, photos, tmp_path, case):
    options, expected = MISTAKES[case]
    photo = [] if case == "no photo" else [photos[0]]
    status, lines, err = draw(*photo, *options, "--weights", weights["classes"], steps=[])
    assert (status, lines) == (2, [])
    assert_one_line("\n".join(err) + "\n", ".", "invariance.py")
    assert expected in err[0] and not file_names(tmp_path / "out")


def test_classes_that_are_not_there(draw, weights, photos, tmp_path):
    array = tmp_path / "bands.npy"
    np.save(array, np.zeros((20, 20, 5)))
    status, _, err = draw(array, "--weights", weights["bands"], "--class", "1")
    assert status == 2 and "--class: small has no layer of classes: leave it out" in err[0]
    status, _, err = draw(photos[0], "--class", "1")
    assert status == 2 and "vgg16.h5 has no weights for vgg16's classes (predictions)" in err[0]
