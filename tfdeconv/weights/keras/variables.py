"""The values of a Keras model's variables, by layer and parameter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ...formats.hdf5 import Dataset, Group, dataset, subgroup
from ..contents import WeightFile
from .architecture import Architecture
from .legacy_h5 import chunked
from .nodes import Place
from .preprocessing import preprocessing


def contents_by(
    path: str | Path, architecture: Architecture, find: Callable[[Place], Sequence[Dataset]]
) -> WeightFile:
    """What a file holds of a network, given what finds a layer's variables, in their order, by its place."""
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    stored: dict[str, Sequence[Dataset]] = {}
    for node, sources in architecture.sources.items():
        stored[node] = values = find(next(iter(sources.values())).place)
        shapes[node] = {}
        for name, source in sources.items():
            found = {values[i].shape for i in source.recipe.variables if i < len(values)}
            if source.recipe.shape is not None:
                shapes[node][name] = source.recipe.shape
            elif len(found) == 1 and max(source.recipe.variables) < len(values):
                shapes[node][name] = found.pop()
        if not shapes[node]:
            del shapes[node]
    used: Counter[Place] = Counter()  # how many of a layer's variables its nodes need
    for sources in architecture.sources.values():
        for source in sources.values():
            used[source.place] = max(
                used[source.place], *(i + 1 for i in source.recipe.variables), 0
            )
    for node in shapes:
        first = used[next(iter(architecture.sources[node].values())).place]
        shapes[node] |= {
            f"weight {i + 1}": values.shape
            for i, values in enumerate(stored[node])
            if i >= first and values.shape
        }

    def read(node: str, name: str) -> np.ndarray:
        recipe = architecture.sources[node][name].recipe
        arrays = [stored[node][i].read() for i in recipe.variables]
        if recipe.make is None or any(array.dtype.kind != "f" for array in arrays):
            return arrays[0]
        with np.errstate(all="ignore"):  # what comes of odd values is told by whoever reads them
            return recipe.make(*(array.astype(np.float64) for array in arrays))

    wanted, assumed = preprocessing(architecture.network)
    return WeightFile(
        shapes,
        read,
        architecture.network.name,
        wanted,
        source=f"{Path(path).name} (Keras)",
        notes=(*architecture.notes, assumed),
    )


def contents_h5(path: str | Path, file: Group, architecture: Architecture) -> WeightFile:
    """A whole model's .h5: a group for each layer of the outer model, in which stand the variables of those within it too."""
    root = subgroup(file, "model_weights") if "model_weights" in file.children else file
    groups = {name: subgroup(root, name) for name in chunked(root, "layer_names") or []}
    weights = {name: chunked(group, "weight_names") or [] for name, group in groups.items()}

    def find(place: Place) -> list[Dataset]:
        if place.path[0] not in groups:
            return []
        group, names = groups[place.path[0]], weights[place.path[0]]
        return [
            dataset(group, name)
            for name in (names if len(place.path) == 1 else own(names, place.path))
        ]

    return contents_by(path, architecture, find)


def own(names: Sequence[str], path: tuple[str, ...]) -> list[str]:
    """Those of a nested model's variables (model/layer/kernel, layer/kernel:0) that are a layer's, by its path."""
    owners = {name: name.rpartition("/")[0] for name in names}
    fitting = {owner for owner in owners.values() if f"/{owner}".endswith(f"/{path[-1]}")}

    def common(owner: str) -> tuple[int, int]:
        """How many of the path's names, from the last, the owner ends with; then the shorter one."""
        shared = [f"/{owner}".endswith("/" + "/".join(path[-n:])) for n in range(1, len(path) + 1)]
        return sum(shared), -len(owner)

    best = max(fitting, key=common, default=None)
    return [name for name in names if owners[name] == best]
