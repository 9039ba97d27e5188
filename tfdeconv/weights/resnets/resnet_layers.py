"""The layers of a file by the names that the authors of the ResNets gave them, whatever its format.

A dictionary (.npy, .npz) names each parameter; a file of Keras's lists a layer's in their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from ...formats.hdf5 import Dataset
from ...formats.lazy_tensor import Tensors
from .resnet_places import PARAMETERS, place_of

# parameters in dictionaries, such as those of caffe-tensorflow, by their various names
TENSOR = re.compile(
    r"(?P<layer>.+?)[./_:](?:"
    r"(?P<kernel>weights?|kernel|W|0)|(?P<bias>biases|bias|b|1)|(?P<gamma>scale|gamma)|"
    r"(?P<beta>offset|beta)|(?P<mean>(?:moving_|running_)?mean)|"
    r"(?P<variance>(?:moving_|running_)?var(?:iance)?|running_std))(?::0)?"
)
# layers that a first block has, by which a file is recognised
FIRST = "res2a_branch2a"


class Variable(Protocol):
    """A tensor of a file that is not read yet."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def read(self) -> Callable[[], np.ndarray]: ...


# {layer in the file: {parameter: variable}}
Layers = Mapping[str, Mapping[str, Variable]]


def recognises(names: Iterable[str]) -> bool:
    """Whether layers, or a dictionary's tensors, are named so."""
    for name in names:
        parts = TENSOR.fullmatch(name)
        if name == FIRST or parts is not None and parts["layer"] == FIRST:
            return True
    return False


def layers_of(tensors: Tensors) -> Layers:
    """The layers of a dictionary by layer and parameter; what has other names is left out."""
    layers: dict[str, dict[str, Variable]] = {}
    for name, tensor in tensors.items():
        parts = TENSOR.fullmatch(name)
        if parts is not None:
            layer = layers.setdefault(parts["layer"], {})
            layer[str(parts.lastgroup)] = tensor
        else:
            layers.setdefault(name, {})["kernel"] = tensor
    return layers


def ordered_layers(variables: Mapping[str, Sequence[Dataset]]) -> Layers:
    """The layers of a file of Keras's, in which the order tells the parameters."""
    layers: dict[str, dict[str, Variable]] = {}
    for name, values in by_owner(variables).items():
        place = place_of(name)
        parameters = list(PARAMETERS[place.kind]) if place else []
        surplus = [f"weight {i + 1}" for i in range(len(parameters), len(values))]
        layers[name] = dict(zip([*parameters, *surplus], values))
    return layers


def by_owner(variables: Mapping[str, Sequence[Dataset]]) -> dict[str, list[Dataset]]:
    """The variables of each layer, those of a model within the model by its own layers.

    The group of such a model lists model/layer/kernel:0, or layer/kernel:0.
    """
    owned: dict[str, list[Dataset]] = {}
    for name, values in variables.items():
        owned.setdefault(name, [])
        for value in values:
            owner = value.name.split("/")[-2] if "/" in value.name else name
            inner = owner if place_of(owner) else name
            owned.setdefault(inner, []).append(value)
    return owned
