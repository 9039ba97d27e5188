"""Weights alone with the JSON that describes their network, and `.keras` files unpacked."""

from __future__ import annotations

import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from own_files import chain

from tfdeconv.cli import describe, scan
from tfdeconv.errors import UserError
from tfdeconv.weights.load import network_in, read_weights

L = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def small_model(*names: str | None) -> keras.Model:
    """Convolutions of these names (None: Keras makes one up) and a dense layer, with a model."""
    inner = keras.Sequential([L.Conv2D(3, 1, name=name) for name in names], name="inner")
    return chain(L.Conv2D(3, 3), inner, L.Flatten(), L.Dense(5, name="out", activation="softmax"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model in all ways of saving it in parts, and the same of another session."""
    folder = tmp_path_factory.mktemp("parts")
    model = small_model("a", "b")
    model.save(folder / "whole.keras")
    zipfile.ZipFile(folder / "whole.keras").extractall(folder / "unpacked")
    model.save_weights(folder / "new.weights.h5")
    model.save(folder / "old.h5")
    with h5py.File(folder / "old.h5", "r+") as file:
        # what save_weights of Keras 2 writes
        for name in file["model_weights"]:
            file.move(f"model_weights/{name}", name)
        file.attrs["layer_names"] = file["model_weights"].attrs["layer_names"]
        del file["model_weights"], file.attrs["model_config"]
        weights = h5py.File(folder / "flat.h5", "w")
        names = [*file.attrs["layer_names"], "more"]
        for name in names[:-1]:
            file.copy(name, weights)
        weights["more/kernel"] = np.ones(3, "f4")
        weights["more"].attrs["weight_names"] = ["kernel"]
        weights.attrs["layer_names"] = names
        weights.close()
    (folder / "model.json").write_text(model.to_json())
    (folder / "quoted.json").write_text(json.dumps(model.to_json()))
    (folder / "session.json").write_text(small_model("a", "b").to_json())
    (folder / "shorter.json").write_text(small_model("a").to_json())
    (folder / "renamed.json").write_text(small_model("a", "c").to_json())
    return folder


@pytest.fixture(scope="module")
def whole(folder):
    return read_weights(folder / "whole.keras")


@pytest.mark.parametrize("weights", ["new.weights.h5", "old.h5"])
@pytest.mark.parametrize("description", ["quoted.json", "session.json"])
def test_weights_alone_with_their_description(folder, whole, weights, description):
    """Layers whose names Keras made up may have other numbers: conv2d_3 in one, conv2d in one."""
    parts = read_weights(folder / weights, architecture=folder / description)
    assert [node.layer for node in parts.network.nodes] == [
        node.layer for node in whole.network.nodes
    ]
    for layer, other in zip(parts, whole, strict=True):
        for name, values in parts[layer].items():
            np.testing.assert_array_equal(values, whole[other][name])


def test_the_description_counts_in_the_digest(folder):
    weights = folder / "new.weights.h5"
    digests = {
        read_weights(weights, architecture=folder / name).digest
        for name in ("model.json", "session.json")
    }
    assert len(digests) == 2


@pytest.mark.parametrize("name", ["unpacked", "unpacked/config.json"])
def test_unpacked_archives_are_read_as_they_were(folder, whole, name):
    parts = read_weights(folder / name)
    assert parts.network == whole.network
    np.testing.assert_array_equal(parts["b"]["kernel"], whole["b"]["kernel"])


@pytest.mark.parametrize(
    "weights, description, says",
    [
        ("new.weights.h5", "shorter.json", "has weights of a layer conv2d_1, which"),
        ("old.h5", "shorter.json", "the inner model inner do"),
        ("flat.h5", "model.json", "has weights of more, which the description does not have"),
        ("new.weights.h5", "renamed.json", "expected the weights of layer c"),
        ("old.h5", "missing.json", "there is no such file"),
        ("old.h5", "old.h5", "does not describe a Keras model"),
        ("whole.keras", "model.json", "leave out --architecture"),
        ("model.json", "old.h5", "description of a Keras model of layers .*inner.*--architecture"),
        ("new.weights.h5", None, "weights alone .*of layers .*out, .*--architecture"),
    ],
)
def test_parts_that_do_not_fit_are_one_line(folder, weights, description, says):
    architecture = description and folder / description
    with pytest.raises(UserError, match=says) as error:
        network_in(folder / weights, architecture=architecture)
    assert str(error.value).isprintable()


def test_scripts_take_the_description(folder, capsys):
    parts = ["--weights", str(folder / "old.h5"), "--architecture", str(folder / "model.json")]
    assert describe.main(parts) == 0
    assert "out" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        describe.main(parts[2:])
    assert "give --weights FILE" in capsys.readouterr().err


def test_nothing_to_scan_is_one_line(tmp_path):
    chain(L.MaxPooling2D(name="p1"), L.ReLU(name="r1")).save(tmp_path / "pools.keras")
    np.save(tmp_path / "x.npy", np.zeros((1, 13, 11, 3), np.uint8))
    images, weights, out = (str(tmp_path / name) for name in ("x.npy", "pools.keras", "r.h5"))
    with pytest.raises(UserError, match="no convolution.* --layers: p1, r1"):
        scan.main([images, "--weights", weights, "--out", out])
    assert not (tmp_path / "r.h5").exists()
