"""A network from a Keras model's JSON: no code of the file's runs, nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_CHANNELS, MAX_EXTENT, MAX_MODEL_NAME
from ...network.base import Shape
from ...network.consistency import refuse_large_input
from ...network.graph import INPUT, Network
from .entries import Entry, Model
from .graph import read_model
from .layouts import has_channels_first
from .nodes import NodeBuilder, NodeRef, Unavailable
from .options import unwrap
from .parallel import wrapped_model
from .resizing import size_of_resizing
from .sources import ParameterSource, VariablePath

# height and width of an input that leaves them open
DEFAULT_SIDE = 224
# reasons that an error gives
SHOWN = 8


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
    whole = read_model(config, formulas)
    model, path, notes = within_parallel(whole)
    image = image_input(model, config)
    shape, assumed_sizes = input_shape(model, image, config)
    builder = NodeBuilder(model, shape, has_channels_first(model))
    inputs: list[NodeRef] = []
    for name_of_input in model.inputs:
        inputs.append(INPUT if name_of_input == image else other_input(name_of_input, model, image))
    builder.add_model(model, path, inputs)
    nodes = builder.nodes_to_logits()
    if not nodes:
        raise nothing_understood(builder.missing)
    name = name or model.name
    if len(name) > MAX_MODEL_NAME or not name.isprintable():
        raise UserError(
            f"the model's name is {shown(name)}, "
            f"expected at most {MAX_MODEL_NAME} printable characters"
        )
    names = {node.name for node in nodes}
    aliases: dict[str, str] = {}
    for alias, node_name in builder.aliases.items():
        if alias not in names and node_name in names:
            aliases[alias] = node_name
    sources = {node: builder.sources[node] for node in builder.sources if node in names}
    network = Network(name, shape, tuple(nodes), aliases=aliases, missing=builder.missing)
    assumed = [entry.note for entry in model.all_entries() if entry.note]
    if len(model.inputs) > 1:
        notes = (*notes, f"assumed: {which_input(model, image)}")
    notes = (*notes, *assumed_sizes, *builder.notes, *assumed)
    return Architecture(whole, network, sources, notes)


def within_parallel(model: Model) -> tuple[Model, VariablePath, tuple[str, ...]]:
    """The model to read and where in the file it is: of one for several GPUs, that within it."""
    entry = wrapped_model(model)
    if entry is None or entry.model is None:
        return model, VariablePath(), ()
    note = f"made by multi_gpu_model: assumed is the model within it, {entry.name}"
    return entry.model, VariablePath().to(replace(entry, call_count=1)), (note,)


def image_input(model: Model, config: Mapping[str, Any]) -> str:
    """The input that takes images: of several the first whose shape is an image's."""
    for name in model.inputs:
        if is_input_shape(declared_shape(name, model, config)):
            return name
    return model.inputs[0]


def other_input(name: str, model: Model, image: str) -> Unavailable:
    """An input that nothing is given to."""
    return Unavailable(name, which_input(model, image))


def which_input(model: Model, image: str) -> str:
    """Which of several inputs images go to, in words."""
    inputs = ", ".join(model.inputs[:SHOWN])
    return f"the model has several inputs, {inputs}; images go to {image} alone"


def nothing_understood(missing: Mapping[str, str]) -> UserError:
    """The error for a model of which no layer is left."""
    causes: list[str] = []
    for layer, reason in missing.items():
        if not reason.startswith("it depends on"):
            causes.append(f"{layer}: {reason}")
    reasons = "; ".join(causes[:SHOWN]) or "it has none that does anything"
    return UserError(f"no layer of the model is understood ({reasons})")


def input_shape(
    model: Model, image: str, config: Mapping[str, Any]
) -> tuple[Shape, tuple[str, ...]]:
    """(height, width, channels) of the input of images, and what was assumed of it."""
    shape = declared_shape(image, model, config)
    first = has_channels_first(model)
    if not is_input_shape(shape):
        axes = "channels, height, width" if first else "height, width, channels"
        raise UserError(f"the model's input has the shape {shown(shape)}, expected [null, {axes}]")
    _, height, width, channels = shape
    if first:
        _, channels, height, width = shape
    if channels is None:
        raise UserError(
            f"the model's input has the shape {shown(shape)}, which leaves the channels open"
        )
    if max(height or 1, width or 1) > MAX_EXTENT:
        raise UserError(
            f"the model's input has the shape {shown(shape)}, "
            f"expected at most {MAX_EXTENT:,} rows and columns"
        )
    if height and width:
        refuse_large_input("the model", (height, width, channels))
        return (height, width, channels), ()
    usual_height, usual_width = size_of_resizing(model) or (DEFAULT_SIDE, DEFAULT_SIDE)
    height = height or usual_height
    width = width or usual_width
    note = f"the model leaves the size of its input open: {height} x {width} is assumed"
    return (height, width, channels), (note,)


def is_input_shape(shape: Any) -> bool:
    """Whether a JSON value is a shape of images with their batch, any of which may be open."""
    if not isinstance(shape, list) or len(shape) != 4:
        return False
    for extent in shape[1:]:
        if extent is None:
            continue
        if type(extent) is not int or not 1 <= extent <= max(MAX_EXTENT, MAX_CHANNELS):
            return False
    return True


def declared_shape(name: str, model: Model, config: Mapping[str, Any]) -> Any:
    """An input's shape: its layer says it, the first layer behind it, or the model itself."""
    behind = [entry for entry in model.entries if name in layers_read(entry)][:1]
    first = [entry for entry in model.layers if entry.name == name]
    for declaring in (*first, *behind):
        for key in ("batch_shape", "batch_input_shape"):
            shape = declaring.options.get(key)
            if shape is not None:
                return shape
    if behind and behind[0].model:
        inner = behind[0].model
        shape = declared_shape(inner.inputs[0], inner, {})
        if shape is not None:
            return shape
    return shape_when_built(config)


def shape_when_built(config: Mapping[str, Any]) -> Any:
    """The shape of the first input that a model, or its first layer, was built for."""
    for key, shape_key in (("config", "build_input_shape"), ("build_config", "input_shape")):
        body = config.get(key)
        if isinstance(body, dict) and body.get(shape_key):
            return unwrap(body[shape_key])
    body = config.get("config")
    layers = body.get("layers") if isinstance(body, dict) else body
    if isinstance(layers, list) and layers and isinstance(layers[0], dict):
        return shape_when_built(layers[0])
    return None


def layers_read(entry: Entry) -> list[str]:
    """The layers that a call reads."""
    return [tensor.layer for tensor in entry.inputs]
