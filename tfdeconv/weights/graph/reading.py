"""What a file holds of the network that its graph is: the parameters by layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from ...data.labels import Labels
from ...data.preprocessing import Preprocessing
from ...errors import UserError
from ...network.graph import Network
from ..contents import WeightFile
from ..format_reader import FormatReader
from .operation import Graph
from .pixels import scaled_inside
from .translation import Translated, translate


def graph_reader(
    path: str | Path,
    title: str,
    read_graph: Callable[[], Graph],
    preprocessing: Callable[[Network], tuple[Preprocessing, str]],
    digest: str = "",
    labels: Callable[[], Labels | None] = lambda: None,
) -> FormatReader:
    """Reads a file that describes its own network.

    title: the format in words, after "it is". preprocessing: what a network's images go through,
    where its own layers do not show it, and a sentence that says what was assumed.
    digest: of a file that is not the path's alone. labels: the classes' names in the file.
    """

    @cache
    def translated() -> Translated:
        try:
            return translate(read_graph())
        except UserError as error:
            raise UserError(f"{path}: {error}") from None

    def network(name: str | None, variant: str | None) -> Network:
        if name or variant:
            raise UserError(
                f"{path} describes its own network: leave out "
                f"{'--network' if name else '--variant'}"
            )
        return translated().network

    def contents(network: Network) -> WeightFile:
        found = translated()
        shapes = found.network.parameters()
        pixels, assumed = scaled_inside(found) or preprocessing(found.network)

        def read(layer: str, parameter: str) -> np.ndarray:
            return found.parameters[layer][parameter].read()

        is_own = network.nodes == found.network.nodes
        return WeightFile(
            shapes,
            read,
            found.network.name if is_own else None,
            pixels,
            digest=digest,
            source=Path(path).name,
            notes=(f"it is {title} with its own description", *found.notes, assumed),
            labels=labels(),
        )

    return FormatReader(title, network, contents)
