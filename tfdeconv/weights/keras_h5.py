"""HDF5 weight files of Keras 1, 2 and 3 (`save_weights` to .h5, the layout of every official download)."""
from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..nets import NETWORKS
from ..network import Network
from .contents import Contents, dataset, inferred, strangers, subgroup, texts
from .hdf5 import Dataset, Group


def contents(path: str | Path, file: Group, network: Network) -> Contents:
    """The parameters by layer name and, within a layer, by order: names there vary from version to version."""
    needed = network.parameters()
    shapes, datasets, ignored = {}, {}, [name for name in file.children if "optimizer" in name]
    for layer, stored in layers(path, file).items():
        if layer not in needed:
            ignored += [layer] if stored else []
            continue
        names = [*needed[layer], *(f"weight {i + 1}" for i in range(len(needed[layer]), len(stored)))]
        datasets[layer] = dict(zip(names, stored))
        shapes[layer] = {name: values.shape for name, values in datasets[layer].items()}

    def read(layer: str, name: str) -> np.ndarray:
        return datasets[layer][name].read()

    differing = differences({**shapes, **dict.fromkeys(ignored)})
    nearest = min(differing, key=lambda name: (differing[name][0], name != network.name))
    # a file of a deeper network has all the layers of this one's name, and some between them
    told = nearest if network.name in differing and shapes else None
    return Contents(shapes, read, told, ignored=tuple(ignored), source=f"{Path(path).name} (Keras)")


def differences(layers: Collection[str]) -> dict[str, tuple[int, int]]:
    """For each built-in network how many layers with parameters the file has and it has not, and the other way round."""
    return {name: (len(set(layers) - build().parameters().keys()), len(build().parameters().keys() - set(layers)))
            for name, build in NETWORKS.items()}


def layers(path: str | Path, file: Group) -> dict[str, list[Dataset]]:
    """The datasets of each layer, in the layer's order."""
    root = subgroup(file, "model_weights") if "model_weights" in file.children else file
    names = chunked(root, "layer_names")
    if names is None:
        raise UserError(f"{path} is an HDF5 file, but not of weights: it has neither the attributes of "
                        f"scripts/convert_weights.py nor the `layer_names` of Keras")
    groups = {name: subgroup(root, name) for name in names}
    return {name: [dataset(group, weight) for weight in chunked(group, "weight_names") or []] for name, group in groups.items()}


def chunked(group: Group, name: str) -> list[str] | None:
    """A list of names in an attribute; Keras splits one above 64 KB into name0, name1, ..."""
    if name in group.attrs:
        return texts(group.attrs[name])
    parts: list[str] = []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(f"{name}{len(parts)}")
    return [text for part in parts for text in texts(group.attrs[part])] if parts else None


def network(path: str | Path, file: Group, name: str | None, flavour: str | None = None) -> Network:
    """The network of that name, or whose layers these are; channels, classes and (square) size of input as the shapes tell."""
    stored = {layer: values[0].shape for layer, values in layers(path, file).items() if values}
    if not name:
        differing = differences(stored)
        name = min(differing, key=lambda name: differing[name])
    plain = NETWORKS[name]()
    if not stored.keys() & plain.parameters().keys():
        raise strangers(path, name, list(plain.parameters()), list(stored))
    return inferred(name, stored)
