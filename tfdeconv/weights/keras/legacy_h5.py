"""HDF5 weight files of Keras 1, 2 and 3 (`save_weights` to .h5, the layout of every official download)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.hdf5 import Dataset, Group, dataset, subgroup, texts
from ...network.graph import Network
from ...zoo import NETWORKS, variants_of
from ...zoo.variants import TITLES, wrong_variant
from ..contents import WeightFile, infer_network, no_match

UNTOLD = "assumed: pool1 is padded, as in Keras since 2.2.1; --variant keras2015-unpadded for older files"


def contents(path: str | Path, file: Group, network: Network) -> WeightFile:
    """The parameters by layer name and, within a layer, by order: names there vary from version to version."""
    needed, known = network.parameters(), named(network)
    shapes, datasets, ignored = {}, {}, [name for name in file.children if "optimizer" in name]
    listed = layers(path, file)
    for layer, stored in listed.items():
        if layer not in known:
            ignored += [layer] if stored else []
            continue
        own = known[layer]
        names = [*needed[own], *(f"weight {i + 1}" for i in range(len(needed[own]), len(stored)))]
        datasets[own] = dict(zip(names, stored))
        shapes[own] = {name: values.shape for name, values in datasets[own].items()}

    def read(layer: str, name: str) -> np.ndarray:
        return datasets[layer][name].read()

    told, notes = None, []
    if network.name in NETWORKS:
        counts = {layer: len(stored) for layer, stored in listed.items() if stored}
        near = min(
            variants_of(),
            key=lambda one: (
                differences(counts, one)[0],
                one.name != network.name,
                one.variant != network.variant,
            ),
        )
        if near.name == network.name and network.variant and near.variant != network.variant:
            raise wrong_variant(path, near, network)
        # a file of a deeper network has all the layers of this one's name, and some between them
        told = near.name if shapes else None
        notes = [
            f"layers named as Keras{' of 2015 to 2018' * old(near)} names those of {TITLES[near.name]}"
        ]
        notes += [UNTOLD] * (network.variant == "keras2015")
    return WeightFile(
        shapes,
        read,
        told,
        ignored=tuple(ignored),
        source=f"{Path(path).name} (Keras)",
        notes=tuple(notes),
    )


def old(network: Network) -> bool:
    """Whether files of the network have the names of Keras's first ResNet50."""
    return network.variant.startswith("keras2015")


def named(network: Network) -> dict[str, str]:
    """{name in a file: layer} of the layers with parameters."""
    needed = network.parameters()
    pairs = network.aliases.items() if old(network) else zip(needed, needed)
    return {name: layer for name, layer in pairs if layer in needed}


def differences(counts: Mapping[str, int], network: Network) -> tuple[int, int]:
    """Of the layers with parameters, how many a file has and the network has not, or with another number of them, and how many
    it lacks. counts: the number of parameters by layer of the file.
    """
    needed, known = network.parameters(), named(network)
    strange = sum(
        layer not in known or len(needed[known[layer]]) != count for layer, count in counts.items()
    )
    return strange, len(known.keys() - counts.keys())


def layers(path: str | Path, file: Group) -> dict[str, list[Dataset]]:
    """The datasets of each layer, in the layer's order."""
    root = subgroup(file, "model_weights") if "model_weights" in file.children else file
    names = chunked(root, "layer_names")
    if names is None:
        raise UserError(
            f"{path} is an HDF5 file, but not of weights: it has neither the attributes of "
            f"scripts/convert_weights.py nor the `layer_names` of Keras"
        )
    groups = {name: subgroup(root, name) for name in names}
    return {
        name: [dataset(group, weight) for weight in chunked(group, "weight_names") or []]
        for name, group in groups.items()
    }


def chunked(group: Group, name: str) -> list[str] | None:
    """A list of names in an attribute; Keras splits one above 64 KB into name0, name1, ..."""
    if name in group.attrs:
        return texts(group.attrs[name])
    parts: list[str] = []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(f"{name}{len(parts)}")
    return [text for part in parts for text in texts(group.attrs[part])] if parts else None


def network(path: str | Path, file: Group, name: str | None, variant: str | None = None) -> Network:
    """The network of that name and variant, or whose layers these are, with channels, classes and size as the shapes tell."""
    stored = {layer: values for layer, values in layers(path, file).items() if values}
    counts = {layer: len(values) for layer, values in stored.items()}
    plain = min(variants_of(name, variant), key=lambda one: differences(counts, one))
    kernels = {layer: stored[key][0].shape for key, layer in named(plain).items() if key in stored}
    if not kernels:
        raise no_match(path, plain.name, list(named(plain)), list(stored))
    return infer_network(plain.name, kernels, plain.variant)
