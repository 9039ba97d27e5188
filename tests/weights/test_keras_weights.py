"""Weights of the built-in networks in files of Keras 1, 2 and 3, by the names of their layers."""

from __future__ import annotations

import hashlib

import h5py
import numpy as np
import pytest
from weight_files import (
    as_bytes,
    assert_same,
    branched_network,
    random_arrays,
    save_keras,
    save_keras_shapes,
    small_network,
)

from tfdeconv.data.preprocessing import caffe
from tfdeconv.errors import UserError
from tfdeconv.network.layers import Dense
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.zoo import KERAS, NETWORKS

# Keras's own, of its way to numpy and of five channels
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning", "ignore:This model usually expects"
)
SMALL = small_network()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keras.h5"


# how versions of Keras name the kernel and the bias of a layer
NAMES = {
    "Keras 1": lambda layer: (f"{layer}_W_1:0", f"{layer}_b_1:0"),
    "Keras 2": lambda layer: (f"{layer}/kernel:0", f"{layer}/bias:0"),
    "nested": lambda layer: (f"{layer}/{layer}/kernel:0", f"{layer}/{layer}/bias:0"),
    "Keras 3": lambda layer: ("kernel", "bias"),
    "without a number": lambda layer: (f"{layer}/kernel", f"{layer}/bias"),
    "of other words": lambda layer: ("w", "a"),
}


@pytest.mark.parametrize("version", NAMES)
def test_parameters_go_by_layer_and_order(path, rng, version):
    arrays = random_arrays(SMALL, rng)
    layers = {}
    for layer, parameters in arrays.items():
        layers[layer] = dict(zip(NAMES[version](layer), parameters.values()))
    save_keras(path, layers)
    weights = read_weights(path, SMALL)
    assert_same(weights, arrays)
    assert weights.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert weights.preprocessing == caffe((8, 8))
    assert list(read_weights(path, SMALL, "pool")) == ["a"]


def test_names_may_be_text_and_lists_split(path, rng):
    arrays = random_arrays(branched_network(), rng)
    save_keras(path, arrays, lambda names: np.array(names, h5py.string_dtype()))
    assert_same(read_weights(path, branched_network()), arrays)
    with h5py.File(path, "r+") as file:
        names = file.attrs["layer_names"]
        del file.attrs["layer_names"]
        file.attrs["layer_names0"] = names[:2]
        file.attrs["layer_names1"] = names[2:]
    assert_same(read_weights(path, branched_network()), arrays)


def test_layers_may_come_in_another_order(path, rng):
    # Keras lists layers by depth and not as they are computed
    arrays = random_arrays(branched_network(), rng)
    save_keras(path, dict(reversed(arrays.items())))
    assert_same(read_weights(path, branched_network()), arrays)


# which network a file is of


@pytest.mark.parametrize("name", KERAS)
def test_shapes_show_network_channels_and_classes(tmp_path, name):
    network = NETWORKS[name](channels=5, classes=11)
    path = save_keras_shapes(tmp_path / "keras.h5", network)
    assert network_in(path) == network_in(path, name) == network
    head = [node.name for node in network.nodes if isinstance(node.layer, Dense)]
    headless = save_keras_shapes(tmp_path / "notop.h5", network, *head)
    assert network_in(headless) == NETWORKS[name](channels=5)


@pytest.mark.parametrize("size", [32, 96, 224, 320])
def test_dense_head_shows_the_size_of_input(path, size):
    network = NETWORKS["vgg19"](size=(size, size))
    assert network_in(save_keras_shapes(path, network)) == network


@pytest.mark.parametrize(
    "name, asked, target",
    [
        ("vgg19", "vgg16", "block4_conv2"),
        ("resnet101", "resnet50", "conv5_block1_out"),
        ("resnet152", "resnet101", "conv4_block1_out"),
    ],
)
def test_file_of_a_deeper_network_is_refused(path, name, asked, target):
    # block4_conv2 of vgg16 from vgg19's file would lack block3_conv4 below it: a picture, plausible
    # and wrong
    save_keras_shapes(path, NETWORKS[name]())
    with pytest.raises(UserError, match=f"{name}, not {asked}"):
        read_weights(path, NETWORKS[asked](), target)


@pytest.mark.parametrize(
    "name, target",
    [
        ("vgg19", "block1_conv2"),
        ("resnet50", "conv2_block1_out"),
        ("resnet152", "conv2_block1_out"),
    ],
)
def test_file_that_ends_early_fits_any_network(path, name, target):
    # the first layers of deeper and of shallower networks are the same: nothing in the file speaks
    # against the one asked for
    network = NETWORKS[name]()
    layers = network.parameters().keys()
    needed = {node.name for node in network.up_to(target)} & layers
    save_keras_shapes(path, network, *(layers - needed))
    assert set(read_weights(path, network, target)) == needed
    assert set(read_weights(path, network)) == needed
    assert network_in(path, name) == network


def test_file_of_unknown_layers_lists_them(path, rng):
    save_keras(path, random_arrays(SMALL, rng))
    message = "holds weights alone, of layers a, b, c: .* none of the built-in.*model.save"
    with pytest.raises(UserError, match=message):
        read_weights(path, NETWORKS["vgg16"](), "block1_conv1")
    with pytest.raises(UserError, match=message):
        network_in(path)


# files that Keras wrote


@pytest.fixture(scope="module")
def keras_models(tmp_path_factory):
    """Files that Keras itself wrote: {name: (model, path, path without the head)}."""
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    folder = tmp_path_factory.mktemp("keras")
    rng = np.random.default_rng(5)
    made = {}
    for name, make, last in (
        ("vgg16", keras.applications.VGG16, "block5_pool"),
        ("resnet50", keras.applications.ResNet50, "conv5_block3_out"),
    ):
        model = make(weights=None, input_shape=(32, 32, 5), classes=7)
        # as Keras makes them, biases are 0, and gamma and variance both 1
        for variable in model.weights:
            if len(variable.shape) == 1:
                values = rng.standard_normal(variable.shape)
                variable.assign(np.abs(values) if "variance" in variable.name else values)
        headless = keras.Model(model.input, model.get_layer(last).output)
        for part, stem in ((model, name), (headless, f"{name}-notop")):
            with h5py.File(folder / f"{stem}.h5", "w") as file:
                legacy_h5_format.save_weights_to_hdf5_group(file, part)
        made[name] = model, folder / f"{name}.h5", folder / f"{name}-notop.h5"
    return made


@pytest.mark.parametrize(
    "name, options, head",
    [
        ("vgg16", {"size": (32, 32)}, ["fc1", "fc2", "predictions"]),
        # its head is a mean over all positions and shows no size
        ("resnet50", {}, ["predictions"]),
    ],
)
def test_files_of_keras_hold_what_keras_had(keras_models, name, options, head):
    model, path, notop = keras_models[name]
    network = NETWORKS[name](channels=5, classes=7, **options)
    assert network_in(path) == network
    expected = {}
    for layer, shapes in network.parameters().items():
        expected[layer] = dict(zip(shapes, model.get_layer(layer).get_weights()))
    whole = read_weights(path, network)
    assert_same(whole, expected)
    part = read_weights(notop, network)
    assert_same(part, {layer: expected[layer] for layer in expected if layer not in head})
    assert whole.ignored == part.ignored == ()
    message = f"{head[0]}/kernel .* is missing; .*layers up to .* can be read"
    for target in head:
        with pytest.raises(UserError, match=message):
            read_weights(notop, network, target)


def test_optimizer_and_unknown_layers_are_ignored(tmp_path):
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    layers = [
        keras.Input((8, 8, 3)),
        keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="a"),
        keras.layers.MaxPool2D(name="pool"),
        keras.layers.Conv2D(5, 3, padding="same", activation="relu", name="b"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dense(2, name="c"),
        keras.layers.Dense(3, name="extra"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((1, 8, 8, 3)), np.ones((1, 3)))
    path = tmp_path / "model.h5"
    legacy_h5_format.save_model_to_hdf5(model, path)
    with h5py.File(path) as file:
        # or this would test nothing
        assert {"model_weights", "optimizer_weights"} <= set(file)
    weights = read_weights(path, SMALL)
    # layers without weights need no mention
    assert sorted(weights.ignored) == ["extra", "optimizer_weights"]
    expected = {}
    for name in "abc":
        expected[name] = dict(zip(("kernel", "bias"), model.get_layer(name).get_weights()))
    assert_same(weights, expected)


# files that are not what they seem


def save_plain_hdf5(path):
    with h5py.File(path, "w") as file:
        file["a/kernel"] = np.zeros((3, 3, 3, 4), np.float32)


def save_keras_3(path):
    import keras

    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save_weights(path)


def save_missing_datasets(path):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = as_bytes(["a", "b"])
        file.create_group("a").attrs["weight_names"] = as_bytes(["kernel", "bias"])


def save_dataset_for_a_layer(path):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = as_bytes(["a"])
        file["a"] = np.zeros(3)


@pytest.mark.parametrize(
    "make, says",
    [
        (save_plain_hdf5, "not of weights"),
        (save_keras_3, "model.save"),
        (save_missing_datasets, "missing"),
        (save_dataset_for_a_layer, "w.wei"),
    ],
)
def test_hdf5_without_such_weights_is_one_line(tmp_path, make, says):
    path = tmp_path / "w.weights.h5"
    make(path)
    for read in (lambda: read_weights(path, SMALL), lambda: network_in(path)):
        with pytest.raises(UserError, match=says) as error:
            read()
        assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "names", [(["a", "a"], ["k"]), (["a"], ["k", "k"])], ids=["layer", "weight"]
)
def test_a_name_that_comes_twice_is_refused(tmp_path, names):
    layers, variables = names
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        file["a/k"] = np.zeros(3, "f4")
        file["a"].attrs["weight_names"] = [variable.encode() for variable in variables]
    with pytest.raises(UserError, match="names something twice"):
        network_in(tmp_path / "w.h5")
