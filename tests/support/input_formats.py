"""Small inputs other than weights, and how each is read: runs, models' JSON, photos, arrays."""

from __future__ import annotations

import functools
import io
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from PIL import Image

from tfdeconv.data import dataset, images, mean_files
from tfdeconv.data.preprocessing import Preprocessing
from tfdeconv.engine import limits
from tfdeconv.errors import UserError
from tfdeconv.scan import run, run_file
from tfdeconv.scan.state import fields_of
from tfdeconv.weights.detect import open_weights
from tfdeconv.weights.keras import architecture, description
from tfdeconv.weights.tensorflow.checkpoints import checkpoint, checkpoint_files
from tfdeconv.zoo import NETWORKS

ROOT = Path(__file__).parents[2]


def written(suffix: str, write) -> bytes:
    """The bytes of a file that `write` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{suffix}"
        write(path)
        return path.read_bytes()


# runs


def runs() -> list[bytes]:
    """Two runs over four images, one of them of a block's output and half done."""
    both = small_run(False), small_run(True)
    return [written(".h5", lambda path, run=each: run_file.save(path, run)) for each in both]


def small_run(is_partial: bool) -> run.Run:
    layers = ("a/b", "out")
    preprocessing = '{"order": "rgb", "size": [8, 8], "resize": 8}'
    settings = run.Settings(
        *("small", "", "0" * 64, preprocessing, "crop", (8, 8), "1" * 64, 4, layers, 3, 2),
        kept=("out",),
    )
    found = run.Run(settings, "/images", "w.h5", ("0.png", "1.png", "2.png", "3.png"))
    found.done = 2 if is_partial else 4
    found.skipped = {1: "1.png cannot be read"}
    found.scanned = found.done - 1
    found.digests[: found.done] = np.arange(32 * found.done).reshape(-1, 32) + 1
    counted = [0, 2, 3][: found.scanned]
    for layer in layers:
        found.state[layer] = small_state(layer == "out", counted)
    return found


def small_state(is_block: bool, counted: list[int]) -> dict[str, np.ndarray]:
    """What a run keeps of two channels, each of whose images has the activation 1."""
    arrays = {}
    for field in fields_of(is_block):
        arrays[field.name] = np.full(field.shape(2, 3), field.empty, field.dtype)
    seen = len(counted)
    arrays["values"][:, :seen] = 1
    arrays["images"][:, :seen] = counted
    arrays["positions"][:, :seen] = 1
    for name in ("means", "maxima", "firing_images"):
        arrays[name][:] = seen
    arrays["firing_positions"][:] = seen / 2
    arrays["histogram"][:, 31] = seen
    return arrays


def read_run(path: Path) -> None:
    found = run_file.load(path)
    assert found.finished in (True, False) and found.channels_of


# models' JSON


def model_descriptions() -> list[bytes]:
    """Models by Keras 2 and 3 with branches, a nested model, functions and many kinds of layers."""
    inner = keras2_model(("Conv2D", {"name": "k", "filters": 4, "kernel_size": [1, 1]}, "in"))
    layers = [
        ("Rescaling", {"name": "scale", "scale": 0.1, "offset": -1}, "in"),
        ("Conv2D", {"name": "a", "filters": 4, "kernel_size": [3, 3], "padding": "same"}, "scale"),
        ("BatchNormalization", {"name": "n", "epsilon": 1e-3, "axis": [3]}, "a"),
        ("Activation", {"name": "r", "activation": "relu"}, "n"),
        ("Functional", {**inner["config"], "name": "f"}, "in"),
        ("Add", {"name": "sum"}, "r", "f"),
        ("DepthwiseConv2D", {"name": "d", "kernel_size": [3, 3], "strides": [2, 2]}, "sum"),
        ("Conv2DTranspose", {"name": "t", "filters": 4, "kernel_size": 2, "strides": 2}, "d"),
        ("Concatenate", {"name": "c", "axis": -1}, "t", "t"),
        ("ZeroPadding2D", {"name": "z", "padding": [[1, 0], [0, 1]]}, "c"),
        ("UpSampling2D", {"name": "u", "size": [2, 2]}, "z"),
        ("Resizing", {"name": "s", "height": 9, "width": 7}, "u"),
        ("PReLU", {"name": "p", "shared_axes": [1, 2]}, "s"),
        ("AveragePooling2D", {"name": "v", "pool_size": [2, 2], "padding": "same"}, "p"),
        ("Reshape", {"name": "e", "target_shape": [-1]}, "v"),
        ("Dense", {"name": "o", "units": 3, "activation": "softmax"}, "e"),
    ]
    functions = [
        ("TFOpLambda", {"name": "tf.math.divide", "function": "math.truediv"}, "in"),
        ("Conv2D", {"name": "a", "filters": 4, "kernel_size": 3}, "tf.math.divide"),
        ("GlobalMaxPooling2D", {"name": "g", "keepdims": True}, "a"),
        ("Multiply", {"name": "m"}, "a", "g"),
    ]
    models = [keras2_model(*layers), keras2_model(*functions), keras3_model()]
    models[1]["config"]["layers"][1]["inbound_nodes"] = [["in", 0, 0, {"y": 127.5}]]
    return [json.dumps(model).encode() for model in models]


def keras2_model(*layers) -> dict[str, Any]:
    """A functional model of Keras 2: rows of class, config and inputs."""
    config = {"batch_input_shape": [None, 12, 10, 3], "name": "in", "dtype": "float32"}
    rows = [{"class_name": "InputLayer", "name": "in", "inbound_nodes": [], "config": config}]
    for kind, config, *inputs in layers:
        nodes = [[[source, 0, 0, {}] for source in inputs]]
        rows.append(
            {"class_name": kind, "name": config["name"], "config": config, "inbound_nodes": nodes}
        )
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [[rows[-1]["name"], 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "model", "layers": rows, **ends}}


def keras3_model() -> dict[str, Any]:
    """A functional model of Keras 3, whose layer is called twice."""
    shape = {"batch_shape": [None, 12, 10, 3], "name": "in", "dtype": "float32"}
    rows: list[dict[str, Any]] = [{"class_name": "InputLayer", "name": "in", "config": shape}]
    rows[0]["inbound_nodes"] = []
    convolution = {"filters": 3, "kernel_size": [3, 3], "padding": "same", "activation": "relu"}
    for name, kind, config, calls in (
        ("a", "Conv2D", convolution, [[["in", 0]], [["a", 0]]]),
        ("add", "Add", {}, [[["a", 0], ["a", 1]]]),
        ("x", "GroupNormalization", {"groups": 3, "epsilon": 1e-3}, [[["add", 0]]]),
        ("y", "LeakyReLU", {"negative_slope": 0.1}, [[["x", 0]]]),
    ):
        nodes = []
        for call in calls:
            tensors = [keras_tensor(source, number) for source, number in call]
            arguments = tensors if len(tensors) == 1 else [tensors]
            nodes.append({"args": arguments, "kwargs": {}})
        config = {"name": name, "trainable": True, **config}
        rows.append({"class_name": kind, "name": name, "config": config, "inbound_nodes": nodes})
        rows[-1]["module"] = "keras.layers"
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["y", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "three", "layers": rows, **ends}}


def keras_tensor(layer: str, call: int) -> dict[str, Any]:
    history = {"shape": [None, 12, 10, 3], "dtype": "float32", "keras_history": [layer, call, 0]}
    return {"class_name": "__keras_tensor__", "config": history}


def read_description(path: Path) -> None:
    """As a command does before it asks TensorFlow: what cannot be computed is refused."""
    network = architecture.build(description.read(path)).network
    target = list(network.shapes())[-1]
    limits.refuse_costly(network, target, network.input_shape[:2], "max")


# photos and arrays

PREPROCESSING = Preprocessing("rgb", (8, 8), 8)


def photos() -> list[bytes]:
    """Photos of the usual formats and of several kinds of pixels."""
    rng = np.random.default_rng(0)
    colour = Image.fromarray(rng.integers(0, 256, (20, 24, 3), np.uint8))
    grey = Image.fromarray(rng.integers(0, 1 << 16, (20, 24)).astype(np.uint16))
    turned = Image.Exif()
    turned[0x0112] = 6
    clear = colour.convert("P")
    clear.info["transparency"] = 3
    options: list[tuple[Image.Image, str, dict[str, Any]]] = [
        (colour, "PNG", {}),
        (grey, "PNG", {}),
        (clear, "PNG", {}),
        (colour, "JPEG", {"exif": turned}),
        (colour, "JPEG", {"progressive": True}),
        (colour, "TIFF", {"compression": "tiff_lzw"}),
        (grey, "TIFF", {"save_all": True, "append_images": [grey, grey]}),
        (colour, "WEBP", {"lossless": True}),
        (colour, "WEBP", {}),
        (colour, "GIF", {"save_all": True, "append_images": [clear.convert("RGB")]}),
    ]
    files = []
    for image, kind, more in options:
        memory = io.BytesIO()
        image.save(memory, kind, **more)
        files.append(memory.getvalue())
    return files


def read_images(path: Path) -> None:
    with warnings.catch_warnings():  # of what is assumed of photos
        warnings.simplefilter("ignore", UserWarning)
        images.read([path], PREPROCESSING)


def read_array(path: Path) -> None:
    """As scan.py does, and as a mean."""
    try:
        mean_files.read_mean(str(path), 3)
    except UserError:
        pass
    with dataset.open_source(str(path)) as source:
        for number in range(min(source.count, 4)):
            source.pixels(number, 3)


def stack() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3)).astype(np.uint8)


def npy_arrays() -> list[bytes]:
    arrays = (stack(), np.asfortranarray(stack()[0] / 3), stack()[0].astype(">i2"))
    return [written(".npy", lambda path, a=array: np.save(path, a)) for array in arrays]


def npz_arrays() -> list[bytes]:
    plain = written(".npz", lambda path: np.savez(path, x_train=stack()))
    packed = written(".npz", lambda path: np.savez_compressed(path, x=stack()))
    return [plain, packed]


def hdf5_arrays() -> list[bytes]:
    def write(path: Path, **options: Any) -> None:
        with h5py.File(path, "w") as file:
            file.create_dataset("x", data=stack(), **options)

    plain = written(".h5", write)
    return [plain, written(".h5", lambda path: write(path, chunks=True, compression="gzip"))]


def mean_blobs() -> list[bytes]:
    """Caffe's BlobProto in its old form: four numbers for the shape, then float32."""
    values = np.full((3, 4, 5), 100, "<f4").tobytes()
    shape = bytes([8, 1, 16, 3, 24, 4, 32, 5])
    return [shape + b"\x2a" + bytes([len(values) & 127 | 128, len(values) >> 7]) + values]


def read_mean(path: Path) -> None:
    mean_files.read_mean(str(path), 3)


# weights of before Keras 1.0, and TensorFlow's checkpoints


def theano_files() -> list[bytes]:
    """VGG16's convolutions as Keras 0.3 and 1 kept them; only the first has values."""

    def shapes():
        for layer, parameters in NETWORKS["vgg16"]().parameters().items():
            kernel = parameters["kernel"]
            if len(kernel) == 2:
                return
            yield layer, (kernel[3], kernel[2], *kernel[:2]), parameters["bias"]

    def numbered(path: Path) -> None:
        with h5py.File(path, "w") as file:
            layers = list(shapes())
            file.attrs["nb_layers"] = len(layers)
            for number, (_, kernel, bias) in enumerate(layers):
                group = file.create_group(f"layer_{number}")
                group.attrs["nb_params"] = 2
                group.create_dataset("param_0", kernel, "f4")
                group.create_dataset("param_1", bias, "f4")
            file["layer_0/param_0"][...] = 1

    def named(path: Path) -> None:
        with h5py.File(path, "w") as file:
            layers = list(shapes())
            file.attrs["layer_names"] = np.array([name for name, _, _ in layers], "S")
            for name, kernel, bias in layers:
                group = file.create_group(name)
                group.attrs["weight_names"] = np.array([f"{name}_W", f"{name}_b"], "S")
                group.create_dataset(f"{name}_W", kernel, "f4")
                group.create_dataset(f"{name}_b", bias, "f4")
            file[f"{layers[0][0]}/{layers[0][0]}_W"][...] = 1

    return [written(".h5", numbered), written(".h5", named)]


def read_theano(path: Path) -> None:
    """The first kernels: all of them have 59 MB."""
    with open_weights(path) as file:
        for layer in list(file.shapes)[:3]:
            for parameter in file.shapes[layer]:
                file.read(layer, parameter)


SAVE = """
import sys, numpy as np, tensorflow as tf
arrays = {"vgg_16/conv1/weights": np.ones((3, 3, 3, 4), "f4"), "step": np.int64(3)}
names, values = list(arrays), [tf.constant(value) for value in arrays.values()]
# V1's reader gives no halves
tf.raw_ops.Save(filename=sys.argv[1] + "/old.ckpt", tensor_names=names, data=values)
names += ["half", "text"]
values += [tf.constant(np.float16([[1, 2]])), tf.constant("x")]
tf.raw_ops.SaveV2(
    prefix=sys.argv[1] + "/new.ckpt", tensor_names=names, shape_and_slices=[""] * 4, tensors=values
)
"""
INDEX = ".index"
DATA = ".data-00000-of-00001"


def checkpoint_file(name: str) -> bytes:
    """A file of those that TensorFlow writes."""
    return checkpoints()[name]


@functools.cache
def checkpoints() -> dict[str, bytes]:
    """The files that TensorFlow writes, by name, in a process that is gone by then."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", SAVE, folder], check=True, capture_output=True)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def checkpoint_indices() -> list[bytes]:
    """The values, and behind them the index."""
    index, data = (checkpoint_file(f"new.ckpt{end}") for end in (INDEX, DATA))
    return [data.ljust(DATA_SIZE, b"\0")[:DATA_SIZE] + index]


DATA_SIZE = 1024


def write_checkpoint(path: Path, raw: bytes) -> None:
    """Writes a checkpoint of its values and its index."""
    path.with_name(path.name.removesuffix(INDEX) + DATA).write_bytes(raw[:DATA_SIZE])
    path.write_bytes(raw[DATA_SIZE:])


def old_checkpoints() -> list[bytes]:
    return [checkpoint_file("old.ckpt")]


def read_checkpoint(path: Path) -> None:
    found = checkpoint_files.find(path)
    if found is None:
        raise UserError(f"{path} is no checkpoint")
    with checkpoint.open_tensors(path, found) as tensors:
        for tensor in tensors.values():
            tensor.read()
