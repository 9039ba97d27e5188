"""Where in a file the variables of a Keras model's layers are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..graph.operation import Constant
from .entries import Entry, GroupName


@dataclass(frozen=True)
class VariablePath:
    """Where a layer's variables are in a file.

    names: of the models around the layer from the outside in, and its own. groups: those of Keras
    3's files that lead there. call: which call of the layer is meant, of all that it has in the
    whole model; the variables are the same for each.
    """

    names: tuple[str, ...] = ()
    groups: tuple[GroupName, ...] = ()
    call: int = field(default=0, compare=False)

    def to(self, entry: Entry) -> VariablePath:
        """The path of a call of a layer of the model at this path."""
        groups = self.groups if entry.group is None else (*self.groups, entry.group)
        call = self.call * entry.call_count + entry.call
        return VariablePath((*self.names, entry.name), groups, call)

    @property
    def call_suffix(self) -> str:
        """What follows the name of the layer: nothing at its first call."""
        return f"#{self.call}" if self.call else ""


@dataclass(frozen=True)
class Variable(Constant):
    """A layer's variable, by its position among them. Its values are in a file opened later."""

    path: VariablePath = VariablePath()
    position: int = 0

    @classmethod
    def at(
        cls, path: VariablePath, position: int, shape: tuple[int, ...] | None = None
    ) -> Variable:
        name = f"{'/'.join(path.names)}/{position}"
        return cls(shape, "float32", unread, name, path=path, position=position)


def unread() -> np.ndarray:
    raise ValueError("a variable without the file that it is in")
