"""Where in a file the parameters of a node come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .entries import Entry, GroupName
from .parts import Recipe


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
class ParameterSource:
    """Where a node's parameters come from: a layer's variables, and what is made from them.

    part: which of the nodes that the layer becomes it is.
    """

    path: VariablePath
    recipes: Mapping[str, Recipe]
    part: str = ""
