"""The values of a Keras model's variables by node and parameter, in whichever layout they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ...formats.hdf5 import Dataset
from ..contents import WeightFile
from .architecture import Architecture
from .preprocessing import guess_preprocessing
from .sources import ParameterSource, VariablePath

# finds a layer's variables in a file, in their order; none where the file has none
FindVariables = Callable[[VariablePath], Sequence[Dataset]]


def weight_file(
    path: str | Path, architecture: Architecture, find_variables: FindVariables
) -> WeightFile:
    """What a file holds of a model that comes with its description."""
    variables: dict[str, Sequence[Dataset]] = {}
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    needed = needed_variables(architecture.sources.values())
    for node, source in architecture.sources.items():
        # what is in the JSON has no group in a file
        needs_variables = any(recipe.variables for recipe in source.recipes.values())
        variables[node] = find_variables(source.path) if needs_variables else ()
        node_shapes = parameter_shapes(source, variables[node])
        if node_shapes:
            surplus = surplus_shapes(variables[node], needed[source.path])
            shapes[node] = node_shapes | surplus

    def read(node: str, name: str) -> np.ndarray:
        recipe = architecture.sources[node].recipes[name]
        arrays = [variables[node][i].read() for i in recipe.variables]
        if recipe.make is not None and all(array.dtype.kind == "f" for array in arrays):
            # whoever asks for the values checks what odd ones lead to
            with np.errstate(all="ignore"):
                arrays = [recipe.make(*(array.astype(np.float64) for array in arrays))]
        return arrays[0].reshape((1,) * recipe.leading_axes + arrays[0].shape)

    parts: dict[tuple[VariablePath, str], str] = {}
    shared: dict[str, str] = {}
    for node, source in architecture.sources.items():
        first = parts.setdefault((source.path, source.part), node)
        if first != node:
            shared[node] = first
    preprocessing, assumed = guess_preprocessing(architecture.network)
    return WeightFile(
        shapes,
        read,
        architecture.network.name,
        preprocessing,
        source=f"{Path(path).name} (Keras)",
        notes=(*architecture.notes, assumed),
        shared=shared,
    )


def parameter_shapes(
    source: ParameterSource, variables: Sequence[Dataset]
) -> dict[str, tuple[int, ...]]:
    """The shapes of a node's parameters, as far as the file has the variables for them."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, recipe in source.recipes.items():
        if recipe.shape is not None:
            shapes[name] = recipe.shape
        elif max(recipe.variables) < len(variables):
            variable_shapes = {variables[i].shape for i in recipe.variables}
            if len(variable_shapes) == 1:
                shapes[name] = (1,) * recipe.leading_axes + variable_shapes.pop()
    return shapes


def needed_variables(sources: Iterable[ParameterSource]) -> Mapping[VariablePath, int]:
    """How many of a layer's variables its nodes need, all of them together."""
    needed = Counter[VariablePath]()
    for source in sources:
        for recipe in source.recipes.values():
            count = max(recipe.variables, default=-1) + 1
            needed[source.path] = max(needed[source.path], count)
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
