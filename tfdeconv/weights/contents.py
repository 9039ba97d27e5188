"""What a weight file holds, before any tensor of it is read."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import UserError
from ..layers import Flatten
from ..nets import NETWORKS
from ..network import Network
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


def inferred(name: str, kernels: Mapping[str, tuple[int, ...]]) -> Network:
    """The network of that name with the channels, classes and (square) size of input that its kernels' shapes by layer tell."""
    plain = NETWORKS[name]()
    order = list(plain.parameters())
    told: dict[str, Any] = {}
    if len(kernels.get(order[0], ())) == 4:
        told["channels"] = kernels[order[0]][2]
    if len(kernels.get(order[-1], ())) == 2:
        told["classes"] = kernels[order[-1]][1]
    flat = next((node.name for node in plain.nodes if isinstance(node.layer, Flatten)), None)
    dense = next((node.name for node in plain.nodes if flat in node.inputs), "")
    if flat and len(kernels.get(dense, ())) == 2 and kernels[dense][0] != plain.shapes()[flat][2]:
        sides = [side for side in range(32, 1025, 32) if plain.shapes(side, side)[flat][2] == kernels[dense][0]]
        told |= {"size": (sides[0], sides[0])} if sides else {}
    return NETWORKS[name](**told)
