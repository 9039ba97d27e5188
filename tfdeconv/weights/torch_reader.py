"""What reads a program of torch.export: its own network, or its tensors for a built-in one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from ..data.preprocessing import Preprocessing, identity
from ..errors import UserError
from ..formats import exported_archive
from ..formats.exported_archive import ExportedFile
from ..network.graph import Network
from .contents import WeightFile
from .format_reader import FormatReader
from .graph.assumption import assumed
from .graph.reading import graph_reader
from .tensors_reader import tensors_reader
from .torch.program_graph import graph_of

EXPORTED_PROGRAM = "a program of torch.export"


def exported_reader(path: str | Path) -> FormatReader:
    """Reads a program with its own description of the network."""
    file = exported_archive.read(path)
    pixels = partial(preprocessing, takes_bytes(file))
    own = graph_reader(path, EXPORTED_PROGRAM, lambda: graph_of(file), pixels)
    # its state_dict has the names that a .pth has
    by_name = tensors_reader(path, file.state)

    @cache
    def own_network() -> Network | None:
        try:
            return own.network(None, None)
        except UserError:
            return None

    def network(name: str | None, variant: str | None) -> Network:
        return by_name.network(name, variant) if name else own.network(None, variant)

    def contents(network: Network) -> WeightFile:
        known = own_network()
        is_own = known is not None and network.nodes == known.nodes
        return own.contents(network) if is_own else by_name.contents(network)

    return replace(own, network=network, contents=contents)


def takes_bytes(file: ExportedFile) -> bool:
    """Whether images go into a program as they are in files."""
    values = file.program.values
    return any(name in values and values[name].dtype == "uint8" for name in file.program.inputs)


def preprocessing(is_bytes: bool, network: Network) -> tuple[Preprocessing, str]:
    """What torchvision's models are given, of colours; other bands from 0 to 1."""
    if is_bytes:
        pixels = identity(network.input_shape[:2], network.channels)
        return pixels, "pixels from 0 to 255 go into the network, as bytes"
    if network.channels == 3:
        return assumed("torch-v2", network, "as torchvision's models take them")
    return assumed("over255", network)
