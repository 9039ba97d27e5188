"""HDF5 files in the layout that Keras has had since 2015: the layout, and weights alone in it.

All official downloads are such files; Keras 3 still writes them.

A group for each layer, whose attribute `weight_names` lists the layer's variables in their order;
the attribute `layer_names` of the root, or of the group `model_weights`, lists the layers. Within a
layer only the order counts: names of variables vary from version to version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.hdf5 import Dataset, Group, dataset, subgroup, texts
from ...network.graph import Network
from ...zoo import KERAS, NETWORKS, variants_of
from ...zoo.variants import TITLES, wrong_variant
from ..contents import WeightFile, infer_network, no_match
from .variables import surplus_name

PADDING_ASSUMED = (
    "assumed: pool1 is padded, as in Keras since 2.2.1; "
    "give --variant keras2015-unpadded for older files"
)


# weights alone, of a built-in network


def network(path: str | Path, file: Group, name: str | None, variant: str | None = None) -> Network:
    """The built-in network whose layers the file has (of that name and variant, if given).

    Its channels, classes and size are as the kernels' shapes say. Raises UserError where no layer
    fits.
    """
    layers = layer_variables(path, file)
    counts = variable_counts(layers)
    closest = min(variants_of(name, variant, KERAS), key=partial(count_differences, counts))
    names = names_in_file(closest)
    kernels: dict[str, tuple[int, ...]] = {}
    for name_in_file, layer in names.items():
        if name_in_file in counts:
            kernels[layer] = layers[name_in_file][0].shape
    if not kernels:
        raise no_match(path, closest.name, list(names), list(counts))
    return infer_network(closest.name, kernels, closest.variant)


def contents(path: str | Path, file: Group, network: Network) -> WeightFile:
    """What a file holds of a network, by the names of the network's layers.

    Raises UserError for a file of another variant of a built-in network.
    """
    layers = layer_variables(path, file)
    needed = network.parameters()
    names = names_in_file(network)
    ignored = [name for name in file.children if "optimizer" in name]
    datasets: dict[str, dict[str, Dataset]] = {}
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for name_in_file, variables in layers.items():
        if name_in_file in names:
            layer = names[name_in_file]
            datasets[layer] = by_parameter(list(needed[layer]), variables)
            shapes[layer] = {name: values.shape for name, values in datasets[layer].items()}
        elif variables:
            ignored.append(name_in_file)

    def read(layer: str, name: str) -> np.ndarray:
        return datasets[layer][name].read()

    owner: str | None = None
    notes: list[str] = []
    if network.name in NETWORKS:
        closest = closest_network(layers, network)
        same_name = closest.name == network.name
        if same_name and network.variant and closest.variant != network.variant:
            raise wrong_variant(path, closest, network)
        if shapes:
            # a deeper network has all layers of this one by name, and some between them
            owner = closest.name
        years = " of 2015 to 2018" if has_names_of_2015(closest) else ""
        notes.append(
            f"layers named as Keras{years} names those of {TITLES.get(closest.name, closest.name)}"
        )
        if network.variant == "keras2015":
            notes.append(PADDING_ASSUMED)
    return WeightFile(
        shapes,
        read,
        owner,
        ignored=tuple(ignored),
        source=f"{Path(path).name} (Keras)",
        notes=tuple(notes),
    )


def by_parameter(parameters: Sequence[str], variables: Sequence[Dataset]) -> dict[str, Dataset]:
    """A layer's variables by parameter, in their order; surplus ones are numbered."""
    names = [*parameters, *map(surplus_name, range(len(parameters), len(variables)))]
    return dict(zip(names, variables))


def closest_network(layers: Mapping[str, Sequence[Dataset]], network: Network) -> Network:
    """The built-in network from which the fewest of the file's layers differ.

    Of equally close ones the given network, otherwise a variant of it.
    """
    counts = variable_counts(layers)

    def distance(candidate: Network) -> tuple[int, bool, bool]:
        strange, _ = count_differences(counts, candidate)
        return (strange, candidate.name != network.name, candidate.variant != network.variant)

    return min(variants_of(names=KERAS), key=distance)


def variable_counts(layers: Mapping[str, Sequence[Dataset]]) -> dict[str, int]:
    """How many variables each layer of a file has; layers without any are left out."""
    return {layer: len(variables) for layer, variables in layers.items() if variables}


def count_differences(counts: Mapping[str, int], network: Network) -> tuple[int, int]:
    """How many layers of a file differ from the network's, and how many of those it lacks.

    A layer differs if the network has none of its name, or one of another number of parameters.
    counts: how many variables each layer of the file has.
    """
    needed = network.parameters()
    names = names_in_file(network)
    strange = 0
    for layer, count in counts.items():
        if layer not in names or len(needed[names[layer]]) != count:
            strange += 1
    return strange, len(names.keys() - counts.keys())


def names_in_file(network: Network) -> dict[str, str]:
    """{name in a file: layer} of the layers with parameters."""
    needed = network.parameters()
    if has_names_of_2015(network):
        return {name: layer for name, layer in network.aliases.items() if layer in needed}
    return dict(zip(needed, needed))


def has_names_of_2015(network: Network) -> bool:
    """Whether layers are called as in Keras's first ResNet50 (res2a_branch2a)."""
    return network.variant.startswith("keras2015")


# the layout


def layer_variables(path: str | Path, file: Group) -> dict[str, list[Dataset]]:
    """The variables of each layer, in order; raises UserError for a file that lists no layers."""
    root = weights_root(file)
    names = name_list(root, "layer_names")
    if names is None:
        raise UserError(
            f"{path} is an HDF5 file, but not of weights: it has neither the attributes of "
            f"scripts/convert_weights.py nor the `layer_names` of Keras"
        )
    layers: dict[str, list[Dataset]] = {}
    for name in names:
        group = subgroup(root, name)
        weight_names = name_list(group, "weight_names") or []
        layers[name] = [dataset(group, weight) for weight in weight_names]
    return layers


def weights_root(file: Group) -> Group:
    """The group with the layers: a whole model has them one level down."""
    if "model_weights" in file.children:
        return subgroup(file, "model_weights")
    return file


def name_list(group: Group, attribute: str) -> list[str] | None:
    """A list of names in an attribute, None where there is none.

    Keras splits a list of more than 64 KB into attribute0, attribute1, ...
    """
    if attribute in group.attrs:
        return texts(group.attrs[attribute])
    if f"{attribute}0" not in group.attrs:
        return None
    names: list[str] = []
    number = 0
    while f"{attribute}{number}" in group.attrs:
        names += texts(group.attrs[f"{attribute}{number}"])
        number += 1
    return names
