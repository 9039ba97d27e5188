"""HDF5 files of Keras before 1.0: layers by number alone, for VGG by the order of their kernels.

attribute nb_layers of the root     how many layers
layer_0, layer_1, ...               a group for each, its attribute nb_params says how many
layer_1/param_0, layer_1/param_1    a layer's kernel and its bias
"""

from __future__ import annotations

from pathlib import Path

from ...errors import UserError
from ...formats.hdf5 import Dataset, Group, dataset, subgroup
from ...limits import MAX_LAYERS
from ...network.graph import Network
from ...network.layers import Conv
from ...zoo import NETWORKS

# the networks of that time, of which there are such files
CANDIDATES = ("vgg16", "vgg19")
# kernels that an error lists
SHOWN = 3


def recognises(root: Group) -> bool:
    """Whether a file is of Keras before 1.0."""
    return "nb_layers" in root.attrs


def layer_variables(path: str | Path, root: Group) -> dict[str, list[Dataset]]:
    """The variables of each layer by the names of the network whose kernels they are.

    Raises UserError where the kernels are no network's.
    """
    layers = numbered_layers(path, root)
    for name in CANDIDATES:
        names = matching_names(NETWORKS[name](), layers)
        if names:
            return dict(zip(names, layers))
    kernels = ", ".join(str(list(layer[0].shape)) for layer in layers[:SHOWN])
    raise UserError(
        f"{path} is of Keras before 1.0 (nb_layers), in which layers have no names, and its "
        f"{len(layers)} kernels {kernels or 'none'}, ... are not those of vgg16 or vgg19; load it "
        f"into its model with that Keras and save it with a newer one"
    )


def numbered_layers(path: str | Path, root: Group) -> list[list[Dataset]]:
    """The variables of the layers that have any, in order."""
    count = root.attrs["nb_layers"]
    if type(count) is not int or not 0 <= count <= MAX_LAYERS:
        raise UserError(f"{path}: its attribute nb_layers is {count!r:.40}, expected a number")
    layers: list[list[Dataset]] = []
    for number in range(count):
        group = subgroup(root, f"layer_{number}")
        variables = [dataset(group, f"param_{i}") for i in range(len(group.children))]
        if variables:
            layers.append(variables)
    return layers


def matching_names(network: Network, layers: list[list[Dataset]]) -> list[str]:
    """The layers of a network whose kernels have these shapes; none where they have not.

    The dense layers may be missing; their sizes are not compared.
    """
    needed = network.parameters()
    kinds = {node.name: isinstance(node.layer, Conv) for node in network.nodes}
    convolutions = [name for name in needed if kinds[name]]
    if len(layers) not in (len(convolutions), len(needed)):
        return []
    for (name, parameters), variables in zip(needed.items(), layers):
        if len(variables) != 2:
            return []
        kernel, bias = (variable.shape for variable in variables)
        if not kinds[name] and len(kernel) != 2:
            return []
        if kinds[name] and (sorted(kernel), bias) != (
            sorted(parameters["kernel"]),
            parameters["bias"],
        ):
            return []
    return list(needed)[: len(layers)]
