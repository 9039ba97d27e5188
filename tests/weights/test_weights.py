"""Weight files: the project's own, Keras's, and all that may be wrong with either."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf

from tfdeconv import load_weights
from tfdeconv.data.preprocessing import Preprocessing, caffe
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Add, BatchNorm, Conv, Dense, Flatten, MaxPool
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.weights.native import save_weights
from tfdeconv.zoo import NETWORKS

# Keras's own, of its way to numpy and of five channels
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning", "ignore:This model usually expects"
)

ROOT = Path(__file__).parents[2]
PREPROCESSING = Preprocessing("bgr", (8, 8), 11, (1.5, 2.5, 3.25), (2.0, 4.0, 8.0))


def small(name: str = "small") -> Network:
    """Three layers with weights and a pool, a few kilobytes in all."""
    net = Builder(name, (8, 8, 3))
    net.add("a", Conv(4, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("b", Conv(5, 3, pad=1, activation=RELU))
    net.add("flat", Flatten())
    net.add("c", Dense(2))
    return net.network()


def branched() -> Network:
    """A branch beside the main road, with a batch norm, whose four parameters have one shape."""
    net = Builder("branched", (8, 8, 3))
    entry = net.add("a", Conv(4, 3, pad=1))
    norm = net.add("bn", BatchNorm(1e-3))
    other = net.add("side", Conv(4, 1), entry)
    net.add("sum", Add(), norm, other)
    return net.network()


def arrays_of(network: Network, rng, *layers: str) -> dict[str, dict[str, np.ndarray]]:
    """Random parameters for some of a network's layers, or all."""
    return {
        layer: {
            name: np.abs(values) if name == "variance" else values
            for name, shape in p.items()
            for values in [rng.standard_normal(shape).astype(np.float32)]
        }
        for layer, p in network.parameters().items()
        if layer in layers or not layers
    }


def assert_same(found, wanted) -> None:
    """The same layers in the same order, the same parameters and values, to the last bit."""
    assert [(layer, set(p)) for layer, p in found.items()] == [
        (layer, set(p)) for layer, p in wanted.items()
    ]
    for layer, p in wanted.items():
        for name, values in p.items():
            np.testing.assert_array_equal(found[layer][name], values, f"{layer}/{name}")


@pytest.fixture
def own(tmp_path, rng):
    """The path of a file of the project's own, and what is in it."""
    arrays = arrays_of(small(), rng)
    save_weights(tmp_path / "own.h5", small(), arrays, PREPROCESSING, "here", "free")
    return tmp_path / "own.h5", arrays


# the project's own file


@pytest.mark.parametrize("half, dtype", [(False, np.float32), (True, np.float16)])
def test_what_was_saved_is_read(tmp_path, rng, half, dtype):
    arrays = arrays_of(small(), rng)
    digest = save_weights(
        tmp_path / "own.h5", small(), arrays, PREPROCESSING, "here, ©", "free", half
    )
    stored = {
        layer: {name: values.astype(dtype) for name, values in p.items()}
        for layer, p in arrays.items()
    }
    found = read_weights(tmp_path / "own.h5", small())
    assert_same(found, stored)
    assert {values.dtype for p in found.values() for values in p.values()} == {np.dtype(dtype)}
    assert (found.preprocessing, found.source, found.licence, found.digest) == (
        PREPROCESSING,
        "here, ©",
        "free",
        digest,
    )
    tensors = load_weights(tmp_path / "own.h5", small())
    assert {values.dtype for p in tensors.values() for values in p.values()} == {tf.float32}
    assert_same(
        {
            layer: {name: values.numpy() for name, values in p.items()}
            for layer, p in tensors.items()
        },
        {
            layer: {name: values.astype(np.float32) for name, values in p.items()}
            for layer, p in stored.items()
        },
    )
    assert (tensors.preprocessing, tensors.digest, len(tensors)) == (PREPROCESSING, digest, 3)


@pytest.mark.parametrize("half, code", [(False, "f4"), (True, "f2")])
def test_the_digest_is_that_of_the_values_and_nothing_else(tmp_path, rng, half, code):
    arrays = arrays_of(small(), rng)
    told = save_weights(tmp_path / "one.h5", small(), arrays, PREPROCESSING, "here", "free", half)
    backwards = dict(reversed(arrays.items()))
    assert (
        save_weights(tmp_path / "two.h5", small(), backwards, caffe((9, 9)), "there", "dear", half)
        == told
    )
    # as the issue states it: sorted lines of name, dtype, shape and the sha256 of the little-endian bytes in C order
    lines = sorted(
        f"{layer}/{name} {code} {'x'.join(map(str, values.shape))} "
        f"{hashlib.sha256(values.astype('<' + code).tobytes()).hexdigest()}"
        for layer, p in arrays.items()
        for name, values in p.items()
    )
    assert told == hashlib.sha256("\n".join(lines).encode()).hexdigest()
    arrays["b"]["bias"][3] += 1
    assert (
        save_weights(tmp_path / "three.h5", small(), arrays, PREPROCESSING, "here", "free", half)
        != told
    )


def test_the_same_weights_make_the_same_file(tmp_path, rng):
    arrays = arrays_of(small(), rng)
    for name in ("one.h5", "two.h5"):
        save_weights(tmp_path / name, small(), arrays, PREPROCESSING, "here", "free")
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["one.h5", "two.h5"]


def test_the_order_in_memory_is_no_matter(tmp_path, rng):
    arrays = arrays_of(small(), rng)
    turned = {
        layer: {name: np.asfortranarray(values).astype(">f8") for name, values in p.items()}
        for layer, p in arrays.items()
    }
    assert save_weights(
        tmp_path / "one.h5", small(), arrays, PREPROCESSING, "", ""
    ) == save_weights(tmp_path / "two.h5", small(), turned, PREPROCESSING, "", "")
    assert_same(read_weights(tmp_path / "two.h5", small()), arrays)


def test_values_beyond_half_precision_are_refused_and_no_file_is_left(tmp_path, rng, recwarn):
    arrays = arrays_of(small(), rng)
    arrays["b"]["bias"][0] = 70000  # float16 ends at 65504
    with pytest.raises(UserError, match="b/bias.*half"):
        save_weights(tmp_path / "own.h5", small(), arrays, PREPROCESSING, "here", "free", half=True)
    assert os.listdir(tmp_path) == []
    assert not recwarn.list  # a warning would be a second line on a person's screen


def test_the_file_knows_its_network(tmp_path, rng):
    network = NETWORKS["alexnet"](channels=2, classes=47, size=(131, 195))
    save_weights(
        tmp_path / "own.h5",
        network,
        arrays_of(network, rng, "conv1"),
        caffe((131, 195), 2),
        "here",
        "free",
    )
    assert network_in(tmp_path / "own.h5") == network_in(tmp_path / "own.h5", "alexnet") == network
    with pytest.raises(UserError, match="holds alexnet, not vgg16"):
        network_in(tmp_path / "own.h5", "vgg16")
    with pytest.raises(UserError, match="holds alexnet, not vgg16"):
        read_weights(tmp_path / "own.h5", NETWORKS["vgg16"]())
    save_weights(
        tmp_path / "other.h5", small(), arrays_of(small(), rng), PREPROCESSING, "here", "free"
    )
    assert network_in(tmp_path / "other.h5") == small()
    with h5py.File(
        tmp_path / "other.h5", "r+"
    ) as file:  # as of version 1, which has no description
        del file["@network"]
    with pytest.raises(UserError, match="'small'.*There are: vgg16"):
        network_in(tmp_path / "other.h5")


def test_the_committed_weights_are_vgg16s_convolutions_in_half_precision():
    network = network_in(ROOT / "weights" / "vgg16.h5")
    assert network == NETWORKS["vgg16"]()
    weights = read_weights(ROOT / "weights" / "vgg16.h5", network, "block1_conv2")
    assert weights["block1_conv2"]["kernel"].dtype == np.float16
    assert weights.preprocessing == caffe((224, 224)) and weights.source and weights.licence


def change_values(file):
    file["b/kernel"][0, 0, 0, 0] += 1


def change_digest(file):
    file["b/kernel"].attrs["sha256"] = "0" * 64


def change_root_digest(file):
    file.attrs["sha256"] = "0" * 64


def add_dataset(file):
    values = file.create_dataset("b/more", data=np.zeros(3, np.float32))
    values.attrs["sha256"] = hashlib.sha256(values[()].tobytes()).hexdigest()


def add_dataset_without_digest(file):
    file.create_dataset("more/kernel", data=np.zeros(3, np.float32))


def rename_dataset(file):
    file.move("b/kernel", "b/kernels")


def remove_dataset(file):
    del file["c/bias"]


def change_dtype(file):
    values = file["b/bias"][()].astype(np.float16)
    del file["b/bias"]
    file.create_dataset("b/bias", data=values).attrs["sha256"] = hashlib.sha256(
        values.tobytes()
    ).hexdigest()


@pytest.mark.parametrize(
    "damage",
    [
        change_values,
        change_digest,
        change_root_digest,
        add_dataset,
        add_dataset_without_digest,
        rename_dataset,
        remove_dataset,
        change_dtype,
    ],
)
def test_a_file_that_does_not_have_its_digests_is_refused(own, damage):
    path, arrays = own
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(UserError, match="own.h5"):
        read_weights(path, small())


def test_a_flipped_byte_among_the_values_is_found(own):
    path, _ = own
    with h5py.File(path) as file:
        chunk = file["b/kernel"].id.get_chunk_info(0)
    data = bytearray(path.read_bytes())
    for offset in range(chunk.byte_offset, chunk.byte_offset + chunk.size, 97):
        path.write_bytes(data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :])
        with pytest.raises(UserError, match="own.h5"):
            read_weights(path, small())
        assert set(read_weights(path, small(), "pool")) == {"a"}  # what is not read cannot disturb


def test_a_flipped_byte_anywhere_is_refused_or_does_no_harm(tmp_path, rng):
    network = NETWORKS["resnet50"](channels=1)
    save_weights(
        tmp_path / "own.h5",
        network,
        arrays_of(network, rng, "conv1_conv", "conv1_bn"),
        caffe((224, 224), 1),
        "",
        "",
    )
    wanted, data = (
        read_weights(tmp_path / "own.h5", network, "conv1_relu"),
        (tmp_path / "own.h5").read_bytes(),
    )
    refused = 0
    for place in range(0, len(data), len(data) // 60):  # a process each
        (tmp_path / "flipped.h5").write_bytes(
            data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]
        )
        try:
            assert_same(read_weights(tmp_path / "flipped.h5", network, "conv1_relu"), wanted)
        except UserError as error:
            assert "flipped.h5" in str(error) and "\n" not in str(error)
            refused += 1
    assert 0 < refused < 60


def test_only_what_the_target_needs_is_read(own):
    path, arrays = own
    with h5py.File(path, "r+") as file:
        change_values(file)
    assert_same(read_weights(path, small(), "pool"), {"a": arrays["a"]})
    assert_same(read_weights(path, small(), ["a", "pool"]), {"a": arrays["a"]})
    assert list(load_weights(path, small(), "a")) == ["a"]
    for target in ("b", "c", ["a", "b"], None):
        with pytest.raises(UserError, match="b/kernel does not have its digest"):
            read_weights(path, small(), target)


ATTRIBUTES = {  # a root attribute, what is put there (None: it is removed)
    "no mean": ("mean", None),
    "no network": ("network", None),
    "no version": ("version", None),
    "no digest": ("sha256", None),
    "order": ("order", "hsv"),
    "short mean": ("mean", [1.0, 2.0]),
    "NaN in mean": ("mean", [1.0, 2.0, np.nan]),
    "scale 0": ("scale", [1.0, 0.0, 1.0]),
    "no height": ("size", [0, 8]),
    "one side": ("size", [8]),
    "resize": ("resize", 7),
    "newer": ("version", 99),
    "version in words": ("version", "one"),
    "words for numbers": ("size", ["eight", "eight"]),
}


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_attributes_that_cannot_be_are_refused(own, attribute):
    name, value = ATTRIBUTES[attribute]
    with h5py.File(own[0], "r+") as file:
        del file.attrs[name]
        if value is not None:
            file.attrs[name] = value
    with pytest.raises(UserError, match="own.h5"):
        read_weights(own[0], small())


# Keras's files


def keras_layout(path, layers, as_text=lambda names: np.array(names, "S")) -> Path:
    """A file as Keras 1 and 2 lay it out: layers is {layer: {name of a weight: values}}."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = as_text(list(layers))
        for layer, weights in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = as_text(list(weights)) if weights else np.array([], "S1")
            for name, values in weights.items():
                group.create_dataset(name, data=values)
    return path


NAMES = {  # how versions of Keras name the kernel and the bias of a layer
    "Keras 1": lambda layer: (f"{layer}_W_1:0", f"{layer}_b_1:0"),
    "Keras 2": lambda layer: (f"{layer}/kernel:0", f"{layer}/bias:0"),
    "nested": lambda layer: (f"{layer}/{layer}/kernel:0", f"{layer}/{layer}/bias:0"),
    "Keras 3": lambda layer: ("kernel", "bias"),
    "without a number": lambda layer: (f"{layer}/kernel", f"{layer}/bias"),
    "of other words": lambda layer: ("w", "a"),
}


@pytest.mark.parametrize("version", NAMES)
def test_parameters_go_by_layer_and_order_whatever_their_names(tmp_path, rng, version):
    arrays = arrays_of(small(), rng)
    path = keras_layout(
        tmp_path / "keras.h5",
        {layer: dict(zip(NAMES[version](layer), p.values())) for layer, p in arrays.items()},
    )
    found = read_weights(path, small())
    assert_same(found, arrays)
    assert found.digest == hashlib.sha256(
        path.read_bytes()
    ).hexdigest() and found.preprocessing == caffe((8, 8))
    assert list(read_weights(path, small(), "pool")) == ["a"]


def test_names_may_be_text_or_bytes_and_long_lists_may_be_split(tmp_path, rng):
    arrays = arrays_of(branched(), rng)
    as_text = lambda names: np.array(names, h5py.string_dtype())
    path = keras_layout(tmp_path / "keras.h5", arrays, as_text)
    assert_same(read_weights(path, branched()), arrays)
    with h5py.File(path, "r+") as file:
        names = file.attrs["layer_names"]
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:2], names[2:]
    assert_same(read_weights(path, branched()), arrays)


def test_layers_that_come_in_another_order_find_their_place(tmp_path, rng):
    arrays = arrays_of(branched(), rng)  # Keras lists layers by depth and not as they are computed
    assert_same(
        read_weights(
            keras_layout(tmp_path / "keras.h5", dict(reversed(arrays.items()))), branched()
        ),
        arrays,
    )


def shapes_only(path, network: Network, *without: str) -> Path:
    """A Keras file of a network's shapes, its values never written: HDF5 takes no room for them."""
    with h5py.File(path, "w") as file:
        layers = {layer: p for layer, p in network.parameters().items() if layer not in without}
        file.attrs["layer_names"] = np.array(list(layers), "S")
        for layer, p in layers.items():
            file.create_group(layer).attrs["weight_names"] = np.array(list(p), "S")
            for name, shape in p.items():
                file[layer].create_dataset(name, shape, np.float32)
    assert path.stat().st_size < 1 << 20
    return path


@pytest.mark.parametrize("name", NETWORKS)
def test_a_keras_file_tells_its_network_channels_and_classes(tmp_path, name):
    network = NETWORKS[name](channels=5, classes=11)
    path = shapes_only(tmp_path / "keras.h5", network)
    assert network_in(path) == network_in(path, name) == network
    head = [node.name for node in network.nodes if isinstance(node.layer, Dense)]
    assert network_in(shapes_only(tmp_path / "notop.h5", network, *head)) == NETWORKS[name](
        channels=5
    )


@pytest.mark.parametrize("size", [32, 96, 224, 320])
def test_a_dense_head_tells_the_size_of_the_input(tmp_path, size):
    network = NETWORKS["vgg19"](size=(size, size))
    assert network_in(shapes_only(tmp_path / "keras.h5", network)) == network


@pytest.fixture(scope="module")
def keras_models(tmp_path_factory):
    """Files that Keras itself wrote, with and without the head: {name: (model, path, path without the head)}."""
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    folder, rng, made = tmp_path_factory.mktemp("keras"), np.random.default_rng(5), {}
    for name, make, last in (
        ("vgg16", keras.applications.VGG16, "block5_pool"),
        ("resnet50", keras.applications.ResNet50, "conv5_block3_out"),
    ):
        model = make(weights=None, input_shape=(32, 32, 5), classes=7)
        for (
            variable
        ) in model.weights:  # as Keras makes them, biases are 0, and gamma and variance both 1
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
    "name, head", [("vgg16", ["fc1", "fc2", "predictions"]), ("resnet50", ["predictions"])]
)
def test_files_that_keras_wrote_hold_what_keras_had(keras_models, name, head):
    model, path, notop = keras_models[name]
    # ResNet's head is a mean over all positions and tells no size
    network = NETWORKS[name](
        channels=5, classes=7, **({"size": (32, 32)} if name == "vgg16" else {})
    )
    assert network_in(path) == network
    whole, part = read_weights(path, network), read_weights(notop, network)
    assert list(whole) == [layer for layer in network.parameters()]
    assert list(part) == [layer for layer in whole if layer not in head]
    assert whole.ignored == part.ignored == ()
    wanted = {
        layer: dict(zip(p, model.get_layer(layer).get_weights()))
        for layer, p in network.parameters().items()
    }
    assert_same(whole, wanted)
    assert_same(part, {layer: wanted[layer] for layer in part})
    for target in head:
        with pytest.raises(
            UserError, match=f"{head[0]}/kernel .* is missing; .*layers up to .* can be had"
        ):
            read_weights(notop, network, target)


def test_optimizer_state_and_unknown_layers_are_named_and_left_alone(tmp_path):
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
    legacy_h5_format.save_model_to_hdf5(model, tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5") as file:
        assert {"model_weights", "optimizer_weights"} <= set(file)  # or this would test nothing
    found = read_weights(tmp_path / "model.h5", small())
    assert sorted(found.ignored) == [
        "extra",
        "optimizer_weights",
    ]  # layers without weights are no news
    assert_same(
        found,
        {
            name: dict(zip(("kernel", "bias"), model.get_layer(name).get_weights()))
            for name in "abc"
        },
    )


# what may be wrong with either


def as_own(path, arrays) -> None:
    save_weights(path, small(), arrays, PREPROCESSING, "here", "free")


FORMATS = {"own": as_own, "keras": keras_layout}


@pytest.fixture(params=FORMATS)
def write(request, tmp_path):
    """Writes arrays in one of the formats and returns the path; with HDF5 alone, so that they may be anything."""

    def written(arrays):
        path = tmp_path / f"{request.param}.h5"
        FORMATS[request.param](path, arrays)
        return path

    return written


def test_an_earlier_layer_is_read_without_the_later_ones(write, rng):
    arrays = arrays_of(small(), rng)
    arrays["b"]["kernel"] = np.full((3, 3, 4, 5), 7, np.float32)
    path = write(arrays)
    data = path.read_bytes()
    with h5py.File(path, "r+") as file:
        values = file["b/kernel"]
        values[...] = np.nan
    assert_same(read_weights(path, small(), "a"), {"a": arrays["a"]})
    with pytest.raises(UserError, match="b/kernel"):
        read_weights(path, small(), "b")
    path.write_bytes(data)
    assert_same(read_weights(path, small(), "b"), {layer: arrays[layer] for layer in "ab"})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused_in_keras_files(tmp_path, rng, value):
    arrays = arrays_of(small(), rng)
    arrays["b"]["kernel"][0, 1, 2, 3] = arrays["c"]["bias"][1] = value
    path = keras_layout(tmp_path / "keras.h5", arrays)
    with pytest.raises(
        UserError,
        match="b/kernel has values that are no numbers .*c/bias has values that are no numbers",
    ):
        read_weights(path, small())


def test_values_that_are_no_numbers_are_refused_though_their_digests_are_right(own):
    path, arrays = own
    values = arrays["b"]["bias"]
    values[2] = np.nan
    with h5py.File(path, "r+") as file:
        file["b/bias"][...] = values
        file["b/bias"].attrs["sha256"] = hashlib.sha256(values.tobytes()).hexdigest()
        lines = sorted(
            f"{layer}/{name} f4 {'x'.join(map(str, file[layer][name].shape))} "
            f"{np.array(file[layer][name].attrs['sha256']).astype('U')}"
            for layer in file
            if layer != "@network"
            for name in file[layer]
        )
        file.attrs["sha256"] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    with pytest.raises(UserError, match="b/bias has values that are no numbers"):
        read_weights(path, small())


def test_whole_numbers_are_no_weights(tmp_path, rng):
    arrays = arrays_of(small(), rng)
    arrays["a"]["bias"] = np.arange(4)
    arrays["b"]["kernel"] = arrays["b"]["kernel"].astype(bool)
    with pytest.raises(
        UserError, match="a/bias is of int64, needs floating point; b/kernel is of bool"
    ):
        read_weights(keras_layout(tmp_path / "keras.h5", arrays), small())


def test_a_missing_head_is_no_mistake_but_a_gap_is(write, rng):
    arrays = arrays_of(small(), rng)
    headless = write({layer: arrays[layer] for layer in "ab"})
    assert list(read_weights(headless, small())) == ["a", "b"]
    with pytest.raises(
        UserError,
        match=r"c/kernel \[80, 2\] is missing; c/bias \[2\] is missing; layers up to b can be had",
    ):
        read_weights(headless, small(), "c")
    gap = write({layer: arrays[layer] for layer in "ac"})
    assert list(read_weights(gap, small(), "pool")) == ["a"]
    for target in (None, "b", "c"):
        with pytest.raises(
            UserError, match=r"b/kernel \[3, 3, 4, 5\] is missing; b/bias \[5\] is missing"
        ):
            read_weights(gap, small(), target)


def test_all_mismatches_stand_in_one_message(write, rng):
    arrays = arrays_of(small(), rng)
    arrays["a"]["kernel"] = arrays["a"]["kernel"][:, :, :2]
    arrays["b"]["bias"] = arrays["b"]["bias"][:3]
    del arrays["c"]["bias"]
    with pytest.raises(UserError) as error:
        read_weights(write(arrays), small(), "c")
    assert "a/kernel is [3, 3, 2, 4], needs [3, 3, 3, 4]; b/bias is [3], needs [5]; c/bias" in str(
        error.value
    )


def test_weights_too_many_are_a_mismatch_too(write, rng):
    arrays = arrays_of(small(), rng)
    arrays["a"]["kernel"] = arrays["a"]["kernel"][:, :, :2]
    arrays["b"]["more"] = np.zeros(5, np.float32)
    with pytest.raises(UserError, match="a/kernel .*needs.*; b"):
        read_weights(write(arrays), small())


def test_a_long_list_of_mismatches_is_cut_and_counted(tmp_path):
    path = shapes_only(tmp_path / "keras.h5", NETWORKS["vgg16"](classes=3))
    with h5py.File(path, "r+") as file:
        for layer in file:
            del file[layer]["kernel"]
            file[layer].create_dataset("kernel", (1,), np.float32)
    with pytest.raises(
        UserError, match="block1_conv1/kernel is .*; and 9 more$"
    ):  # 16 kernels and a bias, less the 8 told
        read_weights(path, NETWORKS["vgg16"]())


def test_weights_of_unknown_layers_say_what_they_are(tmp_path, rng):
    path = keras_layout(tmp_path / "keras.h5", arrays_of(small(), rng))
    for read in (
        lambda: read_weights(path, NETWORKS["vgg16"](), "block1_conv1"),
        lambda: network_in(path),
    ):
        with pytest.raises(UserError, match="holds none of the layers of .*it has a, b, c"):
            read()


@pytest.mark.parametrize(
    "told, asked, target",
    [
        ("vgg19", "vgg16", "block4_conv2"),
        ("resnet101", "resnet50", "conv5_block1_out"),
        ("resnet152", "resnet101", "conv4_block1_out"),
    ],
)
def test_a_keras_file_of_another_network_is_refused_though_its_layers_fit(
    tmp_path, told, asked, target
):
    # block4_conv2 of vgg16 from vgg19's file would lack block3_conv4 below it: a picture, plausible and wrong
    path = shapes_only(tmp_path / "keras.h5", NETWORKS[told]())
    with pytest.raises(UserError, match=f"{told}, not {asked}"):
        read_weights(path, NETWORKS[asked](), target)


@pytest.mark.parametrize(
    "name, target",
    [
        ("vgg19", "block1_conv2"),
        ("resnet50", "conv2_block1_out"),
        ("resnet152", "conv2_block1_out"),
    ],
)
def test_a_keras_file_that_ends_early_is_taken_for_any_network_it_fits(tmp_path, name, target):
    # the first layers of deeper and of shallower networks are the same: nothing in the file speaks against the one asked for
    network = NETWORKS[name]()
    needed = {node.name for node in network.up_to(target)}
    path = shapes_only(
        tmp_path / "keras.h5",
        network,
        *(layer for layer in network.parameters() if layer not in needed),
    )
    assert (
        set(read_weights(path, network, target))
        == set(read_weights(path, network))
        == needed & network.parameters().keys()
    )
    assert network_in(path, name) == network


def outside(tmp_path, arrays) -> Path:
    """A second file, to be pointed at."""
    return keras_layout(tmp_path / "outside.h5", arrays)


def link_dataset(file, other):
    del file["b/kernel"]
    file["b/kernel"] = h5py.ExternalLink(other, "/b/kernel")


def link_group(file, other):
    del file["b"]
    file["b"] = h5py.ExternalLink(other, "/b")


def virtual(file, other):
    layout = h5py.VirtualLayout((3, 3, 4, 5), np.float32)
    layout[...] = h5py.VirtualSource(other, "b/kernel", (3, 3, 4, 5))
    del file["b/kernel"]
    file["b"].create_virtual_dataset("kernel", layout)


def raw(file, other):
    Path(other).with_suffix(".raw").write_bytes(bytes(720))
    del file["b/kernel"]
    file["b"].create_dataset(
        "kernel",
        (3, 3, 4, 5),
        np.float32,
        external=[(str(Path(other).with_suffix(".raw")), 0, 720)],
    )


@pytest.mark.parametrize("point", [link_dataset, link_group, virtual, raw])
def test_values_in_another_file_are_not_followed(tmp_path, write, rng, point):
    arrays = arrays_of(small(), rng)
    path, other = write(arrays), str(outside(tmp_path, arrays))
    with h5py.File(path) as file:
        digests = {name: dict(file[name].attrs) for name in ("b", "b/kernel", "b/bias")}
    with h5py.File(other, "r+") as file:  # the other file has all that this one had, digests too
        for name, attributes in digests.items():
            file[name].attrs.update(attributes)
    with h5py.File(path, "r+") as file:
        point(file, other)
        if point in (virtual, raw):
            file["b/kernel"].attrs.update(digests["b/kernel"])
        assert file["b/kernel"].shape == (3, 3, 4, 5)  # it can be followed
    with pytest.raises(UserError, match="another file"):
        read_weights(path, small())


def test_model_weights_in_another_file_are_not_followed(tmp_path, rng):
    other = outside(tmp_path, arrays_of(small(), rng))
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file["model_weights"] = h5py.ExternalLink(str(other), "/")
    with pytest.raises(UserError, match="another file"):
        read_weights(tmp_path / "keras.h5", small())


def test_a_truncated_file_is_refused_wherever_it_ends(write, rng):
    path = write(arrays_of(small(), rng))
    data = path.read_bytes()
    for length in {
        *range(0, len(data), len(data) // 20),
        len(data) - 1,
    }:  # a process each, and another
        path.write_bytes(data[:length])
        with pytest.raises(UserError, match=path.name):
            read_weights(path, small())
        with pytest.raises(UserError, match=path.name):
            network_in(path)


def plain_hdf5(path):
    with h5py.File(path, "w") as file:
        file["a/kernel"] = np.zeros((3, 3, 3, 4), np.float32)


def keras_3(path):
    import keras

    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save_weights(path)


def lying_names(path):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"a", b"b"]
        file.create_group("a").attrs["weight_names"] = [b"kernel", b"bias"]


def a_dataset_for_a_layer(path):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"a"]
        file["a"] = np.zeros(3)


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda path: None, "No such file"),
        (Path.mkdir, "cannot read"),
        (Path.touch, "no HDF5 file"),
        (lambda path: path.write_text("kernel"), "no HDF5 file"),
        (lambda path: path.write_bytes(b"PK" + bytes(99)), "no HDF5 file"),
        (plain_hdf5, "not of weights"),
        (keras_3, "model.save"),
        (lying_names, "missing"),
        (a_dataset_for_a_layer, "w.wei"),
    ],
    ids=[
        "missing",
        "directory",
        "empty",
        "text",
        "zip",
        "other HDF5",
        "Keras 3's own",
        "lying names",
        "dataset",
    ],
)
def test_what_is_no_weight_file_is_told_in_one_line_that_names_it(tmp_path, make, says):
    path = tmp_path / "w.weights.h5"
    make(path)
    for read in (lambda: read_weights(path, small()), lambda: network_in(path)):
        with pytest.raises(UserError, match=says) as error:
            read()
        assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_an_unknown_target_is_told(own):
    with pytest.raises(UserError, match="no layer 'bb'. Did you mean 'b'"):
        read_weights(own[0], small(), "bb")
