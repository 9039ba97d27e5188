"""The layers that outputs need which are maps out of order, as of a pixel shuffle at the end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from ...network.base import Layer
from .builder import NodeBuilder, Value
from .call import Call
from .feature_map import FeatureMap
from .not_understood import NotUnderstood
from .operation import Graph
from .rearrangement import rearranged


def ordered_outputs(
    graph: Graph, values: Mapping[str, Value], builder: NodeBuilder
) -> dict[str, FeatureMap]:
    """{output: the map that it is}, of those outputs that are moved values of another layer's.

    The layer that moves them is called as the last of the operations that do. What no layer does
    stays as it is.
    """
    found: dict[str, FeatureMap] = {}
    for operation in graph.operations:
        for name in set(operation.outputs) & set(graph.outputs):
            value = values.get(name)
            if isinstance(value, FeatureMap) and not value.in_order and len(value.axes) == 4:
                call = Call(builder, operation, ())
                # where a layer has the operation's name, this one has a suffix
                add = call.add if operation.name in builder.nodes else partial(add_plainly, call)
                for channel_axis in (1, 3):
                    with suppress(NotUnderstood):
                        found[name] = rearranged(add, value, channel_axis)
                        break
    return found


def add_plainly(call: Call, layer: Layer, x: FeatureMap, suffix: str = "") -> FeatureMap:
    """Adds a layer by the operation's own name."""
    return call.add(layer, x)
