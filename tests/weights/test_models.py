"""Models and weight files as people have them, through the scripts: from file to picture."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from gradcheck import gap
from own_files import randomise
from PIL import Image
from weight_files import random_arrays

from tfdeconv import Deconvnet, UserError, load_weights
from tfdeconv.data.preprocessing import PRESETS, Preprocessing
from tfdeconv.data.stated_preprocessing import load_preprocessing
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, ZeroPad
from tfdeconv.network.spans import overlap
from tfdeconv.weights.load import network_in
from tfdeconv.weights.native_write import save_weights

L = keras.layers
SCRIPTS = Path(__file__).parents[2] / "scripts"
PHOTO = Path(__file__).parents[1] / "data" / "chelsea.jpg"
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def run(monkeypatch, capfd, tmp_path):
    """Runs a script in an empty folder: status, lines out, lines of errors."""

    def run(script, *arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [str(SCRIPTS / script), *map(str, arguments)])
        monkeypatch.setattr(sys, "path", list(sys.path))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(sys.argv[0], run_name="__main__")
        return ended.value.code, *(said.splitlines() for said in capfd.readouterr())

    return run


@pytest.fixture(scope="module")
def flowers(tmp_path_factory) -> Path:
    """A classifier as in tutorials: augmentation, rescaling, convolutions, dropout, a softmax."""
    x = keras.Input((48, 48, 3))
    y = L.RandomRotation(0.1)(L.RandomFlip()(x))
    y = 2.0 * L.Rescaling(1 / 255, name="rescaling")(y)
    y = L.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="first one")(y)
    y = L.MaxPooling2D(name="pool")(y)
    y = L.Conv2D(8, 3, dilation_rate=2, name="second")(L.Identity(name="same")(y))
    y = L.BatchNormalization(name="norm")(y)
    y = L.GlobalAveragePooling2D(name="mean")(L.ReLU(name="on")(y))
    y = L.Dense(4, activation="softmax", name="classes")(L.Dropout(0.3)(y))
    model = keras.Model(x, y, name="mobilenet_flowers")
    randomise(model, np.random.default_rng(3))
    path = tmp_path_factory.mktemp("models") / "flowers.keras"
    model.save(path)
    return path


def test_tutorial_model_from_file_to_picture(flowers, run, tmp_path):
    status, lines, err = run("convert_weights.py", flowers)
    rows = {line[:16].strip(): line[17:] for line in lines}
    assert (status, err) == (0, [])
    assert rows["network"].startswith("mobilenet_flowers") and rows["classes"] == "4"
    assert rows["missing"] == rows["extra"] == "nothing"
    assert "scales them itself" in rows["recognised"]
    assert rows["preprocessing"].startswith("RGB, short side")
    # without --out nothing is written
    assert not list(tmp_path.glob("*.h5"))
    assert run("convert_weights.py", flowers, "--out", "mine.h5")[0] == 0

    layers = ["-l", "first one", "-l", "second", "--top", "2", "--raw"]
    for path in (flowers, "mine.h5"):
        status, lines, err = run("visualise.py", PHOTO, "--weights", path, *layers)
        assert (status, err, len(lines)) == (0, [], 2)
        assert all(Path(line).exists() for line in lines)
    status, lines, _ = run("describe.py", "--weights", "mine.h5", "--input", "96x64x3")
    assert status == 0 and any("second" in line and "20 x 12 x 8" in line for line in lines)
    status, lines, _ = run("selfcheck.py", "--weights", "mine.h5")
    assert status == 0 and "all is well" in lines and any("class " in line for line in lines)


def test_network_of_the_file_is_the_default(flowers, tmp_path, rng):
    weights = load_weights(flowers)
    network = weights.network
    x = rng.uniform(0, 255, (2, 48, 48, 3)).astype(np.float32)
    model = keras.models.load_model(flowers)
    inner = keras.Model(model.input, model.get_layer("norm").output)
    ours = Deconvnet(network, weights, "norm").activations(x)
    # float32
    assert gap(ours, inner(x, training=False)) < 1e-5

    arrays = {}
    for layer, parameters in weights.items():
        arrays[layer] = {name: value.numpy() for name, value in parameters.items()}
    path = tmp_path / "mine.h5"
    save_weights(path, network, arrays, weights.preprocessing, "", "")
    assert network_in(path) == network
    converted = load_weights(path)
    first = Deconvnet(network, weights, "classes").activations(x)
    second = Deconvnet(converted.network, converted, "classes").activations(x)
    np.testing.assert_array_equal(first, second)


def test_models_called_with_empty_masks(tmp_path):
    a = keras.Input((8, 8, 3), name="a")
    b = keras.Input((8, 8, 3), name="b")
    total = L.Add(name="sum")([L.Conv2D(3, 1, name="one")(a), b])
    inner = keras.Model([a, b], total, name="inner")
    x = keras.Input((8, 8, 3))
    y = L.Conv2D(3, 3, padding="same", name="c")(x)
    keras.Model(x, inner([y, x])).save(tmp_path / "m.keras")
    assert network_in(tmp_path / "m.keras").node("inner").name == "sum"


def test_normalisation_along_another_axis_is_not_read(run, tmp_path):
    x = keras.Input((3, 5, 3))
    statistics = {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0]}
    y = L.Normalization(axis=1, **statistics, name="norm")(L.Conv2D(3, 1, name="c")(x))
    keras.Model(x, L.Conv2D(2, 1, name="d")(y)).save(tmp_path / "m.keras")
    network = network_in(tmp_path / "m.keras")
    assert network.node("c")
    reason = "its axis 1 is not the channels"
    assert reason in network.missing["norm"] and "norm" in network.missing["d"]
    for command in (["describe.py", "--weights", "m.keras"], ["convert_weights.py", "m.keras"]):
        status, lines, _ = run(*command)
        text = " ".join(lines)
        assert status == 0 and "norm" in text and reason in text
    status, _, err = run("visualise.py", PHOTO, "--weights", "m.keras", "-l", "d")
    assert (status, len(err)) == (2, 1) and "it depends on norm" in err[0]


@pytest.mark.parametrize(
    "asked, says",
    [
        (("--network", "vgg16"), "none of the layers of vgg16"),
        (("--variant", "torchvision"), "no variants"),
    ],
)
def test_another_network_or_variant_is_refused(flowers, run, asked, says):
    for command in (["convert_weights.py", flowers], ["visualise.py", PHOTO, "--weights", flowers]):
        status, lines, err = run(*command, *asked)
        assert (status, lines, len(err)) == (2, [], 1) and says in err[0]


def test_half_precision_needs_a_file_to_write(flowers, run):
    status, lines, err = run("convert_weights.py", flowers, "--half")
    assert (status, lines, len(err)) == (2, [], 1)


def test_layers_of_like_names_have_own_pictures(run, tmp_path, rng):
    net = Builder("n", (32, 32, 3))
    for name in ("with space", "with_space"):
        net.add(name, Conv(2, 3, pad=1, activation=RELU))
    network = net.network()
    arrays = random_arrays(network, rng)
    save_weights(tmp_path / "w.h5", network, arrays, PRESETS["none"]((32, 32), 3), "", "")
    command = ["visualise.py", PHOTO, "--weights", "w.h5", "-l", "with space,with_space"]
    # the same again replaces its own
    for _ in range(2):
        status, lines, _ = run(*command)
        assert status == 0 and len(set(lines)) == 2
    assert len(list(tmp_path.glob("*.png"))) == 2


def test_receptive_field_wholly_outside_the_image(run, tmp_path):
    """Behind a pad of 5 the corner's unit sees zeros alone; with a kernel below 0 it fires most."""
    net = Builder("corner", (16, 16, 3))
    net.add("pad", ZeroPad(((5, 5), (5, 5))))
    net.add("c", Conv(1, 3))
    arrays = {"c": {"kernel": -np.ones((3, 3, 3, 1)), "bias": np.full(1, 0.5)}}
    save_weights(tmp_path / "w.h5", net.network(), arrays, PRESETS["none"]((16, 16), 3), "", "")
    weights = load_weights(tmp_path / "w.h5")
    projection = Deconvnet(weights.network, weights, "c").project(np.ones((1, 16, 16, 3)))
    assert projection.boxes[0, 0, 2] < 0 and not projection.pixels.any()
    status, lines, _ = run("visualise.py", PHOTO, "--weights", "w.h5", "-l", "c")
    assert status == 0 and Image.open(lines[0]).size[0] > 0
    assert run("selfcheck.py", "--weights", "w.h5")[0] == 0


@pytest.mark.parametrize(
    "begin, end, cells",
    [
        (-9, -2, []),
        (-2, 2, [0, 1]),
        (14, 18, [14, 15]),
        (16, 20, []),
        (20, 24, []),
        (-2, 20, list(range(16))),
    ],
)
def test_overlap_of_a_span_with_the_image(begin, end, cells):
    assert list(range(16))[overlap(begin, end, 16)] == cells


GOOD = {"order": "bgr", "mean": [1, 2.5, 3], "scale": [2, 2, 2], "size": [20, 30], "resize": 25}


def test_preprocessing_from_a_file(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(GOOD))
    expected = Preprocessing("bgr", (20, 30), 25, (1.0, 2.5, 3.0), (2.0, 2.0, 2.0))
    assert load_preprocessing(str(tmp_path / "p.json"), (8, 8, 3)) == expected
    (tmp_path / "p.json").write_text('{"scale": [255, 255, 255]}')
    expected = Preprocessing("rgb", (8, 10), 9, (), (255.0,) * 3)
    assert load_preprocessing(str(tmp_path / "p.json"), (8, 10, 3)) == expected
    assert load_preprocessing(None, (8, 8, 3)) is None
    for name, make in PRESETS.items():
        assert load_preprocessing(name, (8, 8, 3)) == make((8, 8), 3)


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "it is not JSON such as"),
        ("[" * 60_000, "recursion"),
        ("[1, 2]", "expected an object"),
        ("3", "expected an object"),
        ('{"mean": "123"}', "mean: found 123, expected one number, or 3"),
        ('{"mean": [1' + "0" * 400 + ", 0, 0]}", "too large"),
        ('{"mean": [1, 2]}', r"mean: found \[1, 2\]"),
        ('{"mean": 1e8}', r"mean: found 1e\+08, expected numbers up to 10,000,000"),
        ('{"scale": [1, 0, 1]}', "scale: found 0, expected at least 0.0001"),
        ('{"scale": true}', "scale: found True"),
        ('{"order": "hsv"}', "order: found 'hsv', expected one of rgb"),
        ('{"size": [8]}', r"size: found \[8\], expected height and width"),
        ('{"size": [8, 1e9]}', "size: found 1000000000.0, expected integers"),
        ('{"size": -8}', "size: found -8"),
        ('{"resize": 3}', "resize: found 3, less than the size's 8"),
        ('{"colour": 3}', "found colour, expected some of mean"),
        ('{"mean": [NaN, 0, 0]}', "mean: found nan"),
        ('{"order": 3}', "order: found 3"),
    ],
)
def test_impossible_preprocessing_is_one_line(tmp_path, text, says):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(UserError, match=says) as error:
        load_preprocessing(str(tmp_path / "p.json"), (8, 8, 3))
    assert "\n" not in str(error.value) and "p.json" in str(error.value)


def test_one_number_is_of_all_channels():
    found = load_preprocessing('{"mean": 10, "scale": 255, "size": 32}', (8, 8, 3))
    assert found == Preprocessing("rgb", (32, 32), 37, (10.0,) * 3, (255.0,) * 3)
    assert load_preprocessing("0-1", (8, 8, 5)) == PRESETS["over255"]((8, 8), 5)
    assert load_preprocessing("-1-1", (8, 8, 3)) == PRESETS["tf"]((8, 8), 3)
    with pytest.raises(UserError, match="called 'cafe'. Did you mean 'caffe'.*or a file: JSON"):
        load_preprocessing("cafe", (8, 8, 3))
