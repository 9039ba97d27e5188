"""What reads a weight file that is open, whichever format it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..network.graph import Network
from .contents import WeightFile


@dataclass(frozen=True)
class FormatReader:
    """What reads a file that is open."""

    # the format in words, after "it is"
    kind: str
    # network(name, variant) -> the network to read it for; of None, None: the file's own
    network: Callable[[str | None, str | None], Network]
    # contents(network) -> what the file has of that network
    contents: Callable[[Network], WeightFile]
