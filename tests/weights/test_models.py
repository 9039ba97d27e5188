"""Models and weight files as people have them, through the scripts and the public names: from file to picture."""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from gradcheck import gap
from own_files import randomise
from PIL import Image

from tfdeconv import NETWORKS, Deconvnet, UserError, load_weights
from tfdeconv.data.preprocessing import PRESETS, Preprocessing, load_preprocessing
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import RELU, Conv, ZeroPad
from tfdeconv.network.spans import overlap
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.weights.native import save_weights

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
    """A classifier as the tutorials build them: augmentation, rescaling, a few convolutions, dropout, a softmax."""
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


def test_a_model_of_the_tutorials_from_file_to_picture(flowers, run, tmp_path):
    status, lines, err = run("convert_weights.py", flowers)
    told = {line[:16].strip(): line[17:] for line in lines}
    assert (
        (status, err) == (0, [])
        and told["network"].startswith("mobilenet_flowers")
        and told["classes"] == "4"
    )
    assert (
        told["missing"] == told["extra"] == "nothing" and "scales them itself" in told["recognised"]
    )
    assert told["preprocessing"].startswith("RGB, short side") and not list(tmp_path.glob("*.h5"))
    assert run("convert_weights.py", flowers, "--out", "mine.h5")[0] == 0
    for path in (flowers, "mine.h5"):
        status, lines, err = run(
            "visualise.py",
            PHOTO,
            "--weights",
            path,
            "-l",
            "first one",
            "-l",
            "second",
            "--top",
            "2",
            "--raw",
        )
        assert (
            (status, err) == (0, [])
            and all(Path(line).exists() for line in lines)
            and len(lines) == 2
        )
    status, lines, _ = run("describe.py", "--weights", "mine.h5", "--input", "96x64x3")
    assert status == 0 and any("second" in line and "20 x 12 x 8" in line for line in lines)
    status, lines, _ = run("selfcheck.py", "--weights", "mine.h5")
    assert status == 0 and "all is well" in lines and any("class " in line for line in lines)


def test_without_a_network_the_file_s_own_is_read(flowers, tmp_path, rng):
    weights = load_weights(flowers)
    x = rng.uniform(0, 255, (2, 48, 48, 3)).astype(np.float32)
    model = keras.models.load_model(flowers)
    inner = keras.Model(model.input, model.get_layer("norm").output)
    assert (
        gap(Deconvnet(weights.network, weights, "norm").activations(x), inner(x, training=False))
        < 1e-5
    )  # float32
    save_weights(
        tmp_path / "mine.h5",
        weights.network,
        {layer: {name: value.numpy() for name, value in p.items()} for layer, p in weights.items()},
        weights.preprocessing,
        "",
        "",
    )
    assert network_in(tmp_path / "mine.h5") == weights.network
    again = load_weights(tmp_path / "mine.h5")
    first, second = (
        Deconvnet(each.network, each, "classes").activations(x) for each in (weights, again)
    )
    np.testing.assert_array_equal(first, second)


def test_models_called_with_masks_of_nothing(tmp_path):
    a, b = keras.Input((8, 8, 3), name="a"), keras.Input((8, 8, 3), name="b")
    inner = keras.Model([a, b], L.Add(name="sum")([L.Conv2D(3, 1, name="one")(a), b]), name="inner")
    x = keras.Input((8, 8, 3))
    keras.Model(x, inner([L.Conv2D(3, 3, padding="same", name="c")(x), x])).save(
        tmp_path / "m.keras"
    )
    assert network_in(tmp_path / "m.keras").node("inner").name == "sum"


def test_normalisation_along_another_axis_is_not_taken_for_the_last(run, tmp_path):
    x = keras.Input((3, 5, 3))
    y = L.Normalization(axis=1, mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0], name="norm")(
        L.Conv2D(3, 1, name="c")(x)
    )
    keras.Model(x, L.Conv2D(2, 1, name="d")(y)).save(tmp_path / "m.keras")
    network = network_in(tmp_path / "m.keras")
    assert (
        "not the last" in network.missing["norm"]
        and "norm" in network.missing["d"]
        and network.node("c")
    )
    for script, arguments in (
        ("describe.py", ("--weights", "m.keras")),
        ("convert_weights.py", ("m.keras",)),
    ):
        status, lines, _ = run(script, *arguments)
        assert (
            status == 0
            and "norm" in " ".join(lines)
            and "its axis is 1, not the last" in " ".join(lines)
        )
    status, _, err = run("visualise.py", PHOTO, "--weights", "m.keras", "-l", "d")
    assert status == 2 and len(err) == 1 and "'d' is not available: it depends on norm" in err[0]


def test_files_for_which_another_network_or_variant_is_asked(flowers, run):
    for asked, says in (
        (("--network", "vgg16"), "none of the layers of vgg16"),
        (("--variant", "torchvision"), "no variants"),
    ):
        for script in ("convert_weights.py", "visualise.py"):
            status, lines, err = run(
                script, *(() if script[0] == "c" else (PHOTO, "--weights")), flowers, *asked
            )
            assert (status, lines, len(err)) == (2, [], 1) and says in err[0]
    status, lines, err = run("convert_weights.py", flowers, "--half")
    assert (status, lines, len(err)) == (2, [], 1)


def test_a_model_converted_is_still_the_built_in_network(tmp_path, rng):
    """Keras's own ResNet50, read from its description, has no variant; asked for by name it is the usual one."""
    net = Builder("resnet50", (32, 32, 3))
    net.add("conv1_pad", ZeroPad(((3, 3), (3, 3))))
    net.add("conv1_conv", Conv(64, 7, stride=2))
    arrays = {"conv1_conv": {"kernel": rng.standard_normal((7, 7, 3, 64)), "bias": np.zeros(64)}}
    save_weights(tmp_path / "w.h5", net.network(), arrays, PRESETS["caffe"]((32, 32), 3), "", "")
    assert list(read_weights(tmp_path / "w.h5", NETWORKS["resnet50"](), "conv1_conv")) == [
        "conv1_conv"
    ]
    save_weights(
        tmp_path / "t.h5",
        NETWORKS["resnet50"](variant="torchvision"),
        {},
        PRESETS["torch"]((224, 224), 3),
        "",
        "",
    )
    with pytest.raises(UserError, match="of variant torchvision, not keras"):
        read_weights(tmp_path / "t.h5", NETWORKS["resnet50"](), "conv1_conv")


def test_a_file_that_could_not_be_read_again_is_not_written(tmp_path, rng):
    net = Builder("dot", (8, 8, 3))
    net.add(".", Conv(2, 1))
    with pytest.raises(UserError, match="cannot hold"):
        save_weights(
            tmp_path / "w.h5",
            net.network(),
            {".": {"kernel": np.zeros((1, 1, 3, 2)), "bias": np.zeros(2)}},
            PRESETS["none"]((8, 8), 3),
            "",
            "",
        )
    assert os.listdir(tmp_path) == []


def test_layers_of_like_names_have_pictures_of_their_own(run, tmp_path, rng):
    net = Builder("n", (32, 32, 3))
    for name in ("with space", "with_space"):
        net.add(name, Conv(2, 3, pad=1, activation=RELU))
    arrays = {
        layer: {name: rng.random(shape) for name, shape in p.items()}
        for layer, p in net.network().parameters().items()
    }
    save_weights(tmp_path / "w.h5", net.network(), arrays, PRESETS["none"]((32, 32), 3), "", "")
    for _ in range(2):  # the same again replaces its own
        status, lines, _ = run(
            "visualise.py", PHOTO, "--weights", "w.h5", "-l", "with space,with_space"
        )
        assert status == 0 and len(set(lines)) == 2
    assert len(list(tmp_path.glob("*.png"))) == 2


def test_a_field_wholly_outside_the_image(run, tmp_path):
    """Behind a pad of 5 the corner's unit sees nothing but zeros; with a kernel below 0 it fires most."""
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
    for begin, end, cells in (
        (-9, -2, []),
        (-2, 2, [0, 1]),
        (14, 18, [14, 15]),
        (16, 20, []),
        (20, 24, []),
        (-2, 20, list(range(16))),
    ):
        assert list(range(16))[overlap(begin, end, 16)] == cells


@pytest.mark.parametrize("shape", [(64, 64, 3, 3), (128, 64, 1, 1)])
def test_other_resnets_are_told_from_those_that_are_read(tmp_path, shape):
    """ResNet-18 and the wide ones, by their first block."""
    np.savez(
        tmp_path / "w.npz",
        **{
            "layer1.0.conv1.weight": np.zeros(shape, np.float32),
            "conv1.weight": np.zeros((64, 3, 7, 7), np.float32),
        },
    )
    with pytest.raises(UserError, match="of another kind than ResNet-50"):
        network_in(tmp_path / "w.npz")


GOOD = {"order": "bgr", "mean": [1, 2.5, 3], "scale": [2, 2, 2], "size": [20, 30], "resize": 25}


def test_preprocessing_from_a_file(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(GOOD))
    assert load_preprocessing(str(tmp_path / "p.json"), (8, 8, 3)) == Preprocessing(
        "bgr", (20, 30), 25, (1.0, 2.5, 3.0), (2.0, 2.0, 2.0)
    )
    (tmp_path / "p.json").write_text('{"scale": [255, 255, 255]}')
    assert load_preprocessing(str(tmp_path / "p.json"), (8, 10, 3)) == Preprocessing(
        "rgb", (8, 10), 9, (), (255.0,) * 3
    )
    assert load_preprocessing(None, (8, 8, 3)) is None
    for name, make in PRESETS.items():
        assert load_preprocessing(name, (8, 8, 3)) == make((8, 8), 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 60_000,
        "[1, 2]",
        "3",
        '{"mean": "123"}',
        '{"mean": [1' + "0" * 400 + ", 0, 0]}",
        '{"mean": [1, 2]}',
        '{"scale": [1, 0, 1]}',
        '{"order": "hsv"}',
        '{"size": [8]}',
        '{"size": [8, 1e9]}',
        '{"resize": 3}',
        '{"colour": 3}',
        '{"mean": [NaN, 0, 0]}',
        '{"order": 3}',
    ],
)
def test_preprocessing_that_cannot_be(tmp_path, text):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(UserError, match="how to preprocess") as error:
        load_preprocessing(str(tmp_path / "p.json"), (8, 8, 3))
    assert "\n" not in str(error.value)
