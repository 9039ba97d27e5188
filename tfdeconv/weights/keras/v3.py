"""Keras 3's `.weights.h5`: groups nested as the models are; layers go by class and number.

    layers/conv2d/vars/0                        a kernel
    layers/conv2d/vars/1                        its bias
    layers/conv2d_1/vars/0                      the kernel of the next convolution
    layers/functional/layers/dense/vars/0       in a model within the model

A model's description says which layer is which. Without one, the file fits a built-in network if it
has layers of the same classes and shapes in the same order.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.hdf5 import Dataset, Group, inside
from ...network.graph import Network
from ...network.layers import BatchNorm, Conv, Dense, DepthwiseConv
from ...zoo import KERAS, NETWORKS, VARIANTS
from ..contents import WeightFile, infer_network
from .architecture import Architecture
from .sources import VariablePath
from .variables import weight_file

LAYERS = "layers"
# as the Keras of TensorFlow 2.12 to 2.15 calls it; in it every second number is left out
OLD_LAYERS = "_layer_checkpoint_dependencies"
# the classes with parameters in the built-in networks, as files call them
CLASSES = {
    Conv: "conv2d",
    DepthwiseConv: "depthwise_conv2d",
    BatchNorm: "batch_normalization",
    Dense: "dense",
}
REMEDY = (
    "such a file does not name its layers: "
    'save the whole model (model.save("model.keras")) and give that file, or its full .h5'
)


def recognises(file: Group) -> bool:
    """Whether an HDF5 file is laid out as Keras 3's weights are."""
    if "layer_names" in file.attrs:
        return False
    return any(isinstance(file.children.get(name), Group) for name in (LAYERS, OLD_LAYERS))


# a model that comes with its description


def model_contents(path: str | Path, file: Group, architecture: Architecture) -> WeightFile:
    """What a file holds of the model that a description is of."""

    def find_variables(variable_path: VariablePath) -> list[Dataset]:
        return variables_at(path, file, variable_path)

    return weight_file(path, architecture, find_variables)


def variables_at(path: str | Path, file: Group, variable_path: VariablePath) -> list[Dataset]:
    """The variables of the layer at a path; none where the file has no such group."""
    group = file
    for class_name, number in variable_path.groups:
        name = f"{class_name}_{number}" if number else class_name
        child = inside(group, f"{LAYERS}/{name}") or layers_of_class(group, class_name).get(number)
        if not isinstance(child, Group):
            return []
        group = child
    variables = layer_variables(group)
    expected = variable_path.names[-1]
    name_in_file = subgroup_or_empty(group, "vars").attrs.get("name") if variables else None
    if name_in_file is not None and name_in_file != expected:
        raise UserError(
            f"{path} does not fit its own description: expected the weights of layer {expected}, "
            f"found those of {ascii(name_in_file)[:80]}"
        )
    return variables


# weights alone, of a built-in network


def network(
    path: str | Path, file: Group, name: str | None = None, variant: str | None = None
) -> Network:
    """The built-in network (of that name) whose layers have the file's shapes, in its order.

    The dense layers may be left out. Raises UserError where no network fits.
    """
    if name:
        candidates = [name]
    else:
        candidates = [known for known in KERAS if not variant or variant in VARIANTS[known]]
    for candidate in candidates:
        matching = network_if_fitting(file, candidate, variant or "")
        if matching is not None:
            return matching
    which = name or "any of the built-in networks"
    raise UserError(f"{path} holds weights of Keras 3, but not those of {which}; {REMEDY}")


def network_if_fitting(file: Group, name: str, variant: str) -> Network | None:
    """The network of that name with the file's channels and classes; None if it does not fit."""
    variables = variables_by_layer(file, NETWORKS[name](variant=variant))
    if not variables:
        return None
    kernels = {layer: values[0].shape for layer, values in variables.items()}
    inferred = infer_network(name, kernels, variant)
    if not fits(inferred, variables):
        return None
    return inferred


def network_contents(path: str | Path, file: Group, network: Network) -> WeightFile:
    """What a file holds of a built-in network; raises UserError where it does not fit."""
    variables = variables_by_layer(file, network)
    if not variables or not fits(network, variables):
        raise UserError(
            f"{path} holds weights of Keras 3, but not those of {network.name}; {REMEDY}"
        )
    datasets: dict[str, dict[str, Dataset]] = {}
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for layer, parameters in network.parameters().items():
        if layer in variables:
            datasets[layer] = dict(zip(parameters, variables[layer]))
            shapes[layer] = parameters

    def read(layer: str, name: str) -> np.ndarray:
        return datasets[layer][name].read()

    note = f"recognised as {network.name} by the shapes of its layers in their order"
    return WeightFile(
        shapes, read, network.name, source=f"{Path(path).name} (Keras 3)", notes=(note,)
    )


def variables_by_layer(file: Group, network: Network) -> dict[str, list[Dataset]] | None:
    """Each layer's variables; None unless file and network have as many layers of each class.

    The file may have no dense layers.
    """
    by_layer: dict[str, list[Dataset]] = {}
    for layer_class, class_name in CLASSES.items():
        layers = [node.name for node in network.nodes if type(node.layer) is layer_class]
        variables = variables_of_class(file, class_name)
        is_head_left_out = class_name == "dense" and not variables
        if len(variables) != len(layers) and not is_head_left_out:
            return None
        by_layer.update(zip(layers, variables))
    return by_layer


def variables_of_class(file: Group, class_name: str) -> list[list[Dataset]]:
    """The variables of each layer of a class that has any, in the order of the layers' numbers."""
    groups = layers_of_class(file, class_name)
    layers: list[list[Dataset]] = []
    for number in sorted(groups):
        variables = layer_variables(groups[number])
        if variables:
            layers.append(variables)
    return layers


def fits(network: Network, variables: dict[str, list[Dataset]]) -> bool:
    """Whether each layer's variables have the shapes of its parameters, in their order."""
    needed = network.parameters()
    for layer, values in variables.items():
        if [value.shape for value in values] != list(needed[layer].values()):
            return False
    return True


# the layout


def layers_of_class(group: Group, class_name: str) -> dict[int, Group]:
    """The layers of a class in a model's group, by their number."""
    pattern = re.compile(re.escape(class_name) + r"(?:_(\d{1,6}))?")
    for kind in (LAYERS, OLD_LAYERS):
        parent = inside(group, kind)
        if not isinstance(parent, Group):
            continue
        layers: dict[int, Group] = {}
        for name, child in parent.children.items():
            match = pattern.fullmatch(name)
            if match and isinstance(child, Group):
                layers[int(match[1] or 0)] = child
        if kind == OLD_LAYERS:
            # only the order of the numbers counts
            return dict(enumerate(layers[number] for number in sorted(layers)))
        return layers
    return {}


def layer_variables(group: Group) -> list[Dataset]:
    """A layer's variables in their order: vars/0, vars/1, ..."""
    parent = subgroup_or_empty(group, "vars")
    variables: list[Dataset] = []
    while str(len(variables)) in parent.children:
        value = inside(parent, str(len(variables)))
        if not isinstance(value, Dataset):
            break
        variables.append(value)
    return variables


def subgroup_or_empty(group: Group, name: str) -> Group:
    child = inside(group, name)
    if isinstance(child, Group):
        return child
    return Group(group.file, f"{group.name}/{name}", {}, {})
