"""Where in a file the parameters of a node come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .entries import Entry, GroupName
from .parts import Recipe


@dataclass(frozen=True)
class VariablePath:
    """Where a layer's variables are in a file.

    names: of the models around the layer from the outside in, and its own. groups: those of Keras
    3's files that lead there.
    """

    names: tuple[str, ...] = ()
    groups: tuple[GroupName, ...] = ()

    def to(self, entry: Entry) -> VariablePath:
        """The path of a layer of the model at this path."""
        names = (*self.names, entry.name)
        if entry.group is None:
            return VariablePath(names, self.groups)
        return VariablePath(names, (*self.groups, entry.group))


@dataclass(frozen=True)
class ParameterSource:
    """Where a node's parameters come from: a layer's variables, and what is made from them."""

    path: VariablePath
    recipes: Mapping[str, Recipe]
