"""visualise.py draws classes: by names, with logits and probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import save_photo
from helpers import random_weights
from PIL import Image, ImageDraw

import tfdeconv
from tfdeconv.data.images import text_of
from tfdeconv.data.preprocessing import Preprocessing
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, Dense, GlobalAvgPool
from tfdeconv.weights.native_write import save_weights

NAMES = ("cat", "dog", "eel", "fox")


def save_network(folder: Path, classes: int) -> Path:
    builder = Builder("pets", (8, 8, 3))
    builder.add("conv", Conv(4, 3, activation=RELU))
    builder.add("pool", GlobalAvgPool())
    builder.add("classes", Dense(classes))
    network = builder.network()
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for layer, tensors in random_weights(network, np.random.default_rng(0)).items():
        arrays[layer] = {name: tensor.numpy() for name, tensor in tensors.items()}
    save_weights(folder / f"{classes}.h5", network, arrays, Preprocessing("rgb", (8, 8), 8), "", "")
    return folder / f"{classes}.h5"


@pytest.fixture(scope="module")
def pets(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pets")
    save_photo(folder / "photo.png")
    save_network(folder, 4)
    save_network(folder, 1000)
    (folder / "names.txt").write_text("\n".join(NAMES))
    (folder / "others.txt").write_text("0: ant\n1: bee\n2: cow\n3: doe")
    return folder


@pytest.fixture
def words(monkeypatch) -> list[str]:
    """What is written into pictures."""
    written: list[str] = []
    write = ImageDraw.ImageDraw.text

    def text(pen, corner, words, *rest, **options):
        written.append(words)
        write(pen, corner, words, *rest, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    return written


def test_classes_by_name_are_features_by_number(run, pets, words, tmp_path):
    files = (pets / "photo.png", "--weights", pets / "4.h5", "--out", tmp_path)
    labels = ("--labels", pets / "names.txt")
    status, (picture,), errors = run(*files, *labels, "--class", "Eel,dog")
    text = text_of(picture)
    assert (status, text["channels"], text["layer"]) == (0, "2,1", "classes"), errors
    drawn = " ".join(words)
    for word in ("2 eel", "1 dog", "logit", " p", "softmax of all 4 logits", "names.txt"):
        assert word in drawn
    assert "feature" not in drawn
    # the same command in other words, and the same picture
    assert run(*files, *labels, "-l", "classes", "-f", "2,1")[1] == [picture]
    # other names make another picture
    (other,) = run(*files, "--labels", pets / "others.txt", "-l", "classes", "-f", "2,1")[1]
    assert other != picture and "2 cow" in " ".join(words)
    assert np.asarray(Image.open(other)).shape[2] == 3


def test_imagenet_names_are_assumed_aloud(run, pets, words, tmp_path):
    status, lines, errors = run(
        pets / "photo.png", "--weights", pets / "1000.h5", "--out", tmp_path, "--class", "tench"
    )
    assert status == 0 and text_of(lines[0])["channels"] == "0"
    assert "assumed: the 1,000 classes of classes are ImageNet's" in " ".join(errors)
    assert "0 tench" in words and "ImageNet (assumed)" in " ".join(words)


def test_notebooks_show_classes(pets):
    files = {"weights": pets / "4.h5", "labels": pets / "names.txt"}
    found = tfdeconv.show(pets / "photo.png", classes="fox,cat", **files)
    assert found.channels.tolist() == [[3, 0]] and found.vectors.shape == (1, 4)
    again = tfdeconv.show(pets / "photo.png", "classes", [3, 0], **files)
    assert np.array_equal(found.picture(), again.picture())
    with pytest.raises(tfdeconv.UserError, match="in several ways"):
        tfdeconv.show(pets / "photo.png", "classes", [3, 0], classes="cat", **files)


# {options: the message}
MISTAKES = {
    "--class cat": "have no names: give --labels FILE, or their numbers with -f",
    "--labels names.txt --class cot": "there is no class 'cot'. Did you mean 'cat'",
    "--labels pairs.txt --class Cat": "no class 'Cat'; with that word there are: tiger cat, cat b",
    "--labels names.txt --class cat -f 1": "--class chooses features by name",
    "--class cat -l conv": "--class needs one layer of classes",
    "--labels names.txt -l conv": "names classes, and conv has features: give -l classes",
    "--labels three.txt -l classes": "found 3 names, the layer has 4 classes",
    "--labels nowhere.txt -l classes": "nowhere.txt: cannot be read",
}


@pytest.mark.parametrize("options", MISTAKES)
def test_mistakes_are_one_line(run, pets, tmp_path, monkeypatch, options):
    (pets / "three.txt").write_text("a\nb\nc")
    (pets / "pairs.txt").write_text("tiger cat\ncattle\ncat bear\nowl")
    monkeypatch.chdir(pets)
    status, lines, (error,) = run(
        "photo.png", "--weights", "4.h5", "--out", tmp_path, *options.split()
    )
    assert (status, lines) == (2, []) and MISTAKES[options] in error


def test_runs_say_names_and_probabilities(run, pets, words, tmp_path):
    images = tmp_path / "images"
    for number, colour in enumerate([(250, 0, 0), (0, 250, 0), (0, 0, 250)]):
        save_photo(images / f"{number}.png", colour)
    scanned = ("--out", tmp_path / "run.h5", "--weights", pets / "4.h5", "--layers", "classes")
    assert run(images, *scanned, "--top", "2", script="scan.py")[0] == 0
    drawing = ("--run", tmp_path / "run.h5", "--out", tmp_path, "--labels", pets / "names.txt")
    status, (picture,), errors = run(*drawing, "--class", "dog")
    assert (status, text_of(picture)["channels"]) == (0, "1"), errors
    said = " ".join(words)
    for word in ("class 1 dog", "logit ", " p", "the softmax of all 4 logits", "names.txt"):
        assert word in said
