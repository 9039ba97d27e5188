"""A network as JSON and back.

What is read is checked entry by entry: it may come from a file that nobody vouches for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

from ..errors import UserError, one_line
from ..formats.checked_json import (
    MAX_INT,
    MAX_NAME,
    check_bool,
    check_float,
    check_int,
    check_ints,
    check_list,
    check_name,
    check_names,
    check_one_of,
    check_pair,
)
from . import layers
from .base import INPUT, Layer, Merge, Node, Shape, Windowed
from .graph import Network
from .layers import ACTIVATIONS, Activation, Concatenate, Conv, Dense, DepthwiseConv, ZeroPad
from .spans import as_pair

# {name of the class: the class}, of the layers and not of what they are derived from
KINDS: dict[str, type[Layer]] = {
    name: kind
    for name, kind in vars(layers).items()
    if isinstance(kind, type) and issubclass(kind, Layer) and not kind.__subclasses__()
}
CELLS = 1 << 40  # values of one map at most


def to_json(network: Network) -> str:
    """The network as JSON; layers without the fields that have their default values."""
    nodes = []
    for node in network.nodes:
        nodes.append({"name": node.name, "inputs": node.inputs, **layer_entry(node.layer)})
    entry = {
        "name": network.name,
        "flavour": network.variant,
        "input_shape": network.input_shape,
        "nodes": nodes,
        "folded": dict(network.folded),
        "aliases": dict(network.aliases),
        "missing": dict(network.missing),
    }
    return json.dumps(entry)


def layer_entry(layer: Layer) -> dict[str, Any]:
    """A layer's class and fields, as JSON takes them."""
    entry: dict[str, Any] = {"layer": type(layer).__name__}
    for field in fields(layer):  # type: ignore[arg-type]
        value = getattr(layer, field.name)
        if field.default is MISSING or value != field.default:
            entry[field.name] = layer_entry(value) if isinstance(value, Layer) else value
    return entry


def from_json(text: str) -> Network:
    """The network that to_json wrote. Raises UserError for anything else."""
    try:
        network = network_of(json.loads(text))
    except UserError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        reason = one_line(error)[:100]
        raise UserError(
            f"not a valid network description ({reason}): make the file again"
        ) from None
    check_graph(network)
    return network


def network_of(entry: dict[str, Any]) -> Network:
    """The network of parsed JSON. Raises ValueError, TypeError, LookupError or AttributeError."""
    nodes = [node_of(node) for node in check_list(entry["nodes"], dict)]
    return Network(
        name=check_name(entry["name"]),
        input_shape=check_ints(entry["input_shape"], 3),
        nodes=tuple(nodes),
        folded=check_names(entry["folded"]),
        aliases=check_names(entry["aliases"]),
        missing=check_names(entry["missing"]),
        variant=str(entry["flavour"])[:MAX_NAME],
    )


def node_of(entry: dict[str, Any]) -> Node:
    layer_values = dict(entry)
    node_name = check_name(layer_values.pop("name"))
    inputs = tuple(map(check_name, layer_values.pop("inputs")))
    return Node(node_name, layer_of(layer_values), inputs)


def layer_of(entry: Any) -> Layer:
    """A layer of its class and fields, each of which is checked."""
    if not isinstance(entry, dict) or entry.get("layer") not in KINDS:
        raise ValueError(f"unknown layer {str(entry.get('layer'))[:40]!r}")
    values = {}
    for key, value in entry.items():
        if key != "layer":
            values[key] = CHECKS[key](value)
    layer = KINDS[entry["layer"]](**values)
    if isinstance(layer, ZeroPad) and not isinstance(layer.pad, tuple):
        raise ValueError("expected two pairs as the pad of a ZeroPad")
    if isinstance(layer, Windowed):
        check_window(layer)
    return layer


def check_window(layer: Windowed) -> None:
    """Raises ValueError for a window that the engine cannot move."""
    stride = as_pair(layer.stride)
    if max(stride) > 1 and max(as_pair(layer.dilation)) > 1:
        raise ValueError("a layer has both a stride and a dilation")
    if isinstance(layer, DepthwiseConv) and stride[0] != stride[1]:
        raise ValueError("a depthwise convolution has strides that differ")
    if layer.pad == "same":
        return
    window = layer.window
    if min(map(min, window.pad)) < 0:
        raise ValueError("a layer has a negative pad")
    if isinstance(layer, Conv | DepthwiseConv):
        return
    for pad, size in zip(window.pad, window.size):
        if max(pad) >= size:
            raise ValueError("a pool has a pad that is not smaller than its window")


def check_graph(network: Network) -> None:
    """Raises UserError unless names, inputs and shapes hold together."""
    if not network.nodes:
        raise UserError(f"{network.name} has no layers that are understood")
    shapes: dict[str, Shape] = {INPUT: network.input_shape}
    for node in network.nodes:
        if node.name in shapes:
            raise UserError(f"{network.name}: two layers are named {node.name!r}")
        if not node.inputs or not shapes.keys() >= set(node.inputs):
            raise UserError(
                f"{network.name}'s layer {node.name!r} reads no earlier layer; "
                f"its inputs: {', '.join(node.inputs)[:100]}"
            )
        input_shapes = [shapes[each] for each in node.inputs]
        reason = misfit(node.layer, input_shapes)
        shape = node.layer.output_shape(*input_shapes)
        if not reason and (min(shape) < 1 or math.prod(shape) > CELLS):
            reason = f"its output would be {times(shape)}"
        if reason:
            raise UserError(
                f"{network.name}'s layer {node.name!r} ({type(node.layer).__name__}) does not fit "
                f"its inputs of {' and '.join(map(times, input_shapes))[:200]}: {reason}"
            )
        shapes[node.name] = shape


def times(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def misfit(layer: Layer, shapes: list[Shape]) -> str:
    """Why a layer cannot have inputs of these shapes; "" if it can."""
    sizes = {shape[:2] for shape in shapes}
    channels = {shape[2] for shape in shapes}
    if isinstance(layer, Merge):
        # an input of 1 x 1, or of one channel, is repeated
        agree = len(sizes - {(1, 1)}) <= 1 and len(channels - {1}) <= 1
        return "" if agree else "their sizes differ"
    if isinstance(layer, Concatenate):
        return "" if len(sizes) == 1 else "their sizes differ"
    if len(shapes) != 1:
        return "it takes one input"
    if isinstance(layer, Dense) and sizes != {(1, 1)}:
        return "it takes vectors"
    if isinstance(layer, Conv) and (shapes[0][2] % layer.groups or layer.filters % layer.groups):
        return f"its {layer.groups} groups do not divide the channels"
    return ""


def pads(value: Any) -> Any:
    """A window's pad: "same", one number for all sides, or ((top, bottom), (left, right))."""
    if value == "same":
        return value
    if not isinstance(value, list):
        return check_int(value, 0)
    # what a ZeroPad crops is negative
    rows, columns = (
        (check_int(low, -MAX_INT), check_int(high, -MAX_INT))
        for low, high in check_list(value, list)
    )
    return rows, columns


def activation(value: Any) -> Activation | None:
    if value is None:
        return None
    layer = layer_of(value)
    if not isinstance(layer, Activation):
        raise ValueError(f"expected an activation; found a {type(layer).__name__}")
    return layer


def optional_real(value: Any) -> float | None:
    return None if value is None else check_float(value)


# {field of a layer: what checks and reads its value}
CHECKS: dict[str, Callable[[Any], Any]] = {
    "filters": check_int,
    "units": check_int,
    "groups": check_int,
    "multiplier": check_int,
    "depth": check_int,
    "size": check_pair,
    "stride": check_pair,
    "dilation": check_pair,
    "pad": pads,
    "bias": check_bool,
    "scale": check_bool,
    "center": check_bool,
    "keep": check_bool,
    "epsilon": check_float,
    "k": check_float,
    "alpha": check_float,
    "beta": check_float,
    "slope": check_float,
    "ceiling": optional_real,
    "kind": check_one_of(*ACTIVATIONS),
    "to": check_one_of(None, "vector", "map"),
    "activation": activation,
}
