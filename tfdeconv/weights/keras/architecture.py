"""A network from a Keras model's JSON: no code of the file's runs, nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import UserError
from ...formats.checked_json import shown
from ...network.base import Shape
from ...network.graph import INPUT, Network
from .entries import Entry, Model
from .graph import read_model
from .nodes import NodeBuilder, NodeRef, Unavailable
from .options import MAX_CHANNELS, MAX_EXTENT
from .resizing import size_of_resizing
from .sources import ParameterSource, VariablePath

# height and width of an input that leaves them open
DEFAULT_SIDE = 224
# reasons that an error gives
MAX_REASONS = 8
# characters
MAX_NAME_LENGTH = 100


@dataclass(frozen=True)
class Architecture:
    """What a model's JSON says: the network, and by node where in the file its parameters are.

    model: the layers as Keras has them. notes: what was assumed, and of which layers the values
    are logits.
    """

    model: Model
    network: Network
    sources: Mapping[str, ParameterSource]
    notes: tuple[str, ...] = ()


def build(
    config: Mapping[str, Any], name: str | None = None, formulas: Mapping[str, str] | None = None
) -> Architecture:
    """The network that a model's JSON describes, under that name or its own.

    formulas: what its Lambda layers do, by name (formulas.py).

    Layers that are not understood are left out; the network's `missing` says why. Raises UserError
    where none is left, and for what no Keras writes.
    """
    model = read_model(config, formulas)
    shape, notes = input_shape(model, config)
    builder = NodeBuilder(model, shape)
    inputs: list[NodeRef] = [INPUT]
    for other in model.inputs[1:]:
        inputs.append(Unavailable(other, "the model's second input"))
    builder.add_model(model, VariablePath(), inputs)
    nodes = builder.nodes_to_logits()
    if not nodes:
        raise nothing_understood(builder.missing)
    name = name or model.name
    if len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise UserError(
            f"the model's name is {shown(name)}, "
            f"expected at most {MAX_NAME_LENGTH} printable characters"
        )
    names = {node.name for node in nodes}
    aliases: dict[str, str] = {}
    for alias, node_name in builder.aliases.items():
        if alias not in names and node_name in names:
            aliases[alias] = node_name
    sources = {node: builder.sources[node] for node in builder.sources if node in names}
    network = Network(name, shape, tuple(nodes), aliases=aliases, missing=builder.missing)
    assumed = [entry.note for entry in model.all_entries() if entry.note]
    return Architecture(model, network, sources, (*notes, *builder.notes, *assumed))


def nothing_understood(missing: Mapping[str, str]) -> UserError:
    """The error for a model of which no layer is left."""
    causes: list[str] = []
    for layer, reason in missing.items():
        if not reason.startswith("it depends on"):
            causes.append(f"{layer}: {reason}")
    reasons = "; ".join(causes[:MAX_REASONS]) or "it has none that does anything"
    return UserError(f"no layer of the model is understood ({reasons})")


def input_shape(model: Model, config: Mapping[str, Any]) -> tuple[Shape, tuple[str, ...]]:
    """(height, width, channels) of the first input, and what was assumed of it."""
    first = next(entry for entry in model.entries if entry.name == model.inputs[0])
    shape = declared_shape(first, model, config)
    if not is_input_shape(shape):
        raise UserError(
            f"the model's input has the shape {shown(shape)}, "
            f"expected [null, height, width, channels]"
        )
    _, height, width, channels = shape
    if channels is None:
        raise UserError(
            f"the model's input has the shape {shown(shape)}, which leaves the channels open"
        )
    if height and width:
        return (height, width, channels), ()
    usual_height, usual_width = size_of_resizing(model) or (DEFAULT_SIDE, DEFAULT_SIDE)
    height = height or usual_height
    width = width or usual_width
    note = f"the model leaves the size of its input open: {height} x {width} is assumed"
    return (height, width, channels), (note,)


def is_input_shape(shape: Any) -> bool:
    """Whether a JSON value is [batch, height, width, channels], of which any may be open."""
    if not isinstance(shape, list) or len(shape) != 4:
        return False
    for extent, high in zip(shape[1:], (MAX_EXTENT, MAX_EXTENT, MAX_CHANNELS)):
        if extent is None:
            continue
        if type(extent) is not int or not 1 <= extent <= high:
            return False
    return True


def declared_shape(entry: Entry, model: Model, config: Mapping[str, Any]) -> Any:
    """The input's shape: its layer says it, the first layer behind it, or the model itself."""
    behind: Sequence[Entry] = model.entries[1:2]
    for declaring in (entry, *behind):
        for key in ("batch_shape", "batch_input_shape"):
            shape = declaring.options.get(key)
            if shape is not None:
                return shape
    if behind and behind[0].model:
        inner = behind[0].model
        return declared_shape(inner.entries[0], inner, {})
    for key, shape_key in (("config", "build_input_shape"), ("build_config", "input_shape")):
        body = config.get(key)
        if isinstance(body, dict) and body.get(shape_key):
            return body[shape_key]
    return None
