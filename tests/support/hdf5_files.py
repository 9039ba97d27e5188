"""Small HDF5 files, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from tfdeconv.formats import hdf5, hdf5_process, hdf5_survey

VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)


@contextmanager
def open_in_process(path: str | Path) -> Iterator[hdf5.Group]:
    """The root of a file, read in this process: what the other process does, without it."""
    with h5py.File(path, "r") as file:
        description, paths = hdf5_survey.describe(file)

        def fetch(
            number: int,
            shape: hdf5.Shape,
            dtype: str,
            rows: tuple[int, int] | None = None,
            unpacking: object = None,
        ) -> np.ndarray:
            return hdf5_survey.read(hdf5_survey.open_dataset(file, paths[number]), rows)

        yield hdf5.tree(path, description, fetch)


# both ways of reading: in this process and in another
WAYS = (open_in_process, hdf5_process.open_in_subprocess)


def write_hdf5(folder: Path, fill: Callable[[h5py.File], object]) -> Path:
    """Writes a file, which `fill` fills, and returns its path."""
    with h5py.File(folder / "made.h5", "w") as file:
        fill(file)
    return folder / "made.h5"


def read_all(group: hdf5.Group) -> dict[str, np.ndarray]:
    """Every dataset below a group by its path."""
    arrays = {}
    for node in group.children.values():
        if isinstance(node, hdf5.Group):
            arrays |= read_all(node)
        elif isinstance(node, hdf5.Dataset):
            arrays[node.name] = node.read()
    return arrays


def program(code: str) -> str:
    """What the process executes instead."""
    return (
        "import os, sys, time; sys.path[:] = sys.argv[1:]; "
        "from tfdeconv.formats import hdf5, hdf5_process, hdf5_server, hdf5_survey; "
        "from tfdeconv.formats import reading_server; " + code
    )
