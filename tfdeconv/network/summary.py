"""A network as a table: shape, parameters, and what of the image each unit sees."""

from __future__ import annotations

from math import prod
from typing import Any

from .base import Layer
from .graph import INPUT, Network
from .layers import Activation
from .spans import Span


def rows(network: Network) -> list[dict[str, Any]]:
    """A row a layer, each value as a number or None where it has no meaning."""
    shapes = {INPUT: network.input_shape} | network.shapes()
    seen, table = network.receptive_fields(shapes), []
    for node in network.nodes:
        before, vector, fields = (
            shapes[node.inputs[0]],
            node.name in network.vectors,
            seen[node.name],
        )
        everything = vector or not any(field.stride for field in fields)
        table.append(
            {
                "layer": node.name,
                "kind": kind(node.layer),
                "shape": shapes[node.name][2:] if vector else shapes[node.name],
                "parameters": sum(map(prod, node.layer.parameters(before).values())),
                "multiply_adds": node.layer.multiply_adds(before),
                "receptive_field": None if everything else [field.size for field in fields],
                "stride": None if everything else [field.stride for field in fields],
                "first_centre": None if everything else [centre(field) for field in fields],
                "uneven": node.layer.window.uneven,
                "inputs": list(node.inputs),
            }
        )
    return table


def kind(layer: Layer) -> str:
    """The layer's class, of an activation its function."""
    return layer.kind if isinstance(layer, Activation) else type(layer).__name__


def centre(field: Span) -> float:
    """Where the first unit's receptive field has its middle, in pixels from the middle of the first one."""
    return field.offset + (field.size - 1) / 2
