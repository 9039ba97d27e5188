"""What reads a model of Keras's by its description, wherever its weights are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..network.graph import Network
from .contents import WeightFile, infer_network
from .format_reader import FormatReader
from .keras import architecture
from .keras.architecture import Architecture

# the format in words
KERAS_MODEL = "a model of Keras's"


def keras_model_reader(
    path: str | Path,
    config: Mapping[str, Any],
    read: Callable[[Architecture], WeightFile],
    by_name: Callable[[], FormatReader] | None = None,
    tensors_file: Path | None = None,
    lambdas: Mapping[str, str] | None = None,
) -> FormatReader:
    """Reads a model of Keras's that comes with its own description.

    path: where the description is. tensors_file: where the weights are, if not there. lambdas: what
    its Lambda layers do, by name.
    read: what finds the variables that the description names. by_name: makes what reads the weights
    for a built-in network by the names of its layers; None where the file has none.
    """

    @cache
    def described() -> Architecture:
        try:
            return architecture.build(config, formulas=lambdas)
        except UserError as error:
            raise UserError(f"{path}: {error}") from None

    def network(name: str | None, variant: str | None) -> Network:
        if name and by_name:
            return by_name().network(name, variant)
        if name:
            shapes = read(described()).shapes
            kernels = {layer: parameters.get("kernel", ()) for layer, parameters in shapes.items()}
            return infer_network(name, kernels, variant or "")
        if variant:
            raise UserError(
                f"{path} describes its own network, which has no variants: leave out --variant"
            )
        return described().network

    def contents(network: Network) -> WeightFile:
        # for another network than the described one, the names of the layers count
        is_own = network.nodes == described().network.nodes
        if by_name and not is_own:
            return by_name().contents(network)
        file = read(described())
        notes = ("it is a model of Keras's with its own description", *file.notes)
        file = replace(file, notes=notes, path=tensors_file)
        return file if is_own else replace(file, network_name=None)

    return FormatReader(KERAS_MODEL, network, contents)
