"""The project's own weight file: what was saved is read, and its digests find any damage."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
from weight_files import PREPROCESSING, assert_same, random_arrays, save_native, small_network

from tfdeconv import load_weights
from tfdeconv.data.preprocessing import PRESETS, caffe
from tfdeconv.errors import UserError
from tfdeconv.network.graph import Builder
from tfdeconv.network.layers import Conv, ZeroPad
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.weights.native_write import save_weights
from tfdeconv.zoo import NETWORKS

ROOT = Path(__file__).parents[2]
SMALL = small_network()


@pytest.fixture
def arrays(rng):
    return random_arrays(SMALL, rng)


@pytest.fixture
def path(tmp_path, arrays) -> Path:
    """A file with these arrays."""
    save_native(tmp_path / "own.h5", arrays)
    return tmp_path / "own.h5"


# what was saved is read


@pytest.mark.parametrize("half, dtype", [(False, np.float32), (True, np.float16)])
def test_what_was_saved_is_read(tmp_path, arrays, half, dtype):
    path = tmp_path / "own.h5"
    digest = save_weights(path, SMALL, arrays, PREPROCESSING, "here, ©", "free", half)
    stored = {}
    for layer, parameters in arrays.items():
        stored[layer] = {name: values.astype(dtype) for name, values in parameters.items()}
    weights = read_weights(path, SMALL)
    assert_same(weights, stored)
    for parameters in weights.values():
        assert {values.dtype for values in parameters.values()} == {np.dtype(dtype)}
    assert (weights.preprocessing, weights.digest) == (PREPROCESSING, digest)
    assert (weights.source, weights.licence) == ("here, ©", "free")


@pytest.mark.parametrize("half", [False, True])
def test_loaded_weights_are_float32_tensors(tmp_path, arrays, half):
    path = tmp_path / "own.h5"
    digest = save_native(path, arrays, half)
    weights = load_weights(path, SMALL)
    for parameters in weights.values():
        assert {tensor.dtype for tensor in parameters.values()} == {tf.float32}
    assert_same(weights, read_weights(path, SMALL, dtype=np.float32))
    assert (weights.preprocessing, weights.digest, len(weights)) == (PREPROCESSING, digest, 3)


@pytest.mark.parametrize("half, code", [(False, "f4"), (True, "f2")])
def test_digest_is_that_of_the_values_alone(tmp_path, arrays, half, code):
    digest = save_native(tmp_path / "one.h5", arrays, half)
    backwards = dict(reversed(arrays.items()))
    other = caffe((9, 9)), "there", "dear", half
    assert save_weights(tmp_path / "two.h5", SMALL, backwards, *other) == digest
    # sorted lines of name, dtype, shape and the sha256 of the little-endian bytes in C order
    lines = []
    for layer, parameters in arrays.items():
        for name, values in parameters.items():
            sides = "x".join(map(str, values.shape))
            values_digest = hashlib.sha256(values.astype("<" + code).tobytes()).hexdigest()
            lines.append(f"{layer}/{name} {code} {sides} {values_digest}")
    root = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    with h5py.File(tmp_path / "one.h5") as file:
        assert file.attrs["sha256"].decode() == root
    arrays["b"]["bias"][3] += 1
    assert save_native(tmp_path / "three.h5", arrays, half) != digest


def test_another_network_has_another_digest(tmp_path, arrays):
    """Of the same weights: one without a layer that has none."""
    nodes = list(SMALL.nodes)
    first = replace(nodes[0], layer=replace(nodes[0].layer, activation=None))
    other = replace(SMALL, nodes=(first, *nodes[1:]))
    digest = save_native(tmp_path / "one.h5", arrays)
    save_weights(tmp_path / "two.h5", other, arrays, PREPROCESSING, "", "")
    one, two = (read_weights(tmp_path / name) for name in ("one.h5", "two.h5"))
    assert digest == one.digest != two.digest
    with h5py.File(tmp_path / "one.h5") as file:
        assert one.earlier_digest == two.earlier_digest == file.attrs["sha256"].decode()


def test_same_weights_make_the_same_file(tmp_path, arrays):
    for name in ("one.h5", "two.h5"):
        save_native(tmp_path / name, arrays)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["one.h5", "two.h5"]


def test_order_in_memory_does_not_matter(tmp_path, arrays):
    fortran = {}
    for layer, parameters in arrays.items():
        fortran[layer] = {
            name: np.asfortranarray(values).astype(">f8") for name, values in parameters.items()
        }
    digest = save_native(tmp_path / "one.h5", arrays)
    assert save_native(tmp_path / "two.h5", fortran) == digest
    assert_same(read_weights(tmp_path / "two.h5", SMALL), arrays)


# what cannot be saved


def test_values_beyond_half_precision_are_refused(tmp_path, arrays, recwarn):
    arrays["b"]["bias"][0] = 70000  # float16 ends at 65504
    with pytest.raises(UserError, match="b/bias.*half"):
        save_native(tmp_path / "own.h5", arrays, half=True)
    assert os.listdir(tmp_path) == []
    # a warning would be a second line on the user's screen
    assert not recwarn.list


@pytest.mark.parametrize("half", [False, True])
def test_infinite_values_are_not_saved(tmp_path, arrays, half):
    arrays["b"]["bias"][0] = np.inf
    with pytest.raises(UserError, match="b/bias has values that are NaN or infinite"):
        save_native(tmp_path / "own.h5", arrays, half)
    assert os.listdir(tmp_path) == []


def test_network_that_cannot_be_described_is_refused(tmp_path):
    net = Builder("dot", (8, 8, 3))
    net.add(".", Conv(2, 1))
    arrays = {".": {"kernel": np.zeros((1, 1, 3, 2)), "bias": np.zeros(2)}}
    preprocessing = PRESETS["none"]((8, 8), 3)
    with pytest.raises(UserError, match="cannot hold"):
        save_weights(tmp_path / "w.h5", net.network(), arrays, preprocessing, "", "")
    assert os.listdir(tmp_path) == []


# the network it is for


def test_file_states_its_network(tmp_path, rng):
    network = NETWORKS["alexnet"](channels=2, classes=47, size=(131, 195))
    path = tmp_path / "own.h5"
    arrays = random_arrays(network, rng, "conv1")
    save_weights(path, network, arrays, caffe((131, 195), 2), "here", "free")
    assert network_in(path) == network_in(path, "alexnet") == network
    with pytest.raises(UserError, match="holds alexnet, not vgg16"):
        network_in(path, "vgg16")
    with pytest.raises(UserError, match="holds alexnet, not vgg16"):
        read_weights(path, NETWORKS["vgg16"]())


def test_file_describes_a_network_of_the_user(path):
    assert network_in(path) == SMALL
    # as of version 1, which has no description
    with h5py.File(path, "r+") as file:
        del file["@network"]
    with pytest.raises(UserError, match="'small'.*There are: vgg16"):
        network_in(path)


def test_converted_model_is_still_the_built_in_network(tmp_path, rng):
    """Keras's own ResNet50, read from its description, has no variant."""
    net = Builder("resnet50", (32, 32, 3))
    net.add("conv1_pad", ZeroPad(((3, 3), (3, 3))))
    net.add("conv1_conv", Conv(64, 7, stride=2))
    arrays = {"conv1_conv": {"kernel": rng.standard_normal((7, 7, 3, 64)), "bias": np.zeros(64)}}
    path = tmp_path / "w.h5"
    save_weights(path, net.network(), arrays, PRESETS["caffe"]((32, 32), 3), "", "")
    # asked for by name it is the usual one
    assert list(read_weights(path, NETWORKS["resnet50"](), "conv1_conv")) == ["conv1_conv"]


def test_file_of_another_variant_is_refused(tmp_path):
    path = tmp_path / "w.h5"
    network = NETWORKS["resnet50"](variant="torchvision")
    save_weights(path, network, {}, PRESETS["torch"]((224, 224), 3), "", "")
    with pytest.raises(UserError, match="of variant torchvision, not keras"):
        read_weights(path, NETWORKS["resnet50"](), "conv1_conv")
    with pytest.raises(UserError, match="of variant torchvision, not keras"):
        network_in(path, "resnet50", "keras")


def test_committed_weights_are_vgg16s_in_half_precision():
    path = ROOT / "weights" / "vgg16.h5"
    network = network_in(path)
    assert network == NETWORKS["vgg16"]()
    weights = read_weights(path, network, "block1_conv2")
    assert weights["block1_conv2"]["kernel"].dtype == np.float16
    assert weights.preprocessing == caffe((224, 224)) and weights.source and weights.licence


# damage


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
    stored = file.create_dataset("b/bias", data=values)
    stored.attrs["sha256"] = hashlib.sha256(values.tobytes()).hexdigest()


DAMAGES = [
    change_values,
    change_digest,
    change_root_digest,
    add_dataset,
    add_dataset_without_digest,
    rename_dataset,
    remove_dataset,
    change_dtype,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_file_without_its_digests_is_refused(path, damage):
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(UserError, match="own.h5"):
        read_weights(path, SMALL)


def test_flipped_byte_among_the_values_is_found(path):
    with h5py.File(path) as file:
        chunk = file["b/kernel"].id.get_chunk_info(0)
    data = path.read_bytes()
    for offset in range(chunk.byte_offset, chunk.byte_offset + chunk.size, 97):
        path.write_bytes(data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :])
        with pytest.raises(UserError, match="own.h5"):
            read_weights(path, SMALL)
        # what is not read cannot disturb
        assert set(read_weights(path, SMALL, "pool")) == {"a"}


def test_flipped_byte_is_refused_or_harmless(tmp_path, rng):
    network = NETWORKS["resnet50"](channels=1)
    path = tmp_path / "own.h5"
    arrays = random_arrays(network, rng, "conv1_conv", "conv1_bn")
    save_weights(path, network, arrays, caffe((224, 224), 1), "", "")
    expected = read_weights(path, network, "conv1_relu")
    data = path.read_bytes()
    flipped = tmp_path / "flipped.h5"
    refused = 0
    # each takes a process
    for offset in range(0, len(data), len(data) // 60):
        flipped.write_bytes(data[:offset] + bytes([data[offset] ^ 255]) + data[offset + 1 :])
        try:
            assert_same(read_weights(flipped, network, "conv1_relu"), expected)
        except UserError as error:
            assert "flipped.h5" in str(error) and "\n" not in str(error)
            refused += 1
    assert 0 < refused < 60


def test_only_what_the_target_needs_is_read(path, arrays):
    with h5py.File(path, "r+") as file:
        change_values(file)
    assert_same(read_weights(path, SMALL, "pool"), {"a": arrays["a"]})
    assert_same(read_weights(path, SMALL, ["a", "pool"]), {"a": arrays["a"]})
    assert list(load_weights(path, SMALL, "a")) == ["a"]
    for target in ("b", "c", ["a", "b"], None):
        with pytest.raises(
            UserError, match="b/kernel is damaged: its values do not have their digest"
        ):
            read_weights(path, SMALL, target)


# a root attribute, and what is put there (None: it is removed)
ATTRIBUTES = {
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
def test_impossible_attributes_are_refused(path, attribute):
    name, value = ATTRIBUTES[attribute]
    with h5py.File(path, "r+") as file:
        del file.attrs[name]
        if value is not None:
            file.attrs[name] = value
    with pytest.raises(UserError, match="own.h5"):
        read_weights(path, SMALL)


def test_infinite_values_are_refused_with_right_digests(path, arrays):
    values = arrays["b"]["bias"]
    values[2] = np.nan
    with h5py.File(path, "r+") as file:
        file["b/bias"][...] = values
        file["b/bias"].attrs["sha256"] = hashlib.sha256(values.tobytes()).hexdigest()
        lines = []
        for layer, parameters in arrays.items():
            for name in parameters:
                sides = "x".join(map(str, file[layer][name].shape))
                digest = np.array(file[layer][name].attrs["sha256"]).astype("U")
                lines.append(f"{layer}/{name} f4 {sides} {digest}")
        root_digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
        file.attrs["sha256"] = root_digest
    with pytest.raises(UserError, match="b/bias has values that are NaN or infinite"):
        read_weights(path, SMALL)
