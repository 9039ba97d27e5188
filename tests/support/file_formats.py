"""Small files of every format, and how each is read to its end: what fuzz.py damages."""

from __future__ import annotations

import io
import json
import pickle
import random
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import exported_files
import graph_formats as graphs
import h5py
import input_formats as inputs
import numpy as np
import onnx_models
import pickle_files as makers
import structured_changes as changes
import tflite_files

from tfdeconv.data.preprocessing import caffe
from tfdeconv.errors import UserError
from tfdeconv.formats import exported_archive, hdf5
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten, MaxPool
from tfdeconv.weights import native, native_write, state_dict
from tfdeconv.weights.contents import WeightFile
from tfdeconv.weights.detect import open_hdf5
from tfdeconv.weights.keras import legacy_h5
from tfdeconv.weights.load import read_weights


@dataclass(frozen=True)
class Format:
    """Whole files, what reads one, and how a file is made of what is mutated."""

    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], None]
    make: Callable[[Path, bytes], object] = Path.write_bytes
    # by which a file is known
    suffix: str = ""
    # what is said in a file that stays whole; without it bytes are changed
    change: Callable[[random.Random, bytes], bytes] | None = None
    # what reading one may compute, in seconds, if not as others; how many times fewer are read
    seconds: int = 0
    dear: int = 1


# whole files


def network() -> Network:
    net = Builder("small", (8, 8, 3))
    net.add("a", Conv(4, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("flat", Flatten())
    net.add("c", Dense(2))
    return net.network()


def arrays() -> dict[str, dict[str, np.ndarray]]:
    """Parameters of the network by layer."""
    rng = np.random.default_rng(0)
    values: dict[str, dict[str, np.ndarray]] = {}
    for layer, shapes in network().parameters().items():
        values[layer] = {}
        for name, shape in shapes.items():
            values[layer][name] = rng.standard_normal(shape).astype(np.float32)
    return values


def own_files() -> list[bytes]:
    """This program's own weight files, in both precisions."""
    files = []
    for half in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.h5"
            preprocessing = caffe((8, 8))
            native_write.save_weights(
                path, network(), arrays(), preprocessing, "here", "free", half
            )
            files.append(path.read_bytes())
    return files


def in_memory(fill: Callable[[h5py.File], None], libver: str = "earliest") -> bytes:
    """An HDF5 file, which `fill` fills."""
    memory = io.BytesIO()
    with h5py.File(memory, "w", libver=libver) as file:
        fill(file)
    return memory.getvalue()


def fill_layers(group: h5py.Group, texts: Callable[[list[str]], np.ndarray]) -> None:
    """Puts the layers' parameters into a group, as Keras does."""
    group.attrs["layer_names"] = texts(list(arrays()))
    for layer, parameters in arrays().items():
        names = [f"{layer}/{name}:0" for name in parameters]
        group.require_group(layer).attrs["weight_names"] = texts(names)
        for name, values in zip(names, parameters.values()):
            group[layer][name] = values


# texts of fixed and of variable length
TEXTS = [partial(np.array, dtype="S"), partial(np.array, dtype=h5py.string_dtype())]


def keras_files() -> list[bytes]:
    """Keras's files of weights alone."""

    def fill(texts: Callable[[list[str]], np.ndarray], root: str, file: h5py.File) -> None:
        fill_layers(file.require_group(root), texts)
        file[root].attrs["model_config"] = '{"class_name": "Functional"}'

    fixed, variable = TEXTS
    return [
        in_memory(partial(fill, fixed, "/")),
        in_memory(partial(fill, variable, "/model_weights")),
    ]


def keras_3_files() -> list[bytes]:
    """Keras 3's files of weights alone."""

    def fill(options: dict, file: h5py.File) -> None:
        for i, parameters in enumerate(arrays().values()):
            for j, values in enumerate(parameters.values()):
                file.create_dataset(f"layers/layer_{i}/vars/{j}", data=values, **options)
            file[f"layers/layer_{i}"].attrs["name"] = f"layer_{i}"

    packed = {"chunks": True, "compression": "gzip", "fletcher32": True}
    return [in_memory(partial(fill, {})), in_memory(partial(fill, packed), "latest")]


MODEL = {
    "class_name": "Sequential",
    "config": {
        "name": "small",
        "layers": [
            {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 8, 8, 3]}},
            {
                "class_name": "Conv2D",
                "config": {
                    "name": "a",
                    "filters": 4,
                    "kernel_size": [3, 3],
                    "padding": "same",
                    "activation": "relu",
                },
            },
            {
                "class_name": "MaxPooling2D",
                "config": {
                    "name": "pool",
                    "pool_size": [2, 2],
                    "strides": [2, 2],
                    "padding": "valid",
                },
            },
            {"class_name": "Flatten", "config": {"name": "flat"}},
            {"class_name": "Dense", "config": {"name": "c", "units": 2, "activation": "softmax"}},
        ],
    },
}
for layer in MODEL["config"]["layers"]:
    layer["config"]["trainable"] = True
# bytes of the model's description in what is mutated of an archive
CONFIG = 2048


def model_files() -> list[bytes]:
    """Whole models: their description, and their weights by name."""

    def fill(texts: Callable[[list[str]], np.ndarray], file: h5py.File) -> None:
        file.attrs["model_config"] = texts([json.dumps(MODEL)])[0]
        fill_layers(file.create_group("model_weights"), texts)

    return [in_memory(partial(fill, texts)) for texts in TEXTS]


def archive_parts() -> list[bytes]:
    """A model's description and its weights, one behind the other."""

    def fill(options: dict, file: h5py.File) -> None:
        for kind, parameters in zip(("conv2d", "dense"), arrays().values()):
            for i, values in enumerate(parameters.values()):
                file.create_dataset(f"layers/{kind}/vars/{i}", data=values, **options)

    config = json.dumps(MODEL).encode().ljust(CONFIG)
    packed = {"chunks": True, "compression": "gzip"}
    return [config + in_memory(partial(fill, options)) for options in ({}, packed)]


def write_archive(path: Path, parts: bytes) -> None:
    """Writes a .keras file of its parts."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", parts[:CONFIG])
        file.writestr("model.weights.h5", parts[CONFIG:])


def archives() -> list[bytes]:
    """Whole .keras files."""
    files = []
    for parts in archive_parts():
        with tempfile.TemporaryDirectory() as folder:
            write_archive(Path(folder) / "x.keras", parts)
            files.append((Path(folder) / "x.keras").read_bytes())
    return files


def pickled_files(kind: str) -> list[bytes]:
    """Whole files of a kind of pickle_files, and what else there is of that kind."""
    with tempfile.TemporaryDirectory() as folder:
        files = [makers.small_files(Path(folder))[kind][1]]
        if kind == "torch":
            pickled = makers.torch_pickle(1, (2, 3), (1, 4))
            path = makers.write_torch_file(Path(folder) / "y.pt", pickled, version=b"3")
            files.append(path.read_bytes())
        elif kind == "npy":
            files.append(makers.npy(pickle.dumps(np.array(makers.FLAT, object), 2)))
        elif kind == "npz":
            memory = io.BytesIO()
            np.savez(memory, **makers.FLAT)
            files.append(memory.getvalue())
        elif kind == "safetensors":
            header = {
                "x": makers.entry(0, 24, (2, 3), "I32"),
                "y": makers.entry(24, 48, (3,), "F64"),
            }
            files.append(makers.safetensors_file(header))
    return files


# readers


def read_tensors(path: Path) -> None:
    tensors = state_dict.open_tensors(path)
    if tensors is None:
        # it says what the file is not
        read_hdf5(path)
        return
    for tensor in tensors.values():
        tensor.read()


def read_exported(path: Path) -> None:
    """All tensors, then the network that the program is; what is none any more is turned away."""
    if exported_archive.recognises(path):
        file = exported_archive.read(path)
        for tensor in (*file.state.values(), *file.constants.values()):
            tensor.read()
    read_model(path)


def read_model(path: Path) -> None:
    """As scripts read a file of which they know nothing."""
    read_weights(path)


def read_hdf5(path: Path) -> None:
    """All that is in it, then what it says as a file of weights."""
    with open_hdf5(path) as root:
        refusals = []
        for dataset in datasets(root):
            try:
                dataset.read()
            except UserError as error:
                refusals.append(error)
        if native.recognises(root):
            read_contents(native.contents(path, root, network()))
        elif (
            legacy_h5.name_list(root, "layer_names") is not None or "model_weights" in root.children
        ):
            read_contents(legacy_h5.contents(path, root, network()))
        if refusals:
            raise refusals[0]


def read_contents(file: WeightFile) -> None:
    """All tensors that a file has for the network."""
    for layer, shapes in file.shapes.items():
        for name in shapes:
            file.read(layer, name)


def datasets(group: hdf5.Group) -> Iterator[hdf5.Dataset]:
    for node in group.children.values():
        if isinstance(node, hdf5.Group):
            yield from datasets(node)
        elif isinstance(node, hdf5.Dataset):
            yield node


FORMATS = {
    "own": Format(own_files, read_hdf5),
    "keras": Format(keras_files, read_hdf5),
    "keras 3": Format(keras_3_files, read_hdf5),
    "keras model": Format(model_files, read_model),
    "keras archive": Format(archives, read_model),
    "keras archive, sums made right": Format(archive_parts, read_model, write_archive),
}
# each of HDF5's takes a process; importing TensorFlow computes for 5 to 10 s
FORMATS |= {
    "run": Format(inputs.runs, inputs.read_run, change=changes.change_hdf5, dear=3),
    "model JSON": Format(
        inputs.model_descriptions, inputs.read_description, change=changes.change_json
    ),
    "photo": Format(inputs.photos, inputs.read_images, suffix=".png"),
    "array npy": Format(inputs.npy_arrays, inputs.read_array, suffix=".npy"),
    "array npz": Format(inputs.npz_arrays, inputs.read_array, suffix=".npz"),
    "array h5": Format(
        inputs.hdf5_arrays, inputs.read_array, suffix=".h5", change=changes.change_hdf5, dear=5
    ),
    "binaryproto": Format(inputs.mean_blobs, inputs.read_mean, suffix=".binaryproto"),
    "onnx": Format(onnx_models.models, onnx_models.read_model, dear=3),
    "onnx, said otherwise": Format(
        onnx_models.models, read_model, change=onnx_models.change_model, dear=3
    ),
    "keras before 1.0": Format(
        inputs.theano_files, inputs.read_theano, suffix=".h5", change=changes.change_hdf5, dear=5
    ),
    "checkpoint index": Format(
        inputs.checkpoint_indices,
        inputs.read_checkpoint,
        inputs.write_checkpoint,
        inputs.INDEX,
        seconds=20,
        dear=100,
    ),
    "checkpoint of V1": Format(
        inputs.old_checkpoints, inputs.read_checkpoint, seconds=20, dear=100
    ),
}
FORMATS |= {
    "tflite": Format(tflite_files.models, tflite_files.read_model, suffix=".tflite"),
    "pt2": Format(exported_files.small_files, read_exported),
    "pt2, sums made right": Format(
        exported_files.described_files,
        read_exported,
        exported_files.write_described,
        change=changes.change_json,
    ),
}
# TensorFlow's graphs: each takes a process, a SavedModel two, of which one imports TensorFlow
FORMATS |= {
    "frozen graph": Format(graphs.frozen_graphs, graphs.read_frozen_graph, dear=5),
    "SavedModel graph": Format(graphs.saved_models, graphs.read_saved_model_graph, dear=5),
    "frozen graph, fields changed": Format(
        graphs.frozen_graphs, graphs.read_frozen_graph, change=graphs.change_graph, dear=5
    ),
    "SavedModel graph, fields changed": Format(
        graphs.saved_models, graphs.read_saved_model_graph, change=graphs.change_saved_model, dear=5
    ),
    "SavedModel": Format(
        graphs.saved_model_parts,
        graphs.read_saved_model,
        graphs.write_saved_model,
        seconds=20,
        dear=100,
    ),
}
for kind in makers.KINDS:
    make = makers.write_torch_file if "sums" in kind else Path.write_bytes
    FORMATS[kind] = Format(partial(pickled_files, kind), read_tensors, make)
