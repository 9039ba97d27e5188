"""Kernels of Keras on Theano, and files of Keras before 1.0: the same network as today's files."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from weight_files import save_keras

from tfdeconv import NETWORKS, UserError
from tfdeconv.weights.detect import open_hdf5, open_weights
from tfdeconv.weights.theano import is_channels_first, kernel_order

NETWORK = NETWORKS["vgg16"](size=(64, 64), classes=5)
DENSE = ("fc1", "fc2", "predictions")


def theanos(kernel: np.ndarray) -> np.ndarray:
    """[height, width, in, out] as Theano has it."""
    return kernel.transpose(3, 2, 0, 1)[:, :, ::-1, ::-1]


@pytest.fixture
def arrays(rng):
    """The first and the last convolution, and the first dense kernel, of 2 x 2 x 512 values."""
    shapes = NETWORK.parameters()
    return {
        layer: rng.random(shapes[layer]["kernel"], np.float32)
        for layer in ("block1_conv1", "block1_conv2", "fc1")
    }


def write_variables(file, layer: str, names, arrays, turned: bool = True) -> None:
    """A layer's kernel and bias; those without values take no room in the file."""
    kernel, bias = NETWORK.parameters()[layer].values()
    file.create_dataset(names[1], bias, "f4")
    if layer in arrays:
        values = arrays[layer]
        if layer == "fc1":
            # rows in the order channels, height, width
            values = values.reshape(2, 2, 512, -1).transpose(2, 0, 1, 3).reshape(values.shape)
        elif turned:
            values = theanos(values)
        else:
            values = values.transpose(3, 2, 0, 1)
        file[names[0]] = values
    else:
        shape = kernel if len(kernel) == 2 else (kernel[3], kernel[2], *kernel[:2])
        file.create_dataset(names[0], shape, "f4")


def save_before_1(path, arrays, layers):
    with h5py.File(path, "w") as file:
        file.attrs["nb_layers"] = 2 * len(layers)
        for number, layer in enumerate(layers):
            file.create_group(f"layer_{2 * number}").attrs["nb_params"] = 0
            group = file.create_group(f"layer_{2 * number + 1}")
            group.attrs["nb_params"] = 2
            write_variables(group, layer, ("param_0", "param_1"), arrays)
    return path


def save_named(path, arrays, turned: bool):
    """As Keras 1 wrote VGG16 with Theano's order of axes."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array(list(NETWORK.parameters()), "S")
        for layer in NETWORK.parameters():
            names = (f"{layer}_W", f"{layer}_b")
            file.create_group(layer).attrs["weight_names"] = np.array(names, "S")
            write_variables(file[layer], layer, names, arrays, turned)
    return path


def assert_holds(path, arrays, way: str) -> None:
    with open_weights(path) as file:
        assert file.network_name == "vgg16" and file.preprocessing.order == "bgr"
        assert [note for note in file.notes if way in note and "assumed: kernels" in note]
        for layer, values in arrays.items():
            if layer in file.shapes:
                np.testing.assert_array_equal(file.read(layer, "kernel"), values)


def test_layers_by_number_are_those_of_vgg(tmp_path, arrays):
    layers = list(NETWORK.parameters())
    assert_holds(save_before_1(tmp_path / "x.h5", arrays, layers), arrays, "turned by 180")
    path = save_before_1(tmp_path / "y.h5", arrays, layers[:13])
    assert_holds(path, arrays, "turned by 180")


@pytest.mark.parametrize(
    "name, turned", [("vgg16_th_kernels.h5", True), ("vgg16_th_dim_ordering_tf_kernels.h5", False)]
)
def test_names_of_today_with_theanos_axes(tmp_path, arrays, name, turned):
    path = save_named(tmp_path / name, arrays, turned)
    assert_holds(path, arrays, "turned by 180" if turned else "not turned")


def test_another_network_before_1_is_named(tmp_path, arrays):
    layers = list(NETWORK.parameters())
    path = save_before_1(tmp_path / "x.h5", {}, layers[:12])
    message = f"^{path} is of Keras before 1.0 .nb_layers.*12 kernels .*not those of vgg16 or vgg19"
    with pytest.raises(UserError, match=message), open_weights(path):
        pass


@pytest.mark.parametrize(
    "name, backend", [("x.h5", b"theano"), ("vgg16_tf_dim_ordering_th_kernels.h5", b"tensorflow")]
)
def test_kernels_of_the_usual_shape_may_be_turned(tmp_path, rng, name, backend):
    kernel = rng.random((3, 3, 3, 64), np.float32)
    layers = {"block1_conv1": {"kernel:0": kernel, "bias:0": np.zeros(64, "f4")}}
    path = save_keras(tmp_path / name, layers)
    with h5py.File(path, "r+") as file:
        file.attrs["backend"] = backend
    with open_weights(path) as file:
        read = file.read("block1_conv1", "kernel")
        assert any("turned by 180 degrees, as the file" in note for note in file.notes)
    np.testing.assert_array_equal(read, kernel[::-1, ::-1])


@pytest.mark.parametrize("version, first", [("1.2.2", True), ("2.3.1", False), ("3.15.0", False)])
def test_axes_are_as_usual_since_keras_2(tmp_path, version, first):
    """Windows of 3 x 1 over two channels have the axes of windows of 2 x 2 in Theano's order."""
    path = save_keras(tmp_path / "x.h5", {"a": {"kernel:0": np.zeros((3, 1, 2, 2), np.float32)}})
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = version
    with open_hdf5(path) as file:
        assert kernel_order(path, file).channels_first == first


@pytest.mark.parametrize("name", ["x.h5", "vgg16_th_dim_ordering_th_kernels.h5"])
def test_files_saved_again_keep_theanos_axes(tmp_path, arrays, name):
    path = save_named(tmp_path / name, arrays, turned=True)
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = "2.2.4"
    assert_holds(path, arrays, "turned by 180")


def test_axes_are_told_by_square_windows():
    usual, first = (3, 3, 4, 8), (8, 4, 3, 3)
    assert is_channels_first([first, (4, 4, 3, 3), (8, 4, 1, 1)])
    for shapes in ([usual], [usual, first], [(1, 7, 192, 192)], [(4, 4, 3, 3)], []):
        assert not is_channels_first(shapes)
