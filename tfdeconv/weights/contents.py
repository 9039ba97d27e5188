"""What a weight file holds, before any tensor of it is read."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import h5py
import numpy as np

from ..errors import UserError
from ..preprocessing import Preprocessing


@dataclass(frozen=True)
class Contents:
    """Shapes by layer and parameter, how to read one, and what the file says of itself."""
    shapes: Mapping[str, Mapping[str, tuple[int, ...]]]
    read: Callable[[str, str], np.ndarray]
    network: str | None = None
    preprocessing: Preprocessing | None = None
    digest: str = ""
    source: str = ""
    licence: str = ""
    ignored: tuple[str, ...] = ()


def dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    """A dataset whose values stand in this very file; raises UserError for anything else."""
    found = group.get(name)
    if not isinstance(found, h5py.Dataset):
        raise UserError(f"{group.file.filename}: {group.name.strip('/')}/{name} is missing or is no dataset")
    if found.external or found.is_virtual or found.file != group.file:
        raise UserError(f"{group.file.filename}: {found.name} keeps its values in another file, which is not followed")
    return found


def texts(values: object) -> list[str]:
    """Names in an attribute: bytes in older files, strings in newer ones."""
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in np.ravel(np.asarray(values))]
