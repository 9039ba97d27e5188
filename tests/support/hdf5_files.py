"""Small HDF5 files, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from tfdeconv.formats import hdf5, hdf5_process

VALUES = np.arange(12, dtype=np.float32).reshape(3, 4)
# both ways of reading: in this process and in another
WAYS = (hdf5.open_in_process, hdf5_process.open_in_subprocess)


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
        "from tfdeconv.formats import hdf5, hdf5_process, hdf5_server, hdf5_survey; " + code
    )
