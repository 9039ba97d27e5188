"""Small networks and their weight files, as the project and as Keras write them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from math import prod
from pathlib import Path

import h5py
import numpy as np

from tfdeconv.data.preprocessing import Preprocessing
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import RELU, Add, BatchNorm, Conv, Dense, Flatten, MaxPool
from tfdeconv.weights.native_write import save_weights

# {layer: {parameter: values}}
Arrays = dict[str, dict[str, np.ndarray]]

# torch's names for parameters
TORCH_PARAMETERS = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "mean": "running_mean",
    "variance": "running_var",
}
PREPROCESSING = Preprocessing("bgr", (8, 8), 11, (1.5, 2.5, 3.25), (2.0, 4.0, 8.0))


def small_network(name: str = "small") -> Network:
    """Three layers with weights, a, b and c, and a pool; a few kilobytes in all."""
    net = Builder(name, (8, 8, 3))
    net.add("a", Conv(4, 3, pad=1, activation=RELU))
    net.add("pool", MaxPool(2, 2))
    net.add("b", Conv(5, 3, pad=1, activation=RELU))
    net.add("flat", Flatten())
    net.add("c", Dense(2))
    return net.network()


def branched_network() -> Network:
    """A branch beside the main road, with a batch norm, whose four parameters have one shape."""
    net = Builder("branched", (8, 8, 3))
    entry = net.add("a", Conv(4, 3, pad=1))
    norm = net.add("bn", BatchNorm(1e-3))
    branch = net.add("side", Conv(4, 1), entry)
    net.add("sum", Add(), norm, branch)
    return net.network()


def random_arrays(network: Network, rng, *layers: str) -> Arrays:
    """Random float32 parameters for some of a network's layers, or all."""
    arrays: Arrays = {}
    for layer, shapes in network.parameters().items():
        if layers and layer not in layers:
            continue
        arrays[layer] = {}
        for name, shape in shapes.items():
            values = rng.standard_normal(shape).astype(np.float32)
            if name == "variance":
                values = np.abs(values)
            arrays[layer][name] = values
    return arrays


def assert_same(weights, expected) -> None:
    """The same layers in the same order, the same parameters and values, to the last bit."""
    assert list(weights) == list(expected)
    for layer, parameters in expected.items():
        assert set(weights[layer]) == set(parameters), layer
        for name, values in parameters.items():
            np.testing.assert_array_equal(weights[layer][name], values, f"{layer}/{name}")


def save_native(path: Path, arrays: Arrays, half: bool = False) -> str:
    """A file of the project's own of small_network; returns its root digest."""
    return save_weights(path, small_network(), arrays, PREPROCESSING, "here", "free", half)


def as_bytes(names: list[str]) -> np.ndarray:
    return np.array(names, "S")


def save_keras(
    path: Path, layers: Arrays, as_text: Callable[[list[str]], np.ndarray] = as_bytes
) -> Path:
    """A file as Keras 1 and 2 lay it out: layers is {layer: {name of a weight: values}}."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = as_text(list(layers))
        for layer, weights in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array([], "S1")
            if weights:
                group.attrs["weight_names"] = as_text(list(weights))
            for name, values in weights.items():
                group.create_dataset(name, data=values)
    return path


def save_keras_shapes(path: Path, network: Network, *without: str) -> Path:
    """A Keras file of a network's shapes, its values never written: they take no room."""
    layers = [layer for layer in network.parameters() if layer not in without]
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = as_bytes(layers)
        for layer in layers:
            shapes = network.parameters()[layer]
            file.create_group(layer).attrs["weight_names"] = as_bytes(list(shapes))
            for name, shape in shapes.items():
                file[layer].create_dataset(name, shape, np.float32)
    assert path.stat().st_size < 1 << 20
    return path


def save_torch_shapes(path: Path, network: Network) -> Path:
    """torchvision's state dict of a network's shapes in .safetensors: zeros that take no room."""
    modules = {layer: module for module, layer in reversed(network.aliases.items())}
    header = {}
    end = 0
    for layer, shapes in network.parameters().items():
        for name, shape in shapes.items():
            begin, end = end, end + 4 * prod(shape)
            axes = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[len(shape)]
            header[f"{modules[layer]}.{TORCH_PARAMETERS[name]}"] = {
                "dtype": "F32",
                "shape": [shape[axis] for axis in axes],
                "data_offsets": [begin, end],
            }
    start = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(start)) + start)
        file.truncate(8 + len(start) + end)
    return path
