"""Files and folders of other programs: one line names the kind and the way out."""

from __future__ import annotations

import json
import pickle
from collections import OrderedDict

import numpy as np
import pytest

from tfdeconv.errors import UserError
from tfdeconv.formats import protobuf
from tfdeconv.weights.foreign_files import foreign_kind
from tfdeconv.weights.load import network_in


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer with a number below 16, or a two-byte key."""
    wire_type = 0 if isinstance(value, int) else 2
    key = number << 3 | wire_type
    start = bytes([key]) if key < 128 else bytes([key & 127 | 128, key >> 7])
    if isinstance(value, int):
        return start + bytes([value])
    assert len(value) < 128
    return start + bytes([len(value)]) + value


NODE = field(1, b"x") + field(2, b"Placeholder")
GRAPH = field(1, NODE) * 3
TEXTS = {
    "prototxt": 'name: "AlexNet"\nlayer { name: "conv1" }\n',
    "TensorFlow checkpoint": 'model_checkpoint_path: "ckpt-1"\n',
    "graph of TensorFlow as a text": 'node {\n  name: "x"\n}',
    "Darknet": "[net]\nbatch=1\n",
    "Git LFS": "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "web page": "<!DOCTYPE html><html></html>",
    "ONNX model as text": 'ir_version: 8\nproducer_name: "pytorch"\n',
    "OpenVINO": '<?xml version="1.0"?>\n<net name="x">',
    "YAML": "backend: tensorflow\nclass_name: Sequential\n",
    "ncnn": "7767517\n3 3\n",
    "TensorFlow.js": json.dumps({"modelTopology": {}, "weightsManifest": []}),
    "sharded": json.dumps({"metadata": {}, "weight_map": {}}),
    "MXNet": json.dumps({"nodes": [], "arg_nodes": [], "heads": []}),
    "JSON": json.dumps({"layers": 3}),
    "a text": "kernel 1 2 3\n",
}
DATA = {
    "SavedModel": field(1, 1) + field(2, field(2, GRAPH)),
    "Core ML": field(1, 4) + field(2, b"") + field(500, b"net"),
    "MetaGraphDef": field(1, field(5, b"1.15")) + field(2, GRAPH),
    "caffemodel": field(1, b"AlexNet") + field(100, b"data") + bytes(99),
    "caffemodel (weights": field(1, b"VGG_ILSVRC") + field(2, field(4, b"conv1")),
    ".mat file": b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(99),
    "GGUF": b"GGUF" + bytes(99),
    "an archive": bytes(257) + b"ustar" + bytes(99),
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "Lua's Torch 7": b"\4\0\0\0\1\0\0\0\3\0\0\0V 1" + bytes(99),
    "msgpack": b"\x81\xa6params\x82" + bytes(99),
    "pickle of Python (collections.OrderedDict": pickle.dumps(OrderedDict(a=1), 2),
    "numpy.*, which is not read": pickle.dumps({"param values": [np.zeros(3)]}, 4),
}


@pytest.mark.parametrize(
    "says, data", [*DATA.items(), *((says, text.encode()) for says, text in TEXTS.items())]
)
def test_kind_and_way_out_in_one_line(tmp_path, says, data):
    """By what is in a file, never by its name."""
    path = tmp_path / "weights.dat"
    path.write_bytes(data)
    with pytest.raises(UserError, match=f"weights.dat is .*{says.replace('(', '[(]')}") as error:
        network_in(path)
    message = str(error.value)
    assert message.isprintable() and "which is not read: " in message and len(message) < 400


@pytest.mark.parametrize(
    "files, says",
    [
        (["saved_model.pbtxt", "variables/x"], "SavedModel of TensorFlow as a text"),
        (["checkpoint", "a.index"], "TensorFlow checkpoint"),
        (["model.json", "group1-shard1of1.bin"], "TensorFlow.js"),
        (["Manifest.json", "Data/com.apple.CoreML/model.mlmodel"], "Core ML"),
        (["readme", "b.pth", "a.keras"], "give a file in it, a.keras, b.pth"),
        (["photo.png"], "no weight file is in it"),
    ],
)
def test_a_folder_says_what_it_has(tmp_path, files, says):
    for name in files:
        (tmp_path / "net" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "net" / name).write_bytes(b"x")
    with pytest.raises(UserError, match=f"net is a.*{says}"):
        network_in(tmp_path / "net")


def test_parts_of_checkpoints_and_shards(tmp_path):
    for name in ("ckpt-1.index", "ckpt-1.data-00000-of-00001"):
        (tmp_path / name).write_bytes(b"\xff\xfe\xfd")
    (tmp_path / "model_00001.weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    for name in ("ckpt-1", "ckpt-1.data-00000-of-00001"):
        assert "checkpoint" in str(foreign_kind(tmp_path / name))
    (tmp_path / "table").write_bytes(bytes(99) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb")
    assert "checkpoint" in str(foreign_kind(tmp_path / "table"))
    assert "sharded" in str(foreign_kind(tmp_path / "model_00001.weights.h5"))
    assert foreign_kind(tmp_path / "missing") is None


def test_fields_end_where_no_message_goes_on():
    """Lengths beyond the data, endless varints and unknown wire types end it, whatever they say."""
    good = field(1, 5) + field(2, b"ab")
    for bad in (b"", b"\x12\x7fabc", b"\x08" + b"\xff" * 30, b"\x0b", b"\x00\x00", b"\x09abc"):
        numbers = [each.number for each in protobuf.fields(memoryview(good + bad))]
        assert numbers == [1, 2], bad
    dice = np.random.default_rng(0)
    for size in range(200):
        list(protobuf.fields(memoryview(dice.bytes(size))))
