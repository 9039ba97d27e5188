"""Tensors by the names of other programs: Caffe's in .npy dictionaries, torchvision's VGG in .pth, .pt and .safetensors files."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..layers import Conv, Dense, MaxPool
from ..nets import NETWORKS
from ..network import Network
from ..preprocessing import Preprocessing, caffe
from . import pickles, safetensors
from .contents import Contents, inferred, strangers
from .tensors import Tensors

CAFFE_DENSE = {"fc1": "fc6", "fc2": "fc7", "predictions": "fc8"}      # VGG's, by the names of Keras
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)        # torchvision's, of pixels from 0 to 1


def tensors(path: str | Path) -> Tensors | None:
    """The tensors of a file of torch's, numpy's or safetensors; None if it is none of them. Raises UserError for a damaged one."""
    if not Path(path).is_file() or not Path(path).stat().st_size:
        return None
    if pickles.recognises(path):
        return pickles.tensors(path)
    return safetensors.tensors(path) if safetensors.recognises(path) else None


@dataclass(frozen=True)
class Dialect:
    """How a maker names a network's parameters: the keys of kernel and bias by layer; and whether it puts channels first."""
    maker: str
    keys: dict[str, tuple[str, str]]
    channels_first: bool


def dialects(network: Network, names: Tensors) -> Iterator[Dialect]:
    """The makers' names for a network's layers, in the spelling of this file."""
    layers = list(network.parameters())
    if network.name == "alexnet" or network.name.startswith("vgg"):
        plain = {layer: re.sub(r"block(\d)_conv", r"conv\1_", CAFFE_DENSE.get(layer, layer)) for layer in layers}
        for kernel, bias in ((".0", ".1"), (".weights", ".biases")):
            yield Dialect("Caffe", {layer: (plain[layer] + kernel, plain[layer] + bias) for layer in layers}, False)
    if network.name.startswith("vgg"):
        prefix = next((name.removesuffix("features.0.weight") for name in names if name.endswith("features.0.weight")), "")
        place, module, dense = 0, {}, iter((0, 3, 6))           # a ReLU and a dropout have places of their own
        for node in network.nodes:
            if isinstance(node.layer, Conv):
                module[node.name] = f"{prefix}features.{place}"
            elif isinstance(node.layer, Dense):
                module[node.name] = f"{prefix}classifier.{next(dense)}"
            place += 2 if isinstance(node.layer, Conv) else isinstance(node.layer, MaxPool)
        yield Dialect("torchvision", {layer: (f"{module[layer]}.weight", f"{module[layer]}.bias") for layer in layers}, True)


def understood(network: Network, names: Tensors) -> Dialect | None:
    """The dialect in which the file has most of the network's layers; None if it has none of them in any."""
    best = max(dialects(network, names), key=lambda dialect: present(dialect, names), default=None)
    return best if best and present(best, names) else None


def present(dialect: Dialect, names: Tensors) -> int:
    return sum(key in names for keys in dialect.keys.values() for key in keys)


def nearest(names: Tensors, first: str = "") -> str:
    """The built-in network most of whose layers a file has, and that lacks fewest; `first` where several do."""
    def fit(name: str) -> tuple[int, int, bool]:
        network = NETWORKS[name]()
        dialect = understood(network, names)
        return (-present(dialect, names) if dialect else 0), len(network.parameters()), name != first
    return min(NETWORKS, key=fit)


def contents(path: str | Path, names: Tensors, network: Network) -> Contents:
    """The parameters by this program's names, kernels as [height, width, in, out], dense ones behind [h, w, channels]."""
    dialect = understood(network, names)
    if dialect is None:
        raise stranger(path, names, network.name, list(network.parameters()))
    shapes = {"input": network.input_shape} | network.shapes()
    flat = {node.name: shapes[network.node(node.inputs[0]).inputs[0]] for node in network.nodes
            if isinstance(node.layer, Dense) and node.inputs[0] == "flatten"}

    def turned(layer: str, shape: tuple[int, ...]) -> tuple[tuple[int, ...], Callable[[np.ndarray], np.ndarray]]:
        """The shape that a kernel has here, and what makes it so."""
        if not dialect.channels_first or len(shape) not in (2, 4):
            return shape, lambda kernel: kernel
        if len(shape) == 4:
            return (shape[2], shape[3], shape[1], shape[0]), lambda kernel: kernel.transpose(2, 3, 1, 0)
        h, w, c = flat.get(layer, (1, 1, shape[1]))
        if h * w * c != shape[1]:
            return (shape[1], shape[0]), lambda kernel: kernel.T
        return (shape[1], shape[0]), lambda kernel: kernel.reshape(-1, c, h, w).transpose(2, 3, 1, 0).reshape(shape[1], -1)

    keys = {layer: dict(zip(("kernel", "bias"), pair)) for layer, pair in dialect.keys.items() if any(key in names for key in pair)}
    found = {layer: {name: turned(layer, names[key].shape)[0] if name == "kernel" else names[key].shape
                     for name, key in p.items() if key in names} for layer, p in keys.items()}

    def read(layer: str, name: str) -> np.ndarray:
        array = names[keys[layer][name]].read()
        return np.ascontiguousarray(turned(layer, array.shape)[1](array)) if name == "kernel" else array

    size = network.input_shape[:2]
    preprocessing = caffe(size, network.channels)
    if dialect.channels_first and network.channels == 3:
        mean, scale = (tuple(255 * value for value in values) for values in (MEAN, DEVIATION))
        preprocessing = Preprocessing("rgb", size, preprocessing.resize, mean, scale)
    used = {key for p in keys.values() for key in p.values()}
    others = tuple(key for key in names if key not in used)
    told = nearest(names, network.name) if network.name in NETWORKS and others else None
    return Contents(found, read, told, preprocessing, source=f"{Path(path).name} ({dialect.maker})", ignored=names.ignored + others)


def network(path: str | Path, names: Tensors, name: str | None, flavour: str | None = None) -> Network:
    """The network of that name, or whose layers these are, with channels, classes and size as the shapes tell."""
    name = name or nearest(names)
    plain = NETWORKS[name]()
    if understood(plain, names) is None:
        raise stranger(path, names, name, list(plain.parameters()))
    return inferred(name, {layer: p.get("kernel", ()) for layer, p in contents(path, names, plain).shapes.items()})


def stranger(path: str | Path, names: Tensors, name: str, asked: list[str]) -> UserError:
    if any(key.endswith("layer1.0.conv1.weight") for key in names):
        return UserError(f"{path} is a ResNet of torchvision's, which differs from Keras's (stride in the 3 x 3, no biases) and "
                         f"is not read: fetch Keras's with scripts/fetch_weights.py")
    return strangers(path, name, asked, [*names, *names.ignored])
