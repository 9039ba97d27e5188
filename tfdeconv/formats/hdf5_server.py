"""The other end of hdf5_process.py: a process that reads one HDF5 file, within limits."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from . import hdf5_survey, reading_server

LIBRARY = "HDF5's library"


class HDF5File:
    """An HDF5 file that is open, described as hdf5_survey does it."""

    def __init__(self, path: str) -> None:
        self.file = h5py.File(path, "r")
        self.description, self.paths = hdf5_survey.describe(self.file)
        # stays open while its rows are read: the chunk that was unpacked last is cached
        self.dataset: Any = None
        self.number: int | None = None

    def values(self, number: int, rows: list[int] | None) -> np.ndarray:
        """All values of a dataset, or rows of them."""
        if number != self.number:
            self.dataset = hdf5_survey.open_dataset(self.file, self.paths[number])
            self.number = number
        return hdf5_survey.read(self.dataset, rows)


def main() -> None:
    """Serves one file until nobody asks any more."""
    reading_server.run(HDF5File, LIBRARY)
