"""A network as a table: shape, parameters, and what of the image each unit sees."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from .base import INPUT, Layer
from .graph import Network
from .layers import Activation, ConvTranspose
from .spans import Span


def layer_rows(network: Network) -> list[dict[str, Any]]:
    """One row a layer. The receptive field's size, stride and centre are [rows, columns] in pixels.

    They are None where all units see the whole image.
    """
    shapes = {INPUT: network.input_shape} | network.shapes()
    receptive_fields = network.receptive_fields(shapes)
    rows = []
    for node in network.nodes:
        input_shape = shapes[node.inputs[0]]
        parameters = node.layer.parameters(input_shape)
        row = {
            "layer": node.name,
            "kind": kind(node.layer),
            "shape": shapes[node.name],
            "parameters": sum(map(prod, parameters.values())),
            "multiply_adds": node.layer.multiply_adds(input_shape),
            "receptive_field": None,
            "stride": None,
            "first_centre": None,
            "uneven": node.layer.window.uneven,
            "uneven_output": covers_unevenly(node.layer),
            "inputs": list(node.inputs),
        }
        fields = receptive_fields[node.name]
        if node.name in network.vectors:
            row["shape"] = shapes[node.name][2:]
        elif any(field.stride for field in fields):
            row["receptive_field"] = [field.size for field in fields]
            row["stride"] = [pixels_apart(field) for field in fields]
            row["first_centre"] = [first_centre(field) for field in fields]
        rows.append(row)
    return rows


def covers_unevenly(layer: Layer) -> bool:
    """Whether a layer adds up more values in some cells of its output than in others."""
    return isinstance(layer, ConvTranspose) and layer.convolution.uneven


def kind(layer: Layer) -> str:
    """The layer's class; of an activation the function."""
    return layer.kind if isinstance(layer, Activation) else type(layer).__name__


def first_centre(field: Span) -> float:
    """The centre of the first unit's receptive field, in pixels from the first one's."""
    return field.origin(0) + (field.size - 1) / 2


def pixels_apart(field: Span) -> int | float:
    """How far the receptive fields of units next to each other are apart, on an average."""
    apart = field.stride / field.divisor
    return int(apart) if apart == int(apart) else apart


def missing_rows(network: Network) -> Iterator[tuple[str, str]]:
    """(layers in words, why they are not available), a row for each reason."""
    layers: dict[str, list[str]] = {}
    for layer, reason in network.missing.items():
        layers.setdefault(reason, []).append(layer)
    for reason, names in layers.items():
        if len(names) == 1:
            yield f"{names[0]} is", reason
        else:
            yield f"{names[0]} and {len(names) - 1} more names of layers are", reason
