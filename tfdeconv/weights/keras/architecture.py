"""A network from the JSON of a Keras model, without Keras: no code of the file's runs, and nothing in it is taken on trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import UserError
from ...formats.checked_json import shown
from ...network.base import Shape
from ...network.graph import INPUT, Network
from .graph import Entry, Model, model
from .nodes import Gone, Source, Walk
from .options import LONG, WIDE

SIDE = 224  # height and width of an input that leaves them open
GIVEN = 8  # reasons told in an error


@dataclass(frozen=True)
class Architecture:
    """What a model's JSON says: the network, and by node and parameter where in the file the values are."""

    network: Network
    sources: Mapping[str, Mapping[str, Source]]
    notes: tuple[str, ...] = ()  # what was assumed


def build(config: Mapping[str, Any], name: str | None = None) -> Architecture:
    """The network that a model's JSON describes, under that name or its own; what is not understood is told in `missing`."""
    outer = model(config)
    shape, notes = input_shape(outer, config)
    walk = Walk(outer, shape)
    walk.model(
        outer,
        (),
        (),
        [INPUT, *(Gone(other, "the model's second input") for other in outer.inputs[1:])],
    )
    nodes = walk.logits()
    if not nodes:
        first = [
            (layer, reason)
            for layer, reason in walk.missing.items()
            if not reason.startswith("it depends on")
        ]
        reasons = [f"{layer}: {reason}" for layer, reason in first[:GIVEN]]
        raise UserError(
            f"no layer of the file's model is understood ({'; '.join(reasons) or 'it has none that does anything'})"
        )
    name = name or outer.name
    if len(name) > 100 or not name.isprintable():
        raise UserError(
            f"the file's model is called {shown(name)}, needs at most 100 printable characters"
        )
    names = {node.name for node in nodes}
    aliases = {
        alias: node for alias, node in walk.aliases.items() if alias not in names and node in names
    }
    network = Network(name, shape, tuple(nodes), aliases=aliases, missing=walk.missing)
    return Architecture(
        network, {node: walk.sources[node] for node in walk.sources if node in names}, notes
    )


def input_shape(model: Model, config: Mapping[str, Any]) -> tuple[Shape, tuple[str, ...]]:
    """Of the first input, and what was assumed of it."""
    shape = told_shape(
        next(entry for entry in model.entries if entry.name == model.inputs[0]), model, config
    )
    if (
        not isinstance(shape, list)
        or len(shape) != 4
        or not all(
            n is None or type(n) is int and 1 <= n <= high
            for n, high in zip(shape[1:], (LONG, LONG, WIDE))
        )
    ):
        raise UserError(
            f"the file's model takes inputs of shape {shown(shape)}, needs [null, height, width, channels]"
        )
    _, height, width, channels = shape
    if channels is None:
        raise UserError(
            f"the file's model leaves the channels of its input open: its shape is {shown(shape)}"
        )
    notes = (
        (f"the model leaves the size of its input open: {SIDE} is assumed",)
        if None in (height, width)
        else ()
    )
    return (height or SIDE, width or SIDE, channels), notes


def told_shape(entry: Entry, model: Model, config: Any) -> Any:
    """What the input layer, the first layer behind it (in a Sequential), or the model itself says of the input's shape."""
    for options in [entry.options, *(other.options for other in model.entries[1:2])]:
        for key in ("batch_shape", "batch_input_shape"):
            if options.get(key) is not None:
                return options.get(key)
    inner = model.entries[1].model if len(model.entries) > 1 else None
    if inner:
        return told_shape(inner.entries[0], inner, {})
    body, built = config.get("config"), config.get("build_config")
    return (body.get("build_input_shape") if isinstance(body, dict) else None) or (
        built.get("input_shape") if isinstance(built, dict) else None
    )
