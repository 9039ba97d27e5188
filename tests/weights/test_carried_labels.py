"""Names of classes that a model holds, and what makes probabilities in it."""

from __future__ import annotations

import io
import zipfile

import onnx_models as onnx
import pytest
import tflite_files as tflite

from tfdeconv.cli import convert_weights
from tfdeconv.network.classes import class_layer
from tfdeconv.weights.load import read_weights
from tfdeconv.weights.native_format import pack_labels

NAMES = ("cat", "dog", "eel", "fox", "gnu")


@pytest.mark.parametrize(
    "key, text", [("names", "{0: 'cat', 1: 'dog'}"), ("labels", '["cat", "dog"]')]
)
def test_names_in_onnx_metadata(tmp_path, key, text):
    model = onnx.small_model()
    model.metadata_props.extend(onnx.entries({"author": "me", key: text}))
    weights = read_weights(onnx.write(tmp_path / "model.onnx", model))
    assert weights.labels.names == NAMES[:2] and key in weights.labels.source


def test_unreadable_names_are_left_alone(tmp_path):
    model = onnx.small_model()
    model.metadata_props.extend(onnx.entries({"names": "{0: open('x')}"}))
    assert read_weights(onnx.write(tmp_path / "model.onnx", model)).labels is None


def zipped(members: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return file.getvalue()


# {what lies behind the model: whether it has the names}
BEHIND = {
    "labels": (zipped({"labels.txt": "\n".join(NAMES)}), True),
    "in two languages": (zipped({"labels.txt": "\n".join(NAMES), "labels_de.txt": "a"}), True),
    "two other texts": (zipped({"a.txt": "a", "b.txt": "b"}), False),
    "an empty text": (zipped({"labels.txt": ""}), False),
    "no text": (zipped({"labels.txt": "\0"})[:-30], False),
    "nothing": (b"", False),
}


@pytest.mark.parametrize("behind", BEHIND)
def test_labels_behind_a_tflite_model(tmp_path, behind):
    content, has_names = BEHIND[behind]
    (tmp_path / "model.tflite").write_bytes(tflite.small_model() + content)
    weights = read_weights(tmp_path / "model.tflite")
    assert (weights.labels is not None) == has_names
    if has_names:
        assert weights.labels.names == NAMES


def test_a_models_softmax_is_known(tmp_path):
    (tmp_path / "model.tflite").write_bytes(tflite.small_model())
    network = read_weights(tmp_path / "model.tflite").network
    classes = class_layer(network, network.nodes[-1].name)
    assert (classes.count, classes.probability, classes.assumed) == (5, "softmax", False)


def test_this_programs_files_keep_names(tmp_path):
    model = onnx.small_model()
    model.metadata_props.extend(onnx.entries({"names": "['cat', 'dog']"}))
    path = str(onnx.write(tmp_path / "model.onnx", model))
    convert_weights.main([path, "--out", str(tmp_path / "own.h5")])
    own = read_weights(tmp_path / "own.h5")
    assert own.labels.names == NAMES[:2] and own.labels.source == "the weight file"
    assert pack_labels(["a" * 100] * 1000) == "", "more than an attribute holds"


def test_convert_weights_lists_names(tmp_path, capsys):
    (tmp_path / "model.tflite").write_bytes(tflite.small_model() + BEHIND["labels"][0])
    convert_weights.main([str(tmp_path / "model.tflite")])
    assert "5, named by the model: cat; dog; eel; fox; gnu" in capsys.readouterr().out
