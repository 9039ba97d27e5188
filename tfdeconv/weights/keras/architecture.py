"""A network from a Keras model's JSON: no code of the file's runs, nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...errors import UserError
from ...formats.checked_json import shown
from ...network.graph import Network
from ..graph.operation import Graph, GraphInput, Parameter
from ..graph.translation import translate
from .entries import Entry, Model
from .graph import read_model
from .layouts import has_channels_first
from .model_graph import GraphBuilder
from .options import unwrap
from .parallel import wrapped_model
from .resizing import size_of_resizing
from .sources import VariablePath


@dataclass(frozen=True)
class Architecture:
    """What a model's JSON says: the network, and by node what its parameters are made from.

    model: the layers as Keras has them. notes: what was assumed, and of which layers the values
    are logits.
    """

    model: Model
    network: Network
    parameters: Mapping[str, Mapping[str, Parameter]]
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
    builder = GraphBuilder(model)
    channel_axis = 1 if has_channels_first(model) else 3
    outputs = builder.add_model(model, path, model.inputs)
    translated = translate(
        Graph(
            name or model.name,
            tuple(builder.operations),
            inputs_of(model, config, channel_axis),
            tuple(outputs),
            builder.constants,
            channel_axis,
            notes,
            of_layers=True,
        )
    )
    assumed = [entry.note for entry in model.all_entries() if entry.note]
    notes = (*translated.notes, *assumed)
    return Architecture(whole, translated.network, translated.parameters, notes)


def within_parallel(model: Model) -> tuple[Model, VariablePath, tuple[str, ...]]:
    """The model to read and where in the file it is: of one for several GPUs, that within it."""
    entry = wrapped_model(model)
    if entry is None or entry.model is None:
        return model, VariablePath(), ()
    note = f"it was made by multi_gpu_model: the model inside, {entry.name}, is assumed"
    return entry.model, VariablePath().to(replace(entry, call_count=1)), (note,)


def inputs_of(model: Model, config: Mapping[str, Any], channel_axis: int) -> tuple[GraphInput, ...]:
    """The model's inputs. Raises UserError unless one has the shape of images."""
    usual = size_of_resizing(model)
    inputs: list[GraphInput] = []
    for name in model.inputs:
        shape = declared_shape(name, model, config)
        if is_shape(shape):
            # a model is for any number of images
            inputs.append(GraphInput(name, (None, *shape[1:]), usual))
        else:
            inputs.append(GraphInput(name, ()))
    if not any(len(each.shape) == 4 for each in inputs):
        shape = declared_shape(model.inputs[0], model, config)
        axes = "channels, height, width" if channel_axis == 1 else "height, width, channels"
        raise UserError(f"the model's input has the shape {shown(shape)}, expected [null, {axes}]")
    return tuple(inputs)


def is_shape(shape: Any) -> bool:
    """Whether a JSON value is a shape with its batch, any of which may be open."""
    if not isinstance(shape, list) or not shape:
        return False
    return all(extent is None or (type(extent) is int and extent > 0) for extent in shape[1:])


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
