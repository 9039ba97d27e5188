"""The values of a Keras model's variables by node and parameter, in whichever layout they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.hdf5 import Dataset
from ..contents import WeightFile
from ..graph.operation import Constant, Parameter
from .architecture import Architecture
from .preprocessing import guess_preprocessing
from .sources import Variable, VariablePath

# finds a layer's variables in a file, in their order; none where the file has none
FindVariables = Callable[[VariablePath], Sequence[Dataset]]


def weight_file(
    path: str | Path, architecture: Architecture, find_variables: FindVariables
) -> WeightFile:
    """What a file holds of a model that comes with its description."""
    found: dict[VariablePath, Sequence[Dataset]] = {}
    parameters: dict[str, dict[str, Parameter]] = {}
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    needed = needed_variables(architecture)
    for node, described in architecture.parameters.items():
        surplus: dict[str, tuple[int, ...]] = {}
        for variable in variables_of(described):
            if variable.path not in found:
                found[variable.path] = find_variables(variable.path)
            surplus = surplus_shapes(found[variable.path], needed[variable.path])
        parameters[node] = in_file(described, found)
        if parameters[node]:
            node_shapes = {name: shape_of(each) for name, each in parameters[node].items()}
            shapes[node] = node_shapes | surplus

    def read(node: str, name: str) -> np.ndarray:
        try:
            return parameters[node][name].read()
        except ValueError as error:
            raise UserError(
                f"{path}: the weights of {node} do not fit its description: {error}"
            ) from None

    preprocessing, assumed = guess_preprocessing(architecture.network)
    return WeightFile(
        shapes,
        read,
        architecture.network.name,
        preprocessing,
        source=f"{Path(path).name} (Keras)",
        notes=(*architecture.notes, assumed),
        shared=shared_nodes(architecture),
    )


def variables_of(parameters: Mapping[str, Parameter]) -> list[Variable]:
    """The variables that a node's parameters are made from."""
    variables: list[Variable] = []
    for parameter in parameters.values():
        variables.extend(each for each in parameter.constants if isinstance(each, Variable))
    return variables


def in_file(
    described: Mapping[str, Parameter], found: Mapping[VariablePath, Sequence[Dataset]]
) -> dict[str, Parameter]:
    """A node's parameters with the values of a file, as far as it has the variables for them."""
    parameters: dict[str, Parameter] = {}
    for name, parameter in described.items():
        constants: list[Constant] = []
        for constant in parameter.constants:
            if not isinstance(constant, Variable):
                constants.append(constant)
            elif constant.position < len(found[constant.path]):
                values = found[constant.path][constant.position]
                constants.append(Constant(values.shape, "float32", values.read, constant.name))
        shapes = {constant.shape for constant in constants}
        is_whole = len(constants) == len(parameter.constants)
        if is_whole and (parameter.shape is not None or len(shapes) == 1):
            parameters[name] = replace(parameter, constants=tuple(constants))
    return parameters


def shape_of(parameter: Parameter) -> tuple[int, ...]:
    """The shape of a parameter that is in a file."""
    if parameter.shape is not None:
        return parameter.shape
    return (1,) * parameter.leading_axes + (parameter.constants[0].shape or ())


def shared_nodes(architecture: Architecture) -> dict[str, str]:
    """{a node: that before it whose variables it has, too}."""
    owners: dict[tuple[tuple[VariablePath, int], ...], str] = {}
    shared: dict[str, str] = {}
    for node, parameters in architecture.parameters.items():
        key = tuple((each.path, each.position) for each in variables_of(parameters))
        first = owners.setdefault(key, node) if key else node
        if first != node:
            shared[node] = first
    return shared


def needed_variables(architecture: Architecture) -> Mapping[VariablePath, int]:
    """How many of a layer's variables its nodes need, all of them together."""
    needed = Counter[VariablePath]()
    for parameters in architecture.parameters.values():
        for variable in variables_of(parameters):
            needed[variable.path] = max(needed[variable.path], variable.position + 1)
    return needed


def surplus_shapes(variables: Sequence[Dataset], needed: int) -> dict[str, tuple[int, ...]]:
    """The shapes of a layer's variables beyond the needed ones."""
    shapes: dict[str, tuple[int, ...]] = {}
    for position, variable in enumerate(variables):
        # counters and seeds are scalars: they do not count
        if position >= needed and variable.shape:
            shapes[surplus_name(position)] = variable.shape
    return shapes


def surplus_name(position: int) -> str:
    """What a variable is called that its layer should not have."""
    return f"weight {position + 1}"
