"""Files that point elsewhere, end early or are something else: refused in one line."""

from __future__ import annotations

from pathlib import Path

import file_formats
import graph_files
import h5py
import numpy as np
import pytest
from weight_files import assert_same, random_arrays, save_keras, save_native, small_network

from tfdeconv.errors import UserError
from tfdeconv.weights.load import network_in, read_weights
from tfdeconv.weights.native_write import save_weights

SMALL = small_network()
WRITERS = {"own": save_native, "keras": save_keras}


@pytest.fixture
def arrays(rng):
    return random_arrays(SMALL, rng)


@pytest.fixture(params=WRITERS)
def path(request, tmp_path, arrays) -> Path:
    """A file in one of the formats."""
    path = tmp_path / f"{request.param}.h5"
    WRITERS[request.param](path, arrays)
    return path


# values in another file


def link_dataset(file, other):
    del file["b/kernel"]
    file["b/kernel"] = h5py.ExternalLink(str(other), "/b/kernel")


def link_group(file, other):
    del file["b"]
    file["b"] = h5py.ExternalLink(str(other), "/b")


def make_virtual(file, other):
    layout = h5py.VirtualLayout((3, 3, 4, 5), np.float32)
    layout[...] = h5py.VirtualSource(str(other), "b/kernel", (3, 3, 4, 5))
    del file["b/kernel"]
    file["b"].create_virtual_dataset("kernel", layout)


def make_external(file, other):
    raw = other.with_suffix(".raw")
    raw.write_bytes(bytes(720))
    del file["b/kernel"]
    external = [(str(raw), 0, 720)]
    file["b"].create_dataset("kernel", (3, 3, 4, 5), np.float32, external=external)


@pytest.mark.parametrize("point", [link_dataset, link_group, make_virtual, make_external])
def test_values_in_another_file_are_not_followed(tmp_path, path, arrays, point):
    other = save_keras(tmp_path / "other.h5", arrays)
    with h5py.File(path) as file:
        digests = {name: dict(file[name].attrs) for name in ("b", "b/kernel", "b/bias")}
    # the other file has all that this one had, digests too
    with h5py.File(other, "r+") as file:
        for name, attributes in digests.items():
            file[name].attrs.update(attributes)
    with h5py.File(path, "r+") as file:
        point(file, other)
        if point in (make_virtual, make_external):
            file["b/kernel"].attrs.update(digests["b/kernel"])
        # it can be followed
        assert file["b/kernel"].shape == (3, 3, 4, 5)
    with pytest.raises(UserError, match="another file"):
        read_weights(path, SMALL)


def test_model_weights_in_another_file_are_not_followed(tmp_path, arrays):
    other = save_keras(tmp_path / "other.h5", arrays)
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file["model_weights"] = h5py.ExternalLink(str(other), "/")
    with pytest.raises(UserError, match="another file"):
        read_weights(tmp_path / "keras.h5", SMALL)


# files that end early, or are something else


def test_truncated_file_is_refused_wherever_it_ends(path):
    data = path.read_bytes()
    # each takes a process, and another
    for length in (*range(0, len(data), len(data) // 20), len(data) - 1):
        path.write_bytes(data[:length])
        for read in (lambda: read_weights(path, SMALL), lambda: network_in(path)):
            with pytest.raises(UserError, match=path.name):
                read()


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda path: None, "No such file"),
        (Path.mkdir, "a directory"),
        (Path.touch, "is not a weight file"),
        (lambda path: path.write_text("kernel"), "a text"),
        (lambda path: path.write_bytes(b"PK" + bytes(99)), "is not a weight file"),
    ],
    ids=["missing", "directory", "empty", "text", "zip"],
)
def test_anything_else_is_one_line(tmp_path, make, says):
    path = tmp_path / "w.weights.h5"
    make(path)
    for read in (lambda: read_weights(path, SMALL), lambda: network_in(path)):
        with pytest.raises(UserError, match=says) as error:
            read()
        assert str(path) in str(error.value) and "\n" not in str(error.value)


# the table of formats


@pytest.mark.parametrize("kind", file_formats.FORMATS)
def test_example_of_every_format_is_read(tmp_path, kind):
    form = file_formats.FORMATS[kind]
    for number, seed in enumerate(form.seeds()):
        path = tmp_path / f"{number}{form.suffix}"
        form.make(path, seed)
        form.read(path)


@pytest.mark.parametrize("kind", file_formats.FORMATS)
def test_half_a_file_of_every_format_is_refused(tmp_path, kind):
    form = file_formats.FORMATS[kind]
    for number, seed in enumerate(form.seeds()):
        path = tmp_path / f"{number}{form.suffix}"
        form.make(path, seed[: len(seed) // 2])
        with pytest.raises(UserError) as error:
            form.read(path)
        # a SavedModel is a folder beside
        assert str(tmp_path) in str(error.value) and "\n" not in str(error.value)


# those that hold the weights of the table's small network
@pytest.mark.parametrize("kind", ["own", "keras model", "keras archive"])
def test_formats_are_read_and_converted_alike(tmp_path, kind):
    network = file_formats.network()
    for number, seed in enumerate(file_formats.FORMATS[kind].seeds()):
        path = tmp_path / f"{number}"
        path.write_bytes(seed)
        weights = read_weights(path, network)
        expected = {}
        for layer, parameters in file_formats.arrays().items():
            expected[layer] = {}
            for name, values in parameters.items():
                # one of the project's own is in half precision
                dtype = weights[layer][name].dtype
                expected[layer][name] = values.astype(dtype)
        assert_same(weights, expected)
        converted = tmp_path / f"{number}.h5"
        save_weights(converted, network, weights, weights.preprocessing, "", "")
        assert_same(read_weights(converted, network), expected)
        assert read_weights(converted).preprocessing == weights.preprocessing


@pytest.mark.parametrize("linked", ["variables", "variables/variables.data-00000-of-00001"])
def test_saved_models_with_links_elsewhere_are_refused(tmp_path, linked):
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "model"
    for place in (elsewhere, folder / "variables"):
        place.mkdir(parents=True)
        for end in ("index", "data-00000-of-00001"):
            (place / f"variables.{end}").write_bytes(b"x")
    (folder / "saved_model.pb").write_bytes(graph_files.small_saved_model())
    place = folder / linked
    place.rename(tmp_path / "before")
    place.symlink_to(elsewhere / place.name if "/" in linked else elsewhere)
    with pytest.raises(UserError, match="a link to a file that is not in its own folder"):
        read_weights(folder)
