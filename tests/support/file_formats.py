"""Small weight files of every format, and how each is read to its end: what fuzz.py damages."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pickle_files as makers

from tfdeconv.data.preprocessing import caffe
from tfdeconv.errors import UserError
from tfdeconv.formats import hdf5
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Conv, Dense, Flatten, MaxPool
from tfdeconv.weights import native, state_dict
from tfdeconv.weights.detect import open_hdf5
from tfdeconv.weights.keras import legacy_h5
from tfdeconv.weights.load import read_weights


@dataclass(frozen=True)
class Format:
    """Whole files, what reads one, and how a file is made of what is mutated."""

    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], None]
    make: Callable[[Path, bytes], object] = Path.write_bytes


# whole files


def network() -> Network:
    net = Builder("small", (8, 8, 3))
    net.add("a", Conv(4, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("flat", Flatten())
    net.add("c", Dense(2))
    return net.network()


def arrays() -> dict[str, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    return {
        layer: {name: rng.standard_normal(shape).astype(np.float32) for name, shape in p.items()}
        for layer, p in network().parameters().items()
    }


def own_files() -> list[bytes]:
    found = []
    for half in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            native.save_weights(
                Path(folder) / "x.h5", network(), arrays(), caffe((8, 8)), "here", "free", half
            )
            found.append((Path(folder) / "x.h5").read_bytes())
    return found


def in_memory(fill: Callable[[h5py.File], None], libver: str = "earliest") -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w", libver=libver) as file:
        fill(file)
    return memory.getvalue()


def keras_files() -> list[bytes]:
    def fill(names: Callable[[list[str]], np.ndarray], root: str, file: h5py.File) -> None:
        group = file.require_group(root)
        group.attrs["layer_names"] = names(list(arrays()))
        for layer, p in arrays().items():
            group.require_group(layer).attrs["weight_names"] = names(
                [f"{layer}/{name}:0" for name in p]
            )
            for name, values in p.items():
                group[layer][f"{layer}/{name}:0"] = values
        group.attrs["model_config"] = '{"class_name": "Functional"}'

    fixed, free = partial(np.array, dtype="S"), partial(np.array, dtype=h5py.string_dtype())
    return [in_memory(partial(fill, fixed, "/")), in_memory(partial(fill, free, "/model_weights"))]


def keras_3_files() -> list[bytes]:
    def fill(options: dict, file: h5py.File) -> None:
        for i, p in enumerate(arrays().values()):
            for j, values in enumerate(p.values()):
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
for one in MODEL["config"]["layers"]:
    one["config"]["trainable"] = True
CONFIG = 2048  # bytes of the model in what is mutated of an archive


def model_files() -> list[bytes]:
    """Whole models: their description, and their weights by name."""

    def fill(names: Callable[[list[str]], np.ndarray], file: h5py.File) -> None:
        file.attrs["model_config"] = names([json.dumps(MODEL)])[0]
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = names(list(arrays()))
        for layer, p in arrays().items():
            root.create_group(layer).attrs["weight_names"] = names(
                [f"{layer}/{name}:0" for name in p]
            )
            for name, values in p.items():
                root[layer][f"{layer}/{name}:0"] = values

    return [
        in_memory(partial(fill, make))
        for make in (partial(np.array, dtype="S"), partial(np.array, dtype=h5py.string_dtype()))
    ]


def archive_parts() -> list[bytes]:
    """A model's description and its weights, one behind the other."""

    def fill(options: dict, file: h5py.File) -> None:
        for kind, p in zip(("conv2d", "dense"), arrays().values()):
            for i, values in enumerate(p.values()):
                file.create_dataset(f"layers/{kind}/vars/{i}", data=values, **options)

    packed = {"chunks": True, "compression": "gzip"}
    return [
        json.dumps(MODEL).encode().ljust(CONFIG) + in_memory(partial(fill, options))
        for options in ({}, packed)
    ]


def zipped(path: Path, raw: bytes) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", raw[:CONFIG])
        file.writestr("model.weights.h5", raw[CONFIG:])


def archives() -> list[bytes]:
    found = []
    for raw in archive_parts():
        with tempfile.TemporaryDirectory() as folder:
            zipped(Path(folder) / "x.keras", raw)
            found.append((Path(folder) / "x.keras").read_bytes())
    return found


def pickled_files(kind: str) -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        found = [makers.small_files(Path(folder))[kind][1]]
        if kind == "torch":
            path = makers.write_torch_file(
                Path(folder) / "y.pt", makers.torch_pickle(1, (2, 3), (1, 4)), version=b"3"
            )
            found.append(path.read_bytes())
        elif kind == "npy":
            found.append(makers.npy(pickle.dumps(np.array(makers.FLAT, object), 2)))
        elif kind == "npz":
            memory = io.BytesIO()
            np.savez(memory, **makers.FLAT)
            found.append(memory.getvalue())
        elif kind == "safetensors":
            header = {
                "x": makers.entry(0, 24, (2, 3), "I32"),
                "y": makers.entry(24, 48, (3,), "F64"),
            }
            found.append(makers.safetensors_file(header))
    return found


# readers


def read_tensors(path: Path) -> None:
    found = state_dict.tensors(path)
    if found is None:
        read_hdf5(path)  # which says what it is not
        return
    for tensor in found.values():
        tensor.read()


def read_model(path: Path) -> None:
    """As scripts read a file of which they know nothing."""
    read_weights(path)


def read_hdf5(path: Path) -> None:
    """All that stands in it, then what it says as a file of weights."""
    with open_hdf5(path) as root:
        refused = [error for error in map(refusal, datasets(root)) if error]
        kind = native if native.recognises(root) else legacy_h5
        if (
            kind is native
            or legacy_h5.chunked(root, "layer_names") is not None
            or "model_weights" in root.children
        ):
            found = kind.contents(path, root, network())
            for layer, shapes in found.shapes.items():
                for name in shapes:
                    found.read(layer, name)
        if refused:
            raise refused[0]


def datasets(group: hdf5.Group) -> Iterator[hdf5.Dataset]:
    for node in group.children.values():
        if isinstance(node, hdf5.Group):
            yield from datasets(node)
        elif isinstance(node, hdf5.Dataset):
            yield node


def refusal(found: hdf5.Dataset) -> UserError | None:
    try:
        found.read()
    except UserError as error:
        return error
    return None


FORMATS = {
    "own": Format(own_files, read_hdf5),
    "keras": Format(keras_files, read_hdf5),
    "keras 3": Format(keras_3_files, read_hdf5),
    "keras model": Format(model_files, read_model),
    "keras archive": Format(archives, read_model),
    "keras archive, sums made right": Format(archive_parts, read_model, zipped),
}
FORMATS |= {
    kind: Format(
        partial(pickled_files, kind),
        read_tensors,
        makers.write_torch_file if "sums" in kind else Path.write_bytes,
    )
    for kind in makers.KINDS
}
