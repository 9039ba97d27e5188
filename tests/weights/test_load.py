"""What may be missing, left over or wrong in the values of a file, whichever the format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from weight_files import (
    assert_same,
    random_arrays,
    save_keras,
    save_keras_shapes,
    save_native,
    small_network,
)

from tfdeconv.errors import UserError
from tfdeconv.formats import hdf5_process
from tfdeconv.weights.load import read_weights
from tfdeconv.zoo import NETWORKS

ROOT = Path(__file__).parents[2]
SMALL = small_network()
WRITERS = {"own": save_native, "keras": save_keras}


@pytest.fixture
def arrays(rng):
    return random_arrays(SMALL, rng)


@pytest.fixture(params=WRITERS)
def write(request, tmp_path):
    """Writes arrays in one of the formats and returns the path."""

    def write(arrays):
        path = tmp_path / f"{request.param}.h5"
        WRITERS[request.param](path, arrays)
        return path

    return write


@pytest.fixture
def write_any(tmp_path):
    """Writes arrays of any shapes as Keras lays them out; the project's own writer refuses them."""
    return lambda arrays: save_keras(tmp_path / "keras.h5", arrays)


def test_earlier_layer_is_read_without_later_ones(write, arrays):
    arrays["b"]["kernel"] = np.full((3, 3, 4, 5), 7, np.float32)
    path = write(arrays)
    data = path.read_bytes()
    with h5py.File(path, "r+") as file:
        file["b/kernel"][...] = np.nan
    assert_same(read_weights(path, SMALL, "a"), {"a": arrays["a"]})
    with pytest.raises(UserError, match="b/kernel"):
        read_weights(path, SMALL, "b")
    path.write_bytes(data)
    assert_same(read_weights(path, SMALL, "b"), {layer: arrays[layer] for layer in "ab"})


def test_committed_file_needs_another_process_too(monkeypatch):
    def refuse(path):
        raise UserError(f"{path} is read in another process")

    monkeypatch.setattr(hdf5_process, "open_in_subprocess", refuse)
    with pytest.raises(UserError, match="vgg16.h5 is read in another process"):
        read_weights(ROOT / "weights" / "vgg16.h5")


# values


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_infinite_values_are_refused(write_any, arrays, value):
    arrays["b"]["kernel"][0, 1, 2, 3] = value
    arrays["c"]["bias"][1] = value
    problem = "has values that are NaN or infinite"
    with pytest.raises(UserError, match=f"b/kernel {problem}; c/bias {problem}"):
        read_weights(write_any(arrays), SMALL)


def test_whole_numbers_are_no_weights(write_any, arrays):
    arrays["a"]["bias"] = np.arange(4)
    arrays["b"]["kernel"] = arrays["b"]["kernel"].astype(bool)
    message = "a/bias is of int64, needs floating point; b/kernel is of bool"
    with pytest.raises(UserError, match=message):
        read_weights(write_any(arrays), SMALL)


# what is missing or left over


def test_missing_head_is_no_mistake(write, arrays):
    path = write({layer: arrays[layer] for layer in "ab"})
    assert list(read_weights(path, SMALL)) == ["a", "b"]
    missing = r"c/kernel \[80, 2\] is missing; c/bias \[2\] is missing"
    message = f"{missing}; layers up to b can be read from it"
    with pytest.raises(UserError, match=message):
        read_weights(path, SMALL, "c")


def test_gap_is_a_mistake(write, arrays):
    path = write({layer: arrays[layer] for layer in "ac"})
    assert list(read_weights(path, SMALL, "pool")) == ["a"]
    message = r"b/kernel \[3, 3, 4, 5\] is missing; b/bias \[5\] is missing"
    for target in (None, "b", "c"):
        with pytest.raises(UserError, match=message):
            read_weights(path, SMALL, target)


def test_all_mismatches_stand_in_one_message(write_any, arrays):
    arrays["a"]["kernel"] = arrays["a"]["kernel"][:, :, :2]
    arrays["b"]["bias"] = arrays["b"]["bias"][:3]
    del arrays["c"]["bias"]
    with pytest.raises(UserError) as error:
        read_weights(write_any(arrays), SMALL, "c")
    message = "a/kernel is [3, 3, 2, 4], needs [3, 3, 3, 4]; b/bias is [3], needs [5]; c/bias"
    assert message in str(error.value)


def test_parameters_too_many_are_a_mismatch(write_any, arrays):
    arrays["a"]["kernel"] = arrays["a"]["kernel"][:, :, :2]
    arrays["b"]["more"] = np.zeros(5, np.float32)
    with pytest.raises(UserError, match="a/kernel .*needs.*; b"):
        read_weights(write_any(arrays), SMALL)


def test_arrays_of_wrong_shapes_are_not_saved(tmp_path, arrays):
    arrays["a"]["kernel"] = arrays["a"]["kernel"][:, :, :2]
    arrays["b"]["more"] = np.zeros(5, np.float32)
    with pytest.raises(UserError, match="do not fit small: a/kernel .*needs.*; b"):
        save_native(tmp_path / "own.h5", arrays)


def test_long_lists_of_mismatches_are_cut(tmp_path):
    path = save_keras_shapes(tmp_path / "keras.h5", NETWORKS["vgg16"](classes=3))
    with h5py.File(path, "r+") as file:
        for layer in file:
            del file[layer]["kernel"]
            file[layer].create_dataset("kernel", (1,), np.float32)
    # 13 kernels of convolutions, less the 8 that are listed
    with pytest.raises(UserError, match="block1_conv1/kernel is .*; and 5 more$"):
        read_weights(path, replace(NETWORKS["vgg16"](), name="mine"))


def test_unknown_target_is_a_mistake(write, arrays):
    with pytest.raises(UserError, match="no layer 'bb'. Did you mean 'b'"):
        read_weights(write(arrays), SMALL, "bb")
