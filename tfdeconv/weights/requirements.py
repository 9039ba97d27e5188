"""What a target needs of a weight file: which layers, and their arrays, checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..network.base import mismatches
from ..network.graph import Network
from .contents import OpenedFile, WeightFile, no_match

SHOWN = 8  # mismatches that an error lists; the others are counted


def layers_to_read(
    path: str | Path, network: Network, target: str | Sequence[str] | None, file: WeightFile
) -> list[str]:
    """The layers with parameters that a target or targets need; for None, all that the file has.

    Raises UserError with every parameter of them that the file lacks, or has in another shape.
    """
    targets = target or []
    if isinstance(target, str):
        targets = [target]
    nodes = network.nodes
    if targets:
        nodes = network.up_to(*targets)
    needed = network.parameters()
    layers = [node.name for node in nodes if node.name in needed]
    present = [name for name in layers if name in file.shapes]
    if layers and not present:
        raise no_match(path, network.name, layers, [*file.shapes, *file.ignored])
    if not targets:
        # up to where it ends, a file without the head is as good as one with it
        below = {node.name for node in network.up_to(*present)}
        layers = [name for name in layers if name in below]

    problems: list[str] = []
    for name in layers:
        problems += mismatches(name, needed[name], file.shapes.get(name, {}))
    remedy = ""
    missing = [name for name in layers if name not in file.shapes]
    if missing and layers.index(missing[0]) == len(present):
        remedy = f"; layers up to {present[-1]} can be read from it"
    if missing and file.other_head:
        remedy += f"; the file's dense layers belong to another head: {file.other_head}"
    refuse(path, network, problems, remedy)
    return layers


def read_layers(
    path: str | Path, file: OpenedFile, layers: Sequence[str], dtype: Any
) -> dict[str, dict[str, np.ndarray]]:
    """The arrays of some layers; raises UserError with all parameters that cannot be used."""
    arrays: dict[str, dict[str, np.ndarray]] = {}
    problems: list[str] = []
    # what several layers share is read once, and is in memory once
    read: dict[str, str] = {}
    for layer in layers:
        first = read.setdefault(file.shared.get(layer, layer), layer)
        if first != layer and file.shapes[first] == file.shapes[layer]:
            arrays[layer] = arrays[first]
            continue
        arrays[layer] = {}
        for name in file.shapes[layer]:
            try:
                array = file.read(layer, name)
            except UserError as error:
                problems.append(str(error))
                continue
            arrays[layer][name], problem = validated(array, name, dtype)
            if problem:
                problems.append(f"{layer}/{name} {problem}")
    refuse(path, file.network, problems)
    return arrays


def validated(array: np.ndarray, name: str, dtype: Any) -> tuple[np.ndarray, str]:
    """A parameter in the dtype asked for (None: its own), and what is wrong with it, or ""."""
    if array.dtype.kind != "f":
        return array, f"is of {array.dtype}, needs floating point"
    if dtype is not None:
        # what overflows becomes infinite, which is reported below
        with np.errstate(over="ignore"):
            array = array.astype(dtype, copy=False)
    if not np.isfinite(array).all():
        return array, "has values that are NaN or infinite"
    if name == "variance" and (array < 0).any():
        return array, "has values below 0"
    return array, ""


def refuse(path: str | Path, network: Network, problems: list[str], remedy: str = "") -> None:
    """Raises UserError with all problems in one line, if there are any."""
    if not problems:
        return
    listed = "; ".join(problems[:SHOWN])
    if len(problems) > SHOWN:
        listed += f"; and {len(problems) - SHOWN} more"
    raise UserError(f"{path} does not fit {network.name}: {listed}{remedy}")
