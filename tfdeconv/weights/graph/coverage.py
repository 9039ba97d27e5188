"""How much of a graph is understood, and what stopped there."""

from __future__ import annotations

from collections.abc import Mapping

from ...limits import MAX_SHOWN_TEXT
from ...network.part import Part
from . import kinds
from .builder import Unavailable
from .operation import Graph, Operation


class Coverage:
    """The layers of a graph that its inputs go through, and which of them are left out.

    What is worked out from constants or from the shapes of maps is none of them.
    """

    def __init__(self, graph: Graph) -> None:
        self.counted = "layers" if graph.of_layers else "operations"
        self.layers = layers_reached(graph)
        self.left_out: set[str] = set()
        # {what is not understood itself: why}, in the order of the graph
        self.causes: dict[str, str] = {}

    def leave_out(self, operation: Operation, cause: Unavailable) -> None:
        """Notes that an operation is not available, and what is the cause of it."""
        layer = self.layers.get(operation.name)
        if layer is not None:
            self.left_out.add(layer)
            self.causes.setdefault(cause.name, cause.detail)

    def part(self, missing: Mapping[str, str]) -> Part | None:
        """What part of the graph is understood; None where that is all of it.

        missing: why other names of the graph's, such as an output's, are not available.
        """
        causes = list((self.causes or missing).items())
        if not causes:
            return None
        layer, reason = causes[0]
        total = len(set(self.layers.values()))
        understood = total - len(self.left_out)
        reason = reason[:MAX_SHOWN_TEXT]
        return Part(understood, total, self.counted, layer, reason, len(causes) - 1)


def layers_reached(graph: Graph) -> dict[str, str]:
    """{operation: its layer} of those that read, directly or not, what is given to the model.

    A layer of a framework that has no layers is an operation of the file's, which may have become
    several here.
    """
    names = {operation.name for operation in graph.operations}
    known = {each.name for each in graph.inputs if each.name not in graph.constants}
    layers: dict[str, str] = {}
    for operation in graph.operations:
        if known.isdisjoint(operation.inputs) or isinstance(operation.kind, kinds.ShapeOf):
            continue
        known.update(operation.outputs)
        layer = operation.layer or operation.name
        whole = layer.rpartition("/")[0]
        if not operation.layer and whole in names:
            layer = whole
        layers[operation.name] = layer
    return layers
