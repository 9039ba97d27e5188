"""Files that are given as something else: the line says which option is theirs."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tfdeconv.cli import describe
from tfdeconv.data import images
from tfdeconv.errors import UserError
from tfdeconv.formats.purposes import RUN, WEIGHTS
from tfdeconv.scan import run_file
from tfdeconv.weights.detect import open_weights


def read_weights(path):
    with open_weights(path):
        pass


def read_image(path):
    images.decode(path, 3)


READERS = {"weights": read_weights, "run": run_file.load, "image": read_image}


def save_own(path, kind):
    with h5py.File(path, "w") as file:
        file.attrs["format"] = np.bytes_(kind)
        file["values"] = np.zeros((8, 8, 3))


def save_keras(path):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv"]
        file["values"] = np.zeros((8, 8, 3))


MAKERS = {
    "run.h5": lambda path: save_own(path, RUN),
    "own.h5": lambda path: save_own(path, WEIGHTS),
    "keras.h5": save_keras,
    "net.onnx": lambda path: path.write_bytes(b"\x08\x07"),
    "photo.png": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"),
}


@pytest.mark.parametrize(
    "name, given_as, says",
    [
        ("run.h5", "weights", "is a run of scan.py, not weights: give it as --run"),
        ("run.h5", "image", "is a run of scan.py, not images: give it as --run"),
        ("own.h5", "run", "weight file of this program, not a run of scan.py: give it as --weig"),
        ("own.h5", "image", "a weight file of this program, not images: give it as --weights"),
        ("keras.h5", "image", "a weight file or model of Keras, not images: give it as --weights"),
        ("net.onnx", "image", "by its name, not a photo: give it as --weights"),
        ("net.onnx", "run", "by its name, not a run of scan.py: give it as --weights"),
        ("photo.png", "run", "is not a run of scan.py.*photos stand on the command line as they"),
        ("photo.png", "weights", "is a picture.*give it as the photo"),
    ],
)
def test_other_files_say_where_they_belong(tmp_path, name, given_as, says):
    MAKERS[name](tmp_path / name)
    with pytest.raises(UserError, match=says):
        READERS[given_as](tmp_path / name)


def test_a_saved_model_is_no_folder_of_photos(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(UserError, match="is a SavedModel of TensorFlow, not photos: .*--weights"):
        images.find([str(tmp_path)])


def test_describe_lists_the_layers_named(capsys):
    assert describe.main(["-l", "fc1,block1_conv1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["block1_conv1", "fc1"]
    assert lines[4].startswith("102,766,336 parameters")
    with pytest.raises(UserError, match="no layer 'fc9'"):
        describe.main(["-l", "fc9"])
