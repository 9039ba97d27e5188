"""What a weight file holds, before any tensor of it is read."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
    found = inside(group, name)
    if not isinstance(found, h5py.Dataset):
        raise UserError(f"{group.file.filename}: {group.name.strip('/')}/{name} is missing or is no dataset")
    if found.external or found.is_virtual:
        raise UserError(f"{group.file.filename}: {found.name} keeps its values in another file, which is not followed")
    return found


def subgroup(group: h5py.Group, name: str) -> h5py.Group:
    """A group in this very file; raises UserError for anything else."""
    found = inside(group, name)
    if not isinstance(found, h5py.Group):
        raise UserError(f"{group.file.filename}: {group.name.strip('/')}/{name} is missing or is no group")
    return found


def inside(group: h5py.Group, path: str) -> h5py.Group | h5py.Dataset | None:
    """What stands at a path below a group; raises UserError for links, which may lead to other files."""
    found: h5py.Group | h5py.Dataset = group
    for name in path.strip("/").split("/"):
        link = found.get(name, getlink=True) if isinstance(found, h5py.Group) else None
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise UserError(f"{group.file.filename}: {found.name.strip('/')}/{name} is a link, to another file perhaps, "
                            f"which is not followed")
        found = found[name]
    return found


def strangers(path: str | Path, network: str, asked: Sequence[str], layers: Sequence[str]) -> UserError:
    """None of a file's layers are those asked for."""
    return UserError(f"{path} holds none of the layers of {network} ({', '.join(asked[:3])}, ...); "
                     f"it has {', '.join(layers[:8]) or 'no layers'}")


def texts(values: object) -> list[str]:
    """Names in an attribute: bytes in older files, strings in newer ones."""
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in np.ravel(np.asarray(values))]
