"""Keras's own files: the `.keras` archive, and `.weights.h5`, which does not name its layers."""

from __future__ import annotations

import json
import tempfile

import h5py
import keras
import numpy as np
import pytest
from own_files import chain, randomise, read_model

from tfdeconv.errors import UserError
from tfdeconv.weights.detect import open_hdf5
from tfdeconv.weights.keras import archive, v3, v3_model
from tfdeconv.weights.keras.architecture import build
from tfdeconv.weights.requirements import layers_to_read
from tfdeconv.zoo import NETWORKS

L = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The directory that temporary files go to."""
    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


@pytest.fixture
def saved(tmp_path):
    """A `.keras` file."""
    path = tmp_path / "model.keras"
    chain(L.Conv2D(2, 3)).save(path)
    return path


def test_an_archive_leaves_nothing_behind(temporary, saved):
    read_model(saved)
    assert not list(temporary.iterdir())


def test_a_truncated_archive_is_refused(temporary, saved):
    data = saved.read_bytes()
    for end in range(0, len(data), len(data) // 40):
        saved.write_bytes(data[:end])
        try:
            assert not archive.is_archive(saved)
        except UserError as error:
            assert str(saved) in str(error)
    assert not list(temporary.iterdir())


def test_a_damaged_archive_is_refused_or_read(temporary, saved):
    data = saved.read_bytes()
    for position in range(0, len(data), len(data) // 100):
        damaged = bytes([data[position] ^ 0x55])
        saved.write_bytes(data[:position] + damaged + data[position + 1 :])
        try:
            if archive.is_archive(saved):
                read_model(saved)
        except UserError as error:
            assert "\n" not in str(error)
        except AssertionError:
            # it was read with other layers than the model has
            pass
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(
    "name, maker, options",
    [("vgg16", "VGG16", {"include_top": False}), ("resnet50", "ResNet50", {"classes": 5})],
)
def test_weights_alone_of_built_in_networks(tmp_path, rng, name, maker, options):
    keras.utils.clear_session()
    make = getattr(keras.applications, maker)
    model = make(weights=None, input_shape=(64, 64, 3), **options)
    randomise(model, rng)
    path = tmp_path / "w.weights.h5"
    model.save_weights(path)
    with open_hdf5(path) as file:
        assert v3.recognises(file)
        network = v3.network(path, file)
        assert network.name == name
        contents = v3.network_contents(path, file, network)
        parameters = network.parameters()
        for node in layers_to_read(path, network, None, contents):
            expected = model.get_layer(node).get_weights()
            for parameter, values in zip(parameters[node], expected):
                np.testing.assert_array_equal(contents.read(node, parameter), values)
        with pytest.raises(UserError, match="model.save"):
            v3.network(path, file, "resnet101")
        with pytest.raises(UserError, match="model.save"):
            v3.network_contents(path, file, NETWORKS["vgg19"]())


def test_an_older_layout_is_read_by_order(tmp_path, rng):
    """TensorFlow 2.12 to 2.15 number layers with gaps."""
    count = 12
    model = chain(*(L.Conv2D(2, 1, name=f"c{i}") for i in range(count)))
    randomise(model, rng)
    path = tmp_path / "w.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        old = file.create_group("_layer_checkpoint_dependencies")
        old.copy(file["layers/conv2d"], "conv2d")
        for i in range(1, count):
            old.copy(file[f"layers/conv2d_{i}"], f"conv2d_{2 * i}")
        del file["layers"]
    architecture = build(json.loads(model.to_json()))
    with open_hdf5(path) as file:
        contents = v3_model.model_contents(path, file, architecture)
        for i in range(count):
            kernel, _ = model.get_layer(f"c{i}").get_weights()
            np.testing.assert_array_equal(contents.read(f"c{i}", "kernel"), kernel)


def test_weights_alone_of_another_network_are_refused(tmp_path):
    path = tmp_path / "w.weights.h5"
    chain(L.Conv2D(2, 3), L.Conv2D(2, 3)).save_weights(path)
    with open_hdf5(path) as file, pytest.raises(UserError, match="model.save"):
        v3.network(path, file)


def test_a_layer_left_over_refuses_weights_alone(tmp_path):
    """All that a VGG16 has is there, and a layer of another class."""
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    path = tmp_path / "w.weights.h5"
    model.save_weights(path)
    with open_hdf5(path) as file:
        assert v3.network(path, file).name == "vgg16"
    with h5py.File(path, "r+") as file:
        file["layers/layer_normalization/vars/0"] = np.ones(512, np.float32)
    with open_hdf5(path) as file, pytest.raises(UserError, match="model.save"):
        v3.network(path, file)


def test_weights_of_another_layer_are_refused(tmp_path):
    path = tmp_path / "w.weights.h5"
    chain(L.Conv2D(2, 1, name="a")).save_weights(path)
    with h5py.File(path, "r+") as file:
        file["layers/conv2d/vars"].attrs["name"] = "b"
    architecture = build(json.loads(chain(L.Conv2D(2, 1, name="a")).to_json()))
    with (
        open_hdf5(path) as file,
        pytest.raises(UserError, match="expected .* layer a, found .*'b'"),
    ):
        v3_model.model_contents(path, file, architecture)
