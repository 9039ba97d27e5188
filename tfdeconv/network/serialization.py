"""A network as JSON and back.

What is read is checked entry by entry: it may come from a file that nobody vouches for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, asdict, fields
from functools import partial
from typing import Any

from ..errors import UserError, one_line
from ..formats.checked_json import (
    check_bool,
    check_float,
    check_int,
    check_ints,
    check_list,
    check_name,
    check_names,
    check_one_of,
    check_pair,
    parse_object,
)
from ..limits import MAX_INT, MAX_NAME
from . import layers
from .base import BORDERS, Layer, Node
from .consistency import check_graph, check_layer
from .graph import Network
from .layers import ACTIVATIONS, COORDINATES, FITS, INTERPOLATIONS, ORDERS, ROUNDINGS, Activation
from .part import part_of

# {name of the class: the class}, of the layers and not of what they are derived from
KINDS: dict[str, type[Layer]] = {
    name: kind
    for name, kind in vars(layers).items()
    if isinstance(kind, type) and issubclass(kind, Layer) and not kind.__subclasses__()
}


def to_json(network: Network) -> str:
    """The network as JSON; layers without the fields that have their default values."""
    nodes = []
    for node in network.nodes:
        nodes.append({"name": node.name, "inputs": node.inputs, **layer_entry(node.layer)})
    entry: dict[str, Any] = {
        "name": network.name,
        "flavour": network.variant,
        "input_shape": network.input_shape,
        "nodes": nodes,
        "folded": dict(network.folded),
        "aliases": dict(network.aliases),
        "missing": dict(network.missing),
    }
    for key, said in (("steps", network.steps), ("probabilities", network.probabilities)):
        if said:
            entry[key] = dict(said)
    if network.missing:
        entry["part"] = asdict(network.part) if network.part else None
    return json.dumps(entry)


def layer_entry(layer: Layer) -> dict[str, Any]:
    """A layer's class and fields, as JSON takes them."""
    entry: dict[str, Any] = {"layer": type(layer).__name__}
    for field in fields(layer):
        value = getattr(layer, field.name)
        if field.default is MISSING or value != field.default:
            entry[field.name] = layer_entry(value) if isinstance(value, Layer) else value
    return entry


def from_json(text: str) -> Network:
    """The network that to_json wrote. Raises UserError for anything else."""
    try:
        network = network_of(parse_object(text))
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
        steps=check_each(entry.get("steps", {}), partial(check_int, low=0)),
        probabilities=check_each(
            entry.get("probabilities", {}), check_one_of("softmax", "sigmoid")
        ),
        part=part_of(entry),
    )


def check_each(value: Any, check: Callable[[Any], Any]) -> dict[str, Any]:
    """An object of values by name, each of which is checked."""
    return {name: check(value[name]) for name in check_names(value)}


def node_of(entry: dict[str, Any]) -> Node:
    layer_values = dict(entry)
    node_name = check_name(layer_values.pop("name"))
    inputs = tuple(map(check_name, layer_values.pop("inputs")))
    return Node(node_name, layer_of(layer_values), inputs)


def layer_of(entry: Any) -> Layer:
    """A layer of its class and fields, each of which is checked."""
    if isinstance(entry, dict) and entry.get("layer") == "UpSample":
        # as files of earlier versions have it
        entry = {**entry, "layer": "Resize", "interpolation": "nearest"}
    if not isinstance(entry, dict) or entry.get("layer") not in KINDS:
        raise ValueError(f"unknown layer {str(entry.get('layer'))[:40]!r}")
    values = {}
    for key, value in entry.items():
        if key != "layer":
            values[key] = CHECKS[key](value)
    layer = KINDS[entry["layer"]](**values)
    check_layer(layer)
    return layer


def pads(value: Any) -> Any:
    """A window's pad: its name, one number for all sides, or ((top, bottom), (left, right))."""
    if value in ("same", "same_lower"):
        return value
    if not isinstance(value, list):
        return check_int(value, 0)
    # what a ZeroPad crops is negative
    rows, columns = (
        (check_int(low, -MAX_INT), check_int(high, -MAX_INT))
        for low, high in check_list(value, list)
    )
    return rows, columns


def pair_from_zero(value: Any) -> tuple[int, int]:
    rows, columns = check_list(value, int)
    return check_int(rows, 0), check_int(columns, 0)


def factors(value: Any) -> Any:
    """What a map's sides are multiplied by: a number above 0, or one for each axis; None."""
    if value is None:
        return value
    if isinstance(value, list):
        rows, columns = value
        return positive(rows), positive(columns)
    return positive(value)


def positive(value: Any) -> float:
    number = check_float(value)
    if number <= 0:
        raise ValueError(f"expected a number above 0, got {number}")
    return number


def activation(value: Any) -> Activation | None:
    if value is None:
        return None
    layer = layer_of(value)
    if not isinstance(layer, Activation):
        raise ValueError(f"expected an activation; found a {type(layer).__name__}")
    return layer


def optional_int(value: Any) -> int | None:
    return None if value is None else check_int(value)


def optional_count(value: Any) -> int | None:
    return None if value is None else check_int(value, 0)


def optional_real(value: Any) -> float | None:
    return None if value is None else check_float(value)


# {field of a layer: what checks and reads its value}
CHECKS: dict[str, Callable[[Any], Any]] = {
    "filters": check_int,
    "units": check_int,
    "groups": check_int,
    "multiplier": check_int,
    "depth": check_int,
    "first": partial(check_int, low=0),
    "count": check_int,
    "step": partial(check_int, low=-MAX_INT),
    "height": optional_int,
    "width": optional_int,
    "interpolation": check_one_of(*INTERPOLATIONS),
    "fit": check_one_of(*FITS),
    "coordinates": check_one_of(*COORDINATES),
    "rounding": check_one_of(*ROUNDINGS),
    "cubic": check_float,
    "exclude_outside": check_bool,
    "block": check_int,
    "order": check_one_of(*ORDERS),
    "border": check_one_of(*BORDERS),
    "size": check_pair,
    "factor": factors,
    "stride": check_pair,
    "dilation": check_pair,
    "pad": pads,
    "ceil": check_bool,
    "count_pads": check_bool,
    "uncounted": pair_from_zero,
    "bias": check_bool,
    "scale": check_bool,
    "center": check_bool,
    "keep": check_bool,
    "channels_first": check_bool,
    "epsilon": check_float,
    "k": check_float,
    "alpha": check_float,
    "beta": check_float,
    "slope": check_float,
    "ceiling": optional_real,
    "threshold": check_float,
    "floor": optional_real,
    "constant": optional_real,
    "offset": optional_real,
    "shift": check_bool,
    "before": optional_count,
    "by_row": check_bool,
    "by_column": check_bool,
    "by_channel": check_bool,
    "by_cell": check_bool,
    "kind": check_one_of(*ACTIVATIONS),
    "to": check_one_of(None, "vector", "map"),
    "activation": activation,
}
