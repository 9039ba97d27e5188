"""A network as JSON and back. What is read is checked entry by entry: it may come from a file that nobody vouches for."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

from ..errors import UserError
from ..formats.checked_json import (
    MOST,
    NAME,
    flag,
    items,
    name,
    names,
    number,
    numbers,
    one_of,
    real,
    whole_numbers,
)
from . import layers
from .base import Layer, Merge, Shape, Windowed
from .graph import INPUT, Network, Node
from .layers import ACTIVATIONS, Activation, Concatenate, Conv, Dense

KINDS: dict[str, type[Layer]] = {
    name: kind
    for name, kind in vars(layers).items()
    if isinstance(kind, type) and issubclass(kind, Layer) and not kind.__subclasses__()
}
CELLS = 1 << 40


def to_json(network: Network) -> str:
    """The network as JSON; layers without the fields that have their default values."""
    nodes = [
        {"name": node.name, "inputs": node.inputs, **plain(node.layer)} for node in network.nodes
    ]
    return json.dumps(
        {
            "name": network.name,
            "flavour": network.variant,
            "input_shape": network.input_shape,
            "nodes": nodes,
            "folded": dict(network.folded),
            "aliases": dict(network.aliases),
            "missing": dict(network.missing),
        }
    )


def plain(layer: Layer) -> dict[str, Any]:
    """A layer's class and fields."""
    values = {
        field.name: getattr(layer, field.name)
        for field in fields(layer)  # type: ignore[arg-type]
        if field.default is MISSING or getattr(layer, field.name) != field.default
    }
    return {
        "layer": type(layer).__name__,
        **{
            name: plain(value) if isinstance(value, Layer) else value
            for name, value in values.items()
        },
    }


def from_json(text: str) -> Network:
    """The network that to_json wrote. Raises UserError for anything that is none."""
    try:
        told = json.loads(text)
        nodes = [
            Node(
                name(entry.pop("name")),
                layer_of({key: entry[key] for key in entry if key != "inputs"}),
                tuple(map(name, entry["inputs"])),
            )
            for entry in items(told["nodes"], dict)
        ]
        network = Network(
            name(told["name"]),
            whole_numbers(told["input_shape"], 3),
            tuple(nodes),
            names(told["folded"]),
            names(told["aliases"]),
            names(told["missing"]),
            str(told["flavour"])[:NAME],
        )
    except UserError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:100]
        raise UserError(
            f"this is no description of a network ({reason}): make the file again"
        ) from None
    return sound(network)


def sound(network: Network) -> Network:
    """The network, if it holds together: names, inputs and shapes. Raises UserError otherwise."""
    shapes: dict[str, Shape] = {INPUT: network.input_shape}
    if not network.nodes:
        raise UserError(f"{network.name} has no layers that are understood")
    for node in network.nodes:
        if (
            not node.inputs
            or any(before not in shapes for before in node.inputs)
            or node.name in shapes
        ):
            raise UserError(
                f"{network.name}'s layer {node.name!r} stands twice, or before what it reads"
            )
        before = [shapes[each] for each in node.inputs]
        reason = misfit(node.layer, before)
        shape = shapes[node.name] = node.layer.output_shape(*before)
        if reason or min(shape) < 1 or math.prod(shape) > CELLS:
            raise UserError(
                f"{network.name}'s layer {node.name!r} ({type(node.layer).__name__}) does not fit what it reads, "
                f"{' and '.join(' x '.join(map(str, each)) for each in before)}{': ' * bool(reason)}{reason}"
            )
    return network


def misfit(layer: Layer, before: list[Shape]) -> str:
    """Why a layer cannot have inputs of these shapes; "" if it can."""
    if isinstance(layer, Merge):
        sizes, channels = (
            {shape[:2] for shape in before} - {(1, 1)},
            {shape[2] for shape in before} - {1},
        )
        return "" if len(sizes) <= 1 and len(channels) <= 1 else "their sizes differ"
    if isinstance(layer, Concatenate):
        return "" if len({shape[:2] for shape in before}) == 1 else "their sizes differ"
    if len(before) != 1:
        return "it takes one input"
    if isinstance(layer, Conv) and (before[0][2] % layer.groups or layer.filters % layer.groups):
        return f"its {layer.groups} groups do not divide the channels"
    return "it takes vectors" if isinstance(layer, Dense) and before[0][:2] != (1, 1) else ""


def layer_of(entry: Any) -> Layer:
    """A layer of its class and fields, each of which is checked."""
    if not isinstance(entry, dict) or entry.get("layer") not in KINDS:
        raise ValueError(f"a layer is called {str(entry.get('layer'))[:40]!r}")
    kind = KINDS[entry["layer"]]
    layer = kind(**{key: CHECKS[key](value) for key, value in entry.items() if key != "layer"})
    if isinstance(layer, layers.ZeroPad) and not isinstance(layer.pad, tuple):
        raise ValueError("a pad is no two pairs")
    if isinstance(layer, Windowed):
        strides, dilations = (
            pair if isinstance(pair, tuple) else (pair, pair)
            for pair in (layer.stride, layer.dilation)
        )
        if max(dilations) > 1 and max(strides) > 1:
            raise ValueError("a layer has both a stride and a dilation")
        if isinstance(layer, layers.DepthwiseConv) and len(set(strides)) > 1:
            raise ValueError("a depthwise convolution has strides that differ")
        window = layers.Window() if layer.pad == "same" else layer.window
        filters = isinstance(layer, Conv | layers.DepthwiseConv)
        if any(
            end < 0 or end >= size and not filters
            for pair, size in zip(window.pad, window.size)
            for end in pair
        ):
            raise ValueError("a layer's pads cannot be")
    return layer


def pads(value: Any) -> Any:
    if value == "same" or not isinstance(value, list):
        return value if value == "same" else number(value, 0)
    a, b = ((number(low, -MOST), number(high, -MOST)) for low, high in items(value, list))
    return a, b


def activation(value: Any) -> Activation | None:
    layer = None if value is None else layer_of(value)
    if layer is not None and not isinstance(layer, Activation):
        raise ValueError("an activation is none")
    return layer


CHECKS: dict[str, Callable[[Any], Any]] = {
    "filters": number,
    "units": number,
    "groups": number,
    "multiplier": number,
    "depth": number,
    "size": numbers,
    "stride": numbers,
    "dilation": numbers,
    "pad": pads,
    "bias": flag,
    "scale": flag,
    "center": flag,
    "keep": flag,
    "epsilon": real,
    "k": real,
    "alpha": real,
    "beta": real,
    "slope": real,
    "ceiling": lambda value: value if value is None else real(value),
    "kind": one_of(*ACTIVATIONS),
    "to": one_of(None, "vector", "map"),
    "activation": activation,
}
