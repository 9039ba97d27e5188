"""Keras 3's `.weights.h5` with the description of its model, which says which layer is which."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import UserError, printable
from ...formats.hdf5 import Dataset, Group, inside
from ..contents import WeightFile
from .architecture import Architecture
from .entries import Model
from .sources import VariablePath
from .v3_layout import LAYERS, group_name, layer_variables, layers_of_class, subgroup_or_empty
from .variables import weight_file


def model_contents(
    path: str | Path, file: Group, architecture: Architecture, of_one_session: bool = True
) -> WeightFile:
    """What a file holds of the model that a description is of.

    of_one_session: the same program wrote both at once, so that names of layers agree; otherwise
    those that Keras makes up may have other numbers.
    """
    if not of_one_session:
        refuse_other_layers(path, file, architecture.model)

    def find_variables(variable_path: VariablePath) -> list[Dataset]:
        return variables_at(path, file, variable_path)

    return weight_file(path, architecture, find_variables)


def refuse_other_layers(path: str | Path, group: Group, model: Model) -> None:
    """Raises UserError for variables of layers that a model's description does not have."""
    entries = {group_name(*entry.group): entry for entry in model.layers if entry.group}
    for name, child in subgroup_or_empty(group, LAYERS).children.items():
        entry = entries.get(name)
        if entry and entry.model and isinstance(child, Group):
            refuse_other_layers(path, child, entry.model)
        elif not entry and isinstance(child, Group) and layer_variables(child):
            raise UserError(
                f"{path} has weights of a layer {printable(name)}, which the description does not "
                f"have: give the description of the same model"
            )


def variables_at(path: str | Path, file: Group, variable_path: VariablePath) -> list[Dataset]:
    """The variables of the layer at a path; none where the file has no such group."""
    group = file
    for class_name, number in variable_path.groups:
        name = group_name(class_name, number)
        child = inside(group, f"{LAYERS}/{name}") or layers_of_class(group, class_name).get(number)
        if not isinstance(child, Group):
            return []
        group = child
    variables = layer_variables(group)
    expected = variable_path.names[-1]
    name_in_file = subgroup_or_empty(group, "vars").attrs.get("name", expected)
    class_name = variable_path.groups[-1].class_name
    if variables and not is_same_layer(str(name_in_file), expected, class_name):
        raise UserError(
            f"{path} does not fit its own description: expected the weights of layer {expected}, "
            f"found those of {ascii(name_in_file)[:80]}"
        )
    return variables


def is_same_layer(name: str, expected: str, class_name: str) -> bool:
    """Whether two names may be a layer's: those that Keras makes up are numbered by session."""
    made_up = re.compile(re.escape(class_name) + r"(_\d+)?")
    return name == expected or bool(made_up.fullmatch(name) and made_up.fullmatch(expected))
