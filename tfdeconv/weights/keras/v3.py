"""Weights alone in Keras 3's `.weights.h5`, of a built-in network.

Such a file fits a network if it has layers of the same classes and shapes in the same order.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.hdf5 import Dataset, Group
from ...network.graph import Network
from ...network.layers import BatchNorm, Conv, Dense, DepthwiseConv
from ...zoo import KERAS, NETWORKS, VARIANTS
from ...zoo.variants import TITLES
from ..contents import WeightFile, infer_network
from .v3_layout import LAYERS, OLD_LAYERS, layer_names, layer_variables, layers_of_class

# the classes with parameters in the built-in networks, as files call them
CLASSES = {
    Conv: "conv2d",
    DepthwiseConv: "depthwise_conv2d",
    BatchNorm: "batch_normalization",
    Dense: "dense",
}
REMEDY = (
    "such a file does not describe its network: give its description as --architecture model.json "
    '(model.to_json()), or save the whole model (model.save("model.keras")) and give that file'
)
# layers that an error lists
SHOWN = 8


def recognises(file: Group) -> bool:
    """Whether an HDF5 file is laid out as Keras 3's weights are."""
    if "layer_names" in file.attrs:
        return False
    return any(isinstance(file.children.get(name), Group) for name in (LAYERS, OLD_LAYERS))


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
    raise not_of(path, file, name or "any of the built-in networks")


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
        raise not_of(path, file, network.name)
    datasets: dict[str, dict[str, Dataset]] = {}
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for layer, parameters in network.parameters().items():
        if layer in variables:
            datasets[layer] = dict(zip(parameters, variables[layer]))
            shapes[layer] = parameters

    def read(layer: str, name: str) -> np.ndarray:
        return datasets[layer][name].read()

    title = TITLES[network.name]
    notes = (
        f"the layers' shapes are those of {title} in their order",
        f"assumed: it is {title} of keras.applications, whose strides, pads and epsilons the file "
        f"does not have (--architecture model.json gives those of another)",
    )
    return WeightFile(
        shapes, read, network.name, source=f"{Path(path).name} (Keras 3)", notes=notes
    )


def not_of(path: str | Path, file: Group, which: str) -> UserError:
    """The error for weights that are not of the network or networks meant."""
    names = list(dict.fromkeys(layer_names(file)))
    listed = ", ".join(names[:SHOWN]) or "none"
    if len(names) > SHOWN:
        listed += f", ... ({len(names)} layers)"
    return UserError(
        f"{path} holds weights alone (of Keras 3), of layers {listed}, and not those of {which}; "
        f"{REMEDY}"
    )


def variables_by_layer(file: Group, network: Network) -> dict[str, list[Dataset]] | None:
    """Each layer's variables; None unless file and network have as many layers of each class.

    The file may have no dense layers, but none of a class that the network does not have.
    """
    by_layer: dict[str, list[Dataset]] = {}
    for layer_class, class_name in CLASSES.items():
        layers = [node.name for node in network.nodes if type(node.layer) is layer_class]
        variables = variables_of_class(file, class_name)
        is_head_left_out = class_name == "dense" and not variables
        if len(variables) != len(layers) and not is_head_left_out:
            return None
        by_layer.update(zip(layers, variables))
    if len(by_layer) != len(list(layer_names(file))):
        return None
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
