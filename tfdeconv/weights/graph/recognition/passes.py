"""The passes over a graph before it is translated."""

from __future__ import annotations

from ..operation import Graph
from .biases import with_biases
from .constants import with_constants
from .formulas import with_formulas
from .names import with_own_names


def recognised(graph: Graph) -> Graph:
    """A graph that computes the same, in fewer operations."""
    for each in (with_own_names, with_constants, with_formulas, with_biases):
        graph = each(graph)
    return graph
