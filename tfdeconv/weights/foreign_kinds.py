"""Kinds of files that hold networks, and that this program does not read, and the way out of each.

The way out is the network's file as the framework itself saves it, which this program reads.
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of file: what it is, as it follows "is", and what to do instead."""

    title: str
    way_out: str
    trouble: str = "which is not read"


IN_KERAS = 'save the Keras model whole in the program that has it, model.save("model.keras")'
IN_EITHER = (
    "give the file of the framework that it was made with: a whole Keras model (.keras, .h5), a "
    "SavedModel, of torch an exported program (.pt2), or of any an ONNX file (.onnx)"
)
IN_ONNX = "export the model as ONNX where it was made, and give that file (.onnx)"
IN_LITE = (
    "make a model of TensorFlow Lite of it in the program that has it, with jax2tf and "
    "tf.lite.TFLiteConverter"
)
IN_CAFFE = (
    "save its blobs as a dictionary by layer with numpy, "
    'np.save("net.npy", {"conv1": {"weights": ..., "biases": ...}, ...})'
)
BY_NAME = 'save its arrays by name with numpy, np.savez("net.npz", **{"conv1/weights": ..., ...})'
UNPACK = "unpack it, and give the weight file in it"
FETCH = "fetch the file itself"

AS_BINARY = "write it as it is read, in binary: graph.SerializeToString() in Python"
SAVED_MODEL = Kind("a SavedModel of TensorFlow as a text", AS_BINARY)
SAVED_MODEL_FILE = Kind(
    "the graph of a SavedModel of TensorFlow (without the variables)",
    "give its folder, with saved_model.pb and variables/ in it",
)
GRAPH = Kind("a graph of TensorFlow as a text", AS_BINARY)
IN_TENSORFLOW = (
    'save it with its values, tf.compat.v1.saved_model.simple_save(session, "folder", '
    '{"image": images}, {"scores": scores}), or tf.saved_model.save(model, "folder")'
)
META_GRAPH = Kind("the graph of a TensorFlow checkpoint (MetaGraphDef)", IN_TENSORFLOW)
CHECKPOINT = Kind("a TensorFlow checkpoint", IN_TENSORFLOW)
ONNX_TEXT = Kind(
    "an ONNX model as text", 'save it as bytes with the onnx package, onnx.save(model, "net.onnx")'
)
CORE_ML = Kind("a Core ML model", IN_EITHER)
CAFFE = Kind("a caffemodel (weights of Caffe)", IN_CAFFE)
PROTOTXT = Kind(
    "a prototxt (Caffe's description of a network, without weights)",
    f"{IN_CAFFE}, from the .caffemodel",
)
TENSORFLOW_JS = Kind("a model of TensorFlow.js", IN_KERAS)
SHARDED = Kind("an index of weights in several files (sharded)", f"{IN_KERAS}, in one file")
SHARD = Kind("one of several files of weights of Keras 3 (sharded)", f"{IN_KERAS}, in one file")
OPENVINO = Kind("a network of OpenVINO", IN_EITHER)
MXNET = Kind("a file of MXNet", IN_ONNX)
NCNN = Kind("a network of ncnn", IN_EITHER)
DARKNET = Kind("a network of Darknet", IN_ONNX)
GGUF = Kind("a GGUF file (of a language model, mostly)", "give the file of a convnet")
PICKLE = Kind("a pickle of Python", BY_NAME)
MATLAB = Kind("a .mat file of MATLAB (MatConvNet's networks are such)", BY_NAME)
MSGPACK = Kind("a msgpack file (Flax saves such)", IN_LITE)
TORCH7 = Kind("a file of Lua's Torch 7", IN_EITHER)
PLAN = Kind("an engine of TensorRT", IN_EITHER)
LFS = Kind("a pointer of Git LFS (not the file it stands for)", f"{FETCH}, git lfs pull")
WEB_PAGE = Kind("a web page (not the file that it links to)", FETCH)
PHOTO = Kind("a picture", "give it as the photo, and a weight file as --weights")
DESCRIPTION = Kind(
    "the description of a Keras model",
    "give its weights as --weights, and it as --architecture",
    "without weights",
)
YAML = Kind("the description of a Keras model in YAML (without weights)", IN_KERAS)
JSON = Kind("JSON (but no description of a Keras model)", IN_EITHER)
TEXT = Kind("a text", IN_EITHER)
PACKED = Kind("an archive", UNPACK)

# what a file has at a place
MARKS: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"MATLAB 5.0 MAT-file", MATLAB),
    (0, b"MATLAB 7.3 MAT-file", MATLAB),
    (0, b"GGUF", GGUF),
    (0, b"ggjt", GGUF),
    (0, b"ptrt", PLAN),
    (0, b"ftrt", PLAN),
    (0, b"\x12\x01\0\0\0\0\0\0", MXNET),
    (0, b"7767517\n", NCNN),
    (0, b"7767517\r", NCNN),
    (0, b"version https://git-lfs", LFS),
    (0, b"\x89PNG", PHOTO),
    (0, b"\xff\xd8\xff", PHOTO),
    (0, b"GIF8", PHOTO),
    (0, b"\x1f\x8b", PACKED),
    (0, b"BZh", PACKED),
    (0, b"\xfd7zXZ\0", PACKED),
    (0, b"7z\xbc\xaf\x27\x1c", PACKED),
    (0, b"Rar!", PACKED),
    (0, b"\x28\xb5\x2f\xfd", PACKED),
    (8, b"\3\0\0\0V 1", TORCH7),
    (1, b"\xa6params", MSGPACK),
    (257, b"ustar", PACKED),
    (0, b"RIFF", PHOTO),
)
# the last bytes of a file
END_MARKS: tuple[tuple[bytes, Kind], ...] = ((b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", CHECKPOINT),)
# a pattern in the first lines of a text
TEXTS: tuple[tuple[str, Kind], ...] = (
    (r"\A\s*<(!doctype html|html)", WEB_PAGE),
    (r"\A\s*<\?xml[^>]*>\s*<net\b|\A\s*<net\b", OPENVINO),
    (r"^\s*model_checkpoint_path\s*:", CHECKPOINT),
    (r"^\s*saved_model_schema_version\s*:", SAVED_MODEL),
    (r"^\s*ir_version\s*:", ONNX_TEXT),
    (r"^\s*node\s*\{", GRAPH),
    (r"^\s*layers?\s*\{", PROTOTXT),
    (r"^\s*\[(net|network|convolutional)\]", DARKNET),
    (r"^\s*class_name\s*:\s*\S", YAML),
    (r"^version https://git-lfs", LFS),
)
# keys of a JSON object, all of which it has
JSON_KEYS: tuple[tuple[tuple[str, ...], Kind], ...] = (
    (("modelTopology",), TENSORFLOW_JS),
    (("weightsManifest",), TENSORFLOW_JS),
    (("weight_map",), SHARDED),
    (("nodes", "arg_nodes"), MXNET),
)
# a file in a folder whose presence says what the folder is
FOLDER_FILES: tuple[tuple[str, Kind], ...] = (
    ("saved_model.pbtxt", SAVED_MODEL),
    ("Data/com.apple.CoreML", CORE_ML),
    ("checkpoint", CHECKPOINT),
    ("*.index", CHECKPOINT),
    ("model.json", TENSORFLOW_JS),
)
