"""HDF5 files in the layout that Keras has had since 2015: the layout, and weights alone in it.

All official downloads are such files; Keras 3 still writes them.

A group for each layer, whose attribute `weight_names` lists the layer's variables in their order;
the attribute `layer_names` of the root, or of the group `model_weights`, lists the layers. Within a
layer only the order counts: names of variables vary from version to version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ... import zoo
from ...errors import UserError
from ...formats.hdf5 import Dataset, Group, dataset, subgroup, texts
from ...network.graph import Network
from ...zoo.variants import TITLES
from ..contents import WeightFile, infer_network
from ..recognition import conventions, verdict
from ..recognition.inventory import Inventory, take_inventory
from ..recognition.verdict import Family, check_network, find_network
from . import before_1
from .variables import surplus_name

SHOWN = 8  # layers that an error lists


# weights alone, of a built-in network


def unknown_network(path: str | Path, inventory: Inventory) -> UserError:
    """The error for weights of layers that are of no built-in network."""
    layers = list(dict.fromkeys(name.rpartition("/")[0] for name in inventory.shapes))
    listed = ", ".join(layers[:SHOWN]) or "none"
    if len(layers) > SHOWN:
        listed += f", ... ({len(layers)} layers)"
    return UserError(
        f"{path} holds weights alone, of layers {listed}: they are of none of the built-in "
        f"networks, and the file does not describe its own; give its description as "
        f"--architecture model.json (model.to_json()), or save the whole model "
        f'(model.save("model.keras")) and give that file'
    )


FAMILY = Family(conventions.KERAS, zoo.KERAS, unknown_network)


def inventory_of(layers: Mapping[str, Sequence[Dataset]]) -> Inventory:
    """The variables as conventions.KERAS calls them: `conv1/0`."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, variables in layers.items():
        for position, variable in enumerate(variables):
            shapes[f"{layer}/{position}"] = variable.shape
    return take_inventory(shapes)


def network(path: str | Path, file: Group, name: str | None, variant: str | None = None) -> Network:
    """The built-in network whose layers the file has (of that name and variant, if given).

    Its channels, classes and size are as the kernels' shapes say. Raises UserError for layers of
    another network.
    """
    inventory = inventory_of(layer_variables(path, file))
    evidence = find_network(path, FAMILY, inventory, name, variant)
    return infer_network(evidence.network.name, evidence.kernels, evidence.network.variant)


def contents(path: str | Path, file: Group, network: Network) -> WeightFile:
    """What a file holds of a network, by the names of the network's layers.

    Raises UserError for a file of another network.
    """
    layers = layer_variables(path, file)
    evidence = check_network(path, FAMILY, inventory_of(layers), network)
    needed = network.parameters()
    ignored = [name for name in file.children if "optimizer" in name]
    ignored += dict.fromkeys(
        name.rpartition("/")[0] for name in (*evidence.replaced, *evidence.around)
    )
    datasets: dict[str, dict[str, Dataset]] = {}
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for layer, keys in evidence.match.keys.items():
        name_in_file = next(iter(keys.values())).rpartition("/")[0]
        datasets[layer] = by_parameter(list(needed[layer]), layers[name_in_file])
        shapes[layer] = {name: values.shape for name, values in datasets[layer].items()}

    def read(layer: str, name: str) -> np.ndarray:
        return datasets[layer][name].read()

    maker = evidence.match.convention.maker
    title = TITLES.get(network.name, network.name)
    notes = [f"layers named as {maker} names those of {title}", *verdict.notes(evidence)]
    return WeightFile(
        shapes,
        read,
        network.name,
        ignored=tuple(ignored),
        source=f"{Path(path).name} (Keras)",
        notes=tuple(notes),
        other_head=evidence.head,
    )


def by_parameter(parameters: Sequence[str], variables: Sequence[Dataset]) -> dict[str, Dataset]:
    """A layer's variables by parameter, in their order; surplus ones are numbered."""
    names = [*parameters, *map(surplus_name, range(len(parameters), len(variables)))]
    return dict(zip(names, variables))


# the layout


def layer_variables(path: str | Path, file: Group) -> dict[str, list[Dataset]]:
    """The variables of each layer, in order; raises UserError for a file that lists no layers."""
    root = weights_root(file)
    if before_1.recognises(root):
        return before_1.layer_variables(path, root)
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

    Keras splits a list of more than 64 KB into attribute0, attribute1, ... Raises UserError where
    a name comes twice.
    """
    if attribute in group.attrs:
        names = texts(group.attrs[attribute])
    elif f"{attribute}0" in group.attrs:
        names = []
        number = 0
        while f"{attribute}{number}" in group.attrs:
            names += texts(group.attrs[f"{attribute}{number}"])
            number += 1
    else:
        return None
    # a list that names a long list many times would take for ever
    if len(set(names)) < len(names):
        raise UserError(
            f"{group.file}: its {attribute} names something twice: it is damaged, fetch it again"
        )
    return names
