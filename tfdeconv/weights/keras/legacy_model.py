"""Whole models saved as `.h5`, which come with their description: which variables a layer has.

A layer of the outermost model has a group of its own, and so has a model that is used as a layer,
with the variables of all layers within it. Keras pairs both by their order alone, groups with
layers that have variables, and within a group variables with those of its layers: names are those
of the session that wrote the file (conv2d_7), the description may be of another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ...errors import UserError
from ...formats.hdf5 import Dataset, Group, dataset, subgroup, texts
from ..contents import WeightFile
from .architecture import Architecture
from .entries import Entry
from .legacy_h5 import name_list, weights_root
from .sources import Variable, VariablePath
from .variable_order import FileVariable, LayerPath, VariableOrder, nested_variables
from .variables import needed_variables, weight_file

# layers that an error lists
SHOWN = 4
# of a layer's variables, by their position
Shapes = Mapping[tuple[LayerPath, int], tuple[int, ...]]


def model_contents(path: str | Path, file: Group, architecture: Architecture) -> WeightFile:
    """What a file holds of a model that comes with its description.

    Raises UserError where the variables of a model within the model are not those of its layers.
    """
    finder = VariableFinder(path, file, architecture)
    return weight_file(path, architecture, finder.variables_at)


class VariableFinder:
    """The variables of a model's layers in a file."""

    def __init__(self, path: str | Path, file: Group, architecture: Architecture) -> None:
        self.path = str(path)
        root = weights_root(file)
        self.keras3 = is_of_keras3(file) or is_of_keras3(root)
        self.groups: dict[str, Sequence[Dataset]] = {}
        for name in name_list(root, "layer_names") or []:
            group = subgroup(root, name)
            weight_names = name_list(group, "weight_names") or []
            self.groups[name] = [dataset(group, weight) for weight in weight_names]
        self.names = {name: list_names(root, name) for name in self.groups}
        self.shapes = variable_shapes(architecture)
        self.needed: dict[LayerPath, int] = {}
        for variable_path, count in needed_variables(architecture).items():
            self.needed[variable_path.names] = count
        self.variables: dict[LayerPath, Sequence[Dataset]] = {}
        pairs = self.pairs(architecture.model.layers)
        self.refuse_others({group_name for _, group_name in pairs})
        for entry, group_name in pairs:
            self.add(entry, group_name)

    def variables_at(self, variable_path: VariablePath) -> Sequence[Dataset]:
        """A layer's variables in their order, none where the file has none."""
        return self.variables.get(variable_path.names, [])

    def pairs(self, entries: Sequence[Entry]) -> list[tuple[Entry, str]]:
        """Each layer that has variables, and its group: by order, or by name where that fits."""
        by_name = [(entry, entry.name) for entry in entries if self.groups.get(entry.name)]
        groups = [name for name, variables in self.groups.items() if variables]
        owners = [entry for entry in entries if self.has_variables(entry, (entry.name,))]
        by_order = list(zip(owners, groups))
        if len(owners) == len(groups) and all(self.fits(*pair) for pair in by_order):
            return by_order
        return by_name

    def refuse_others(self, used: Collection[str]) -> None:
        """Raises UserError for variables of layers that the description does not have."""
        others = [name for name, group in self.groups.items() if group and name not in used]
        if others:
            raise UserError(
                f"{self.path} has weights of {', '.join(others[:SHOWN])}, which the description "
                f"does not have: give the description of the same model"
            )

    def has_variables(self, entry: Entry, path: LayerPath) -> bool:
        """Whether a layer has variables; of unknown kinds the names of the groups decide."""
        if entry.model:
            layers = entry.model.layers
            return any(self.has_variables(layer, (*path, layer.name)) for layer in layers)
        variables = VariableOrder(self.needed, [], self.keras3).layer_variables(entry, path)
        return any(variables) or (len(path) == 1 and bool(self.groups.get(entry.name)))

    def fits(self, entry: Entry, group_name: str) -> bool:
        """Whether a layer that is understood has variables of the shapes in a group."""
        if entry.model:
            return True
        for position, variable in enumerate(self.groups[group_name]):
            shape = self.shapes.get(((entry.name,), position), variable.shape)
            if shape != variable.shape:
                return False
        return True

    def add(self, entry: Entry, group_name: str) -> None:
        """Finds the variables of a layer, or of all layers of a model, in a group."""
        variables = self.groups[group_name]
        if entry.model is None:
            self.variables[(entry.name,)] = variables
            return
        names = self.names[group_name]
        by_name = dict(zip(names, variables))
        file = [FileVariable(name, variable.shape) for name, variable in by_name.items()]
        layers = nested_variables(self.path, entry, file, self.shapes, self.needed, self.keras3)
        for layer, layer_names in layers.items():
            self.variables[layer] = [by_name[name] for name in layer_names]


def list_names(root: Group, group_name: str) -> list[str]:
    """The names of a group's variables in their order."""
    return name_list(subgroup(root, group_name), "weight_names") or []


def is_of_keras3(group: Group) -> bool:
    """Whether a file, or its group of weights, says that a Keras 3 wrote it."""
    version = texts(group.attrs["keras_version"])[0] if "keras_version" in group.attrs else ""
    return version.startswith("3.")


def variable_shapes(architecture: Architecture) -> Shapes:
    """The shapes of the variables that become parameters as they are."""
    shapes: dict[tuple[LayerPath, int], tuple[int, ...]] = {}
    parameters = architecture.network.parameters()
    for node, described in architecture.parameters.items():
        for name, parameter in described.items():
            variable = parameter.constants[0]
            if parameter.make is None and isinstance(variable, Variable):
                shape = parameters[node][name][parameter.leading_axes :]
                shapes[variable.path.names, variable.position] = shape
    return shapes
