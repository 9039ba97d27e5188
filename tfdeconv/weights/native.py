"""Reads the project's own weight files: native_format.py says how they are laid out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from math import prod
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np

from ..data import labels
from ..data.labels import Labels
from ..data.preprocessing import ORDERS, Preprocessing
from ..errors import UserError, unknown
from ..formats import purposes
from ..formats.hdf5 import Dataset, Group, dataset, subgroup, texts
from ..limits import MAX_JSON, MAX_SIZE
from ..network.graph import Network
from ..network.serialization import from_json
from ..zoo import NETWORKS
from .contents import WeightFile
from .native_format import (
    DESCRIPTION,
    LABELS,
    NOTES,
    VERSION,
    contents_digest,
    digest_line,
    root_digest,
    unpack_notes,
)


def recognises(file: Group) -> bool:
    """Whether an HDF5 file is one of these."""
    return "format" in file.attrs and texts(file.attrs["format"])[0] == purposes.WEIGHTS


def network(path: str | Path, file: Group, name: str | None, variant: str | None = None) -> Network:
    """The network the file is for; raises UserError if that is not `name` of that variant."""
    stated = stated_network(path, file)
    if name not in (None, stated.name):
        raise wrong_network(path, stated, str(name))
    if stated.variant and variant not in (None, stated.variant):
        raise wrong_variant(path, stated, str(variant))
    return stated


def contents(path: str | Path, file: Group, network: Network) -> WeightFile:
    """All layers of the file.

    The root digest is checked now, that of a dataset when it is read.
    """
    version = file.attrs["version"]
    if version > VERSION:
        raise UserError(
            f"{path} has version {version} of this format, and this program reads up to {VERSION}: "
            f"update tfdeconv"
        )
    stated = stated_network(path, file)
    if stated.name != network.name:
        raise wrong_network(path, stated, network.name)
    # a network that is not a built-in one has no variant
    if stated.variant and stated.variant != network.variant:
        raise wrong_variant(path, stated, network.variant)

    datasets = find_datasets(file)
    root = check_root_digest(path, file, datasets)
    description = stated_digest(dataset(file, DESCRIPTION)) if DESCRIPTION in file.children else ""
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for layer, parameters in datasets.items():
        shapes[layer] = {name: stored.shape for name, stored in parameters.items()}

    def read(layer: str, name: str) -> np.ndarray:
        return read_dataset(datasets[layer][name], f"{layer}/{name}")

    return WeightFile(
        shapes,
        read,
        stated.name,
        preprocessing(path, file),
        contents_digest(root, description),
        tensors_digest=root,
        source=texts(file.attrs["source"])[0],
        licence=texts(file.attrs["licence"])[0],
        notes=notes_of(file),
        labels=labels_of(file),
    )


def labels_of(file: Group) -> Labels | None:
    """The names of the classes that the file has; None where there are none, or damaged ones."""
    if LABELS not in file.attrs:
        return None
    return labels.carried(texts(file.attrs[LABELS])[0], "the weight file")


def notes_of(file: Group) -> tuple[str, ...]:
    """What was assumed when the file was made, as notes on it; none where nothing was."""
    if NOTES not in file.attrs:
        return ()
    notes = unpack_notes(texts(file.attrs[NOTES])[0])
    return ("it is a weight file of this program", *notes)


def find_datasets(file: Group) -> dict[str, dict[str, Dataset]]:
    """The datasets of all layers, by layer and parameter."""
    datasets: dict[str, dict[str, Dataset]] = {}
    for child in file.children:
        if child != DESCRIPTION:
            group = subgroup(file, child)
            datasets[unquote(child)] = {name: dataset(group, name) for name in group.children}
    return datasets


def check_root_digest(
    path: str | Path, file: Group, datasets: Mapping[str, Mapping[str, Dataset]]
) -> str:
    """The file's root digest; raises UserError if it is not that of its datasets."""
    lines: list[str] = []
    for layer, parameters in datasets.items():
        for name, stored in parameters.items():
            encoded = f"{quote(layer, safe='')}/{name}"
            lines.append(digest_line(encoded, stored.dtype, stored.shape, stated_digest(stored)))
    digest = texts(file.attrs["sha256"])[0]
    if root_digest(lines) != digest:
        raise UserError(
            f"{path} is damaged: its datasets do not have the digest {digest[:12]}...; "
            f"make or fetch it again"
        )
    return digest


def stated_digest(stored: Dataset) -> str:
    """The digest that stands beside a dataset's values."""
    return texts(stored.attrs["sha256"])[0]


def read_dataset(stored: Dataset, name: str) -> np.ndarray:
    """A dataset's values; raises UserError if they do not have the digest beside them."""
    array = stored.read()
    if hashlib.sha256(array.data).hexdigest() != stated_digest(stored):
        raise UserError(
            f"{name} is damaged: its values do not have their digest; make or fetch the file again"
        )
    return array


def stated_network(path: str | Path, file: Group) -> Network:
    """The network that the file describes, or the built-in one that it names."""
    name = texts(file.attrs["network"])[0]
    if DESCRIPTION in file.children:
        stored = dataset(file, DESCRIPTION)
        if prod(stored.shape) > MAX_JSON:
            raise UserError(f"{path}: its description of the network is too long; make it again")
        values = read_dataset(stored, f"{path}: its description of the network")
        described = from_json(str(np.asarray(values, np.uint8).tobytes(), "utf-8"))
        if described.name != name:
            raise UserError(
                f"{path} states the network {name} and describes {described.name}; make it again"
            )
        return described
    if name not in NETWORKS:
        raise unknown(f"{path} is for a network that this program does not have,", name, NETWORKS)
    height, width = map(int, file.attrs["size"])
    channels = int(file.attrs["channels"])
    classes = int(file.attrs["classes"])
    if not all(1 <= count <= MAX_SIZE for count in (channels, classes, height, width)):
        raise UserError(
            f"{path} states channels, classes or a size of input that are impossible: "
            f"{channels}, {classes}, {height} x {width}; make it again"
        )
    return NETWORKS[name](channels=channels, classes=classes, size=(height, width))


def preprocessing(path: str | Path, file: Group) -> Preprocessing:
    """The root attributes as a Preprocessing, checked against the file's channels."""
    attrs = file.attrs
    order = texts(attrs["order"])[0]
    channels = int(attrs["channels"])
    mean = tuple(map(float, attrs["mean"]))
    scale = tuple(map(float, attrs["scale"]))
    height, width = map(int, attrs["size"])
    stated = Preprocessing(order, (height, width), int(attrs["resize"]), mean, scale)
    is_valid = (
        order in ORDERS
        and len(mean) in (0, channels)
        and len(scale) in (0, channels)
        and np.isfinite(mean + scale).all()
        and 0 not in scale
        and min(height, width) >= 1
        and stated.resize >= min(height, width)
    )
    if not is_valid:
        raise UserError(f"{path} states an impossible preprocessing: {stated}; make it again")
    return stated


def wrong_network(path: str | Path, stated: Network, name: str) -> UserError:
    """The error where a file is for another network than the one asked for."""
    return UserError(
        f"{path} holds {stated.name}, not {name}: ask for --network {stated.name}, "
        f"or give other weights"
    )


def wrong_variant(path: str | Path, stated: Network, variant: str) -> UserError:
    """The error where a file is for another variant of the network asked for."""
    asked = variant or "one without a variant"
    return UserError(
        f"{path} holds {stated.name} of variant {stated.variant}, not {asked}: "
        f"ask for --variant {stated.variant}, or give other weights"
    )
