"""What it takes to read rows of a dataset that is stored in chunks.

A chunk is unpacked whole, and has values of several rows. All the chunks that have values of one
row, side by side, are a band: who reads one row unpacks a band.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Chunks:
    """How a dataset of this shape lies in chunks; itemsize: bytes of a value."""

    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    itemsize: int

    @property
    def rows(self) -> int:
        """Rows of the first axis that a band has."""
        return self.chunk[0]

    @property
    def chunk_bytes(self) -> int:
        return math.prod(self.chunk) * self.itemsize

    @property
    def in_band(self) -> int:
        """How many chunks a band has."""
        return math.prod(-(-side // part) for side, part in zip(self.shape[1:], self.chunk[1:]))

    @property
    def band_bytes(self) -> int:
        return self.in_band * self.chunk_bytes

    def bands(self, start: int, stop: int) -> int:
        """How many bands have the rows from start on and before stop."""
        return (stop - 1) // self.rows - start // self.rows + 1 if stop > start else 0
