"""numpy's files, .npy and .npz: read as numpy reads them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from pickle_files import FLAT, LAYERS, assert_tensors, npy, old_npy, write_file

from tfdeconv.formats import pickled


def test_npy_of_python_2_is_what_numpy_reads(tmp_path):
    path = write_file(tmp_path / "x.npy", old_npy(LAYERS))
    assert pickled.recognises(path) == "npy"
    theirs = np.load(path, allow_pickle=True, encoding="latin1").item()
    np.testing.assert_array_equal(theirs["fc8"]["weights"], LAYERS["fc8"]["weights"])
    np.testing.assert_array_equal(theirs["fc8"]["biases"], LAYERS["fc8"]["biases"])
    assert_tensors(pickled.tensors(path), FLAT)


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("core", ["numpy._core", "numpy.core"])
def test_npy_of_python_3(tmp_path, protocol, core):
    array = np.array(None, object)
    array[()] = LAYERS
    content = pickle.dumps(array, protocol)
    if core == "numpy.core" and protocol < 4:  # a line, so that its length does not matter
        content = content.replace(b"numpy._core", b"numpy.core")
    assert_tensors(pickled.tensors(write_file(tmp_path / "x.npy", npy(content))), FLAT)
    np.save(tmp_path / "y.npy", np.array(LAYERS, object), allow_pickle=True)
    assert_tensors(pickled.tensors(tmp_path / "y.npy"), FLAT)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path, save):
    arrays = {
        "conv1/w": LAYERS["conv1"][0],
        "fc": LAYERS["fc8"]["weights"],
        "big": LAYERS["fc8"]["biases"],
    }
    save(tmp_path / "x.npz", **arrays, more=LAYERS, text=np.array(["a"]))
    assert pickled.recognises(tmp_path / "x.npz") == "npz"
    tensors = pickled.tensors(tmp_path / "x.npz")
    assert tensors.ignored == ("text",)
    pickled_ones = {}
    for name in list(tensors):
        if name.startswith("more."):
            pickled_ones[name.removeprefix("more.")] = tensors.pop(name)
    assert_tensors(tensors, arrays)
    assert_tensors(pickled_ones, FLAT)
