"""What an HDF5 file holds, as plain Python objects, whichever process reads it (hdf5_process.py).

`describe` and `read` are all that touches libhdf5. What they tell is built into Group, Dataset and Refused by `tree`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import UserError
from .hdf5_survey import PLAIN, describe, read
from .zip_archive import INFLATED


def dataset(group: Group, name: str) -> Dataset:
    """A dataset whose values stand in this very file; raises UserError for anything else."""
    found = inside(group, name)
    if not isinstance(found, Dataset):
        raise UserError(f"{group.file}: {group.name}/{name} is missing or is no dataset")
    return found


def subgroup(group: Group, name: str) -> Group:
    """A group in this very file; raises UserError for anything else."""
    found = inside(group, name)
    if not isinstance(found, Group):
        raise UserError(f"{group.file}: {group.name}/{name} is missing or is no group")
    return found


def inside(group: Group, path: str) -> Group | Dataset | None:
    """What stands at a path below a group; raises UserError for what is not read, as links, which may lead to other files."""
    found: Group | Dataset = group
    for name in path.strip("/").split("/"):
        child = found.children.get(name) if isinstance(found, Group) else None
        if isinstance(child, Refused):
            raise UserError(f"{group.file}: {found.name}/{name} {child.reason}")
        if child is None:
            return None
        found = child
    return found


def texts(values: object) -> list[str]:
    """An attribute as a list of names or of other texts of one line, whatever it is."""
    found = [str(value) for value in (values if isinstance(values, list) else [values])]
    return [text if text.isprintable() else ascii(text)[1:-1] for text in found]


@dataclass(frozen=True)
class Refused:
    """What is not read; the reason goes on where its name ends."""

    reason: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """Values that are not read yet."""

    name: str
    shape: tuple[int, ...]
    dtype: str  # as numpy writes it (<f4), or words for what is no plain number
    attrs: Mapping[str, Any]
    read: Callable[[], np.ndarray]


@dataclass(frozen=True, eq=False)
class Group:
    """A group, or the root of a file; attributes are texts, numbers, and lists of either."""

    file: str
    name: str
    attrs: Mapping[str, Any]
    children: Mapping[str, Group | Dataset | Refused]


class Attributes(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        raise ValueError(f"its attribute {name} is missing or damaged")


@contextmanager
def open_in_process(path: str | Path) -> Iterator[Group]:
    """The root of a file, read in this process."""
    with h5py.File(path, "r") as file:
        told, places = describe(file)
        yield tree(path, told, lambda place, shape, dtype: read(file, places[place]))


def tree(
    path: str | Path, told: Any, fetch: Callable[[int, tuple[int, ...], str], np.ndarray]
) -> Group:
    """The root of what was described; `fetch` brings the values of a dataset by its number, which have that shape and dtype.

    All datasets read from a file may come to its size times so much, whatever they are said to have.
    """
    size = Path(path).stat().st_size
    left = INFLATED[0] + INFLATED[1] * size

    def values(name: str, place: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        nonlocal left
        if not PLAIN.fullmatch(dtype):
            raise UserError(f"{name} is of {dtype}, needs floating point")
        needed = math.prod(shape) * np.dtype(dtype).itemsize
        if needed > left:
            raise UserError(
                f"{name} is said to have {needed:,} bytes, far more than a file of {size:,}"
            )
        left -= needed
        return fetch(place, shape, dtype)

    def node(told: Any, name: str) -> Group | Dataset | Refused:
        match told:
            case {"refused": str() as reason}:
                return Refused(reason)
            case {"attrs": dict() as attrs, "children": dict() as children}:
                below = {
                    key: node(child, f"{name}/{key}".strip("/")) for key, child in children.items()
                }
                return Group(str(path), name, Attributes(attrs), below)
            case {
                "attrs": dict() as attrs,
                "shape": list() as sides,
                "dtype": str() as dtype,
                "place": int() as place,
            }:
                if (
                    not all(type(n) is int and n >= 0 for n in sides)
                    or len(sides) > 32
                    or math.prod(n or 1 for n in sides) >> 48
                ):
                    return Refused("has a shape that cannot be")
                shape = tuple(sides)
                return Dataset(
                    name, shape, dtype, Attributes(attrs), lambda: values(name, place, shape, dtype)
                )
        raise ValueError("it cannot be described")

    root = node(told, "")
    if not isinstance(root, Group):
        raise ValueError("it has no root")
    return root
