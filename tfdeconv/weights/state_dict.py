"""Tensors by the names of other programs: Caffe's in .npy dictionaries, torchvision's in .pth, .pt and .safetensors files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.preprocessing import Preprocessing, caffe, torch
from ..errors import UserError
from ..formats import pickled, safetensors
from ..formats.lazy_tensor import Tensors
from ..network.base import Shape
from ..network.graph import INPUT, Network
from ..network.layers import Dense
from ..zoo import NETWORKS, variants_of
from ..zoo.variants import TITLES, wrong_variant
from .contents import WeightFile, infer_network, no_match

CAFFE_DENSE = {"fc1": "fc6", "fc2": "fc7", "predictions": "fc8"}  # VGG's, by the names of Keras
TORCH = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "mean": "running_mean",
    "variance": "running_var",
}
NO_NEWS = re.compile(
    r"(^|\.)(num_batches_tracked|optim\w*|lr_schedulers?)(\.|$)"
)  # left over from the training
MARK = re.compile(r"^|\W|_")  # what a prefix may end with


def tensors(path: str | Path) -> Tensors | None:
    """The tensors of a file of torch's, numpy's or safetensors; None if it is none of them. Raises UserError for a damaged one."""
    if not Path(path).is_file() or not Path(path).stat().st_size:
        return None
    if pickled.recognises(path):
        return pickled.tensors(path)
    return safetensors.tensors(path) if safetensors.recognises(path) else None


@dataclass(frozen=True)
class Dialect:
    """How a file names a network's parameters: {layer: {parameter: key}} of those it has, and whether it puts channels first."""

    maker: str
    keys: dict[str, dict[str, str]]
    channels_first: bool = False
    prefix: str = ""
    twins: tuple[str, ...] = ()  # other prefixes with as many of the network's parameters

    @property
    def count(self) -> int:
        return sum(map(len, self.keys.values()))


def dialects(network: Network, names: Tensors) -> Iterator[Dialect]:
    """What a file has of a network, by the names of each maker."""
    if network.variant in ("", "caffe") and network.name.startswith(("vgg", "alexnet")):
        for kernel, bias in ((".0", ".1"), (".weights", ".biases")):
            plain = {
                layer: re.sub(r"block(\d)_conv", r"conv\1_", CAFFE_DENSE.get(layer, layer))
                for layer in network.parameters()
            }
            keys = {
                layer: {"kernel": name + kernel, "bias": name + bias}
                for layer, name in plain.items()
            }
            yield Dialect("Caffe", held(keys, names))
    if network.aliases and (network.variant == "torchvision" or network.name.startswith("vgg")):
        yield torchvision(network, names)


def torchvision(network: Network, names: Tensors) -> Dialect:
    """Torchvision's names are the network's aliases; any prefix may stand before all of them."""
    modules: dict[str, str] = {}
    for alias, layer in network.aliases.items():
        modules.setdefault(layer, alias)
    keys = {}
    for layer, needed in network.parameters().items():
        if layer not in modules:
            continue
        keys[layer] = {name: f"{modules[layer]}.{TORCH[name]}" for name in needed}
        if "kernel" in needed:  # looked for where there should be none, too
            keys[layer]["bias"] = f"{modules[layer]}.bias"
    wanted = {key for p in keys.values() for key in p.values()}
    counts = Counter(
        name[: mark.end()]
        for name in names
        for mark in MARK.finditer(name)
        if name[mark.end() :] in wanted
    )
    best = max(counts, key=lambda prefix: counts[prefix], default="")
    twins = tuple(prefix for prefix in counts if prefix != best and counts[prefix] == counts[best])
    there = {layer: {name: best + key for name, key in p.items()} for layer, p in keys.items()}
    return Dialect("torchvision", held(there, names), True, best, twins)


def held(keys: dict[str, dict[str, str]], names: Tensors) -> dict[str, dict[str, str]]:
    """Those of the keys by layer and parameter that a file has."""
    found = {
        layer: {name: key for name, key in p.items() if key in names} for layer, p in keys.items()
    }
    return {layer: p for layer, p in found.items() if p}


def understood(network: Network, names: Tensors) -> Dialect | None:
    """The dialect in which the file has most of the network's parameters; None if it has none of them in any."""
    best = max(dialects(network, names), key=lambda dialect: dialect.count, default=None)
    return best if best and best.count else None


def nearest(names: Tensors, candidates: list[Network], first: str = "") -> Network:
    """The network most of whose parameters a file has, and that lacks fewest; the one called `first` where several do."""

    def fit(network: Network) -> tuple[int, int, bool]:
        dialect = understood(network, names)
        return -dialect.count if dialect else 0, len(network.parameters()), network.name != first

    return min(candidates, key=fit)


def contents(path: str | Path, names: Tensors, network: Network) -> WeightFile:
    """The parameters by this program's names, kernels as [height, width, in, out], dense ones behind [h, w, channels]."""
    dialect = understood(network, names)
    if dialect is None:
        raise stranger(path, names, network)
    kind = (
        {"conv1": (64, 64, 1, 1), "conv2": (64, 64, 3, 3)}
        if network.variant == "torchvision"
        else {}
    )
    for part, shape in kind.items():
        found = names.get(f"{dialect.prefix}layer1.0.{part}.weight")
        if found is not None and len(found.shape) == 4 and found.shape != shape:
            raise UserError(
                f"{path} is of another kind than ResNet-50, -101 and -152: its layer1.0.{part} is {list(found.shape)}, "
                f"theirs {list(shape)}; ResNet-18 and -34, wide ones and ResNeXt are not read"
            )
    flat = flattened(network)
    shapes = {
        layer: {
            name: turned(names[key].shape, dialect, flat.get(layer))[0] for name, key in p.items()
        }
        for layer, p in dialect.keys.items()
    }

    def read(layer: str, name: str) -> np.ndarray:
        array = names[dialect.keys[layer][name]].read()
        return np.ascontiguousarray(turned(array.shape, dialect, flat.get(layer))[1](array))

    used = {key for p in dialect.keys.values() for key in p.values()}
    others = tuple(key for key in names if key not in used and not NO_NEWS.search(key))
    norms = [
        key
        for key in others
        if re.fullmatch(re.escape(dialect.prefix) + r"features\.\d+\.running_mean", key)
    ]
    if norms:
        raise UserError(
            f"{path} is of a {network.name} with batch norms ({norms[0]}, ...), which this program does not have"
        )
    there = [layer in dialect.keys for layer in network.parameters()]
    gap = there != sorted(
        there, reverse=True
    )  # what is missing is no head: it may be another network's file
    told = (
        nearest(names, variants_of(), network.name).name
        if network.name in NETWORKS and (others or gap)
        else None
    )
    ignored = tuple(key for key in names.ignored if not NO_NEWS.search(key)) + others
    preprocessing, assumed = trained_on(network, dialect)
    return WeightFile(
        shapes,
        read,
        told,
        preprocessing,
        source=f"{Path(path).name} ({dialect.maker})",
        ignored=ignored,
        notes=(*recognised(network, dialect), *assumed),
    )


def flattened(network: Network) -> dict[str, Shape]:
    """{layer: (h, w, c)} of the maps whose flattened values a dense layer reads."""
    shapes = {INPUT: network.input_shape} | network.shapes()
    return {
        node.name: shapes[network.node(node.inputs[0]).inputs[0]]
        for node in network.nodes
        if isinstance(node.layer, Dense) and node.inputs[0] == "flatten"
    }


def turned(
    shape: tuple[int, ...], dialect: Dialect, flat: Shape | None
) -> tuple[tuple[int, ...], Callable[[np.ndarray], np.ndarray]]:
    """The shape that a parameter has here, and what makes it so; flat: the map that a dense kernel's rows are the values of."""
    if not dialect.channels_first or len(shape) not in (2, 4):
        return shape, lambda array: array
    if len(shape) == 4:
        return (shape[2], shape[3], shape[1], shape[0]), lambda kernel: kernel.transpose(2, 3, 1, 0)
    h, w, c = flat or (1, 1, shape[1])
    if h * w * c != shape[1]:
        return (shape[1], shape[0]), lambda kernel: kernel.T
    return (
        shape[1],
        shape[0],
    ), lambda kernel: kernel.reshape(-1, c, h, w).transpose(2, 3, 1, 0).reshape(shape[1], -1)


def recognised(network: Network, dialect: Dialect) -> Iterator[str]:
    """How a file was recognised."""
    behind = f", behind {dialect.prefix!r}" if dialect.prefix else ""
    yield f"tensors named as {dialect.maker} names those of {TITLES.get(network.name, network.name)}{behind}"
    if dialect.twins:
        others = ", ".join(map(repr, dialect.twins[:3]))
        yield f"assumed: those meant are behind {dialect.prefix!r}; the file has as many behind {others}"


def trained_on(network: Network, dialect: Dialect) -> tuple[Preprocessing, tuple[str, ...]]:
    """The maker's preprocessing, and that it is assumed."""
    size = network.input_shape[:2]
    usual = caffe(size, network.channels)
    if network.channels != 3:
        return usual, ("assumed: the bands go into the network as they are",)
    if not dialect.channels_first:
        return usual, ("assumed: Caffe's preprocessing (BGR less the mean of ImageNet)",)
    return torch(size, network.channels), (
        "assumed: torchvision's preprocessing (RGB, mean and standard deviation of ImageNet)",
    )


def network(
    path: str | Path, names: Tensors, name: str | None, variant: str | None = None
) -> Network:
    """The network of that name and variant, or whose layers these are, with channels, classes and size as the shapes tell."""
    plain = nearest(names, variants_of(name, variant))
    kernels = {
        layer: p.get("kernel", ()) for layer, p in contents(path, names, plain).shapes.items()
    }
    return infer_network(plain.name, kernels, plain.variant)


def stranger(path: str | Path, names: Tensors, network: Network) -> UserError:
    """None of a file's tensors are the network's; perhaps they are those of another variant."""
    if network.name in NETWORKS:
        near = nearest(names, variants_of(), network.name)
        if understood(near, names) and (near.name == network.name or near.variant == "torchvision"):
            return wrong_variant(path, near, network)
    return no_match(path, network.name, list(network.parameters()), [*names, *names.ignored])
