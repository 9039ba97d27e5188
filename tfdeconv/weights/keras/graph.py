"""A Keras model's JSON as layers and how they are joined, in the styles of Keras 2 and 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_LAYERS, MAX_MODELS_DEEP
from .call_order import calls_in_order
from .calls import Call, Tensor, read_calls, read_tensor
from .entries import (
    MODELS,
    Entry,
    Model,
    check_name,
    check_unique,
    is_foreign,
    is_keras3_input,
    is_operation,
    name_in_config,
    with_groups,
)
from .formulas import read_formula
from .function_calls import TF_FUNCTIONS, FunctionCall, read_function
from .lambdas import KNOWN_CODE, check_all_used, unknown_code
from .options import Options
from .training import note_on_training, reason_in_training


def read_model(config: Any, formulas: Mapping[str, str] | None = None) -> Model:
    """A model as its JSON describes it; raises UserError for what no Keras writes.

    formulas: what Lambda layers do, by name.
    """
    reader = ModelReader(formulas or {})
    model = reader.model(config)
    check_all_used(reader.lambdas, reader.formulas)
    return model


class ModelReader:
    """Reads a model and those within it, and counts the layers of all of them.

    lambdas: the names of the layers whose code is the user's.
    """

    def __init__(self, formulas: Mapping[str, str]) -> None:
        self.layers_left = MAX_LAYERS
        self.formulas = formulas
        self.lambdas: list[str] = []

    def model(self, config: Any, depth: int = 0) -> Model:
        class_name, body = class_and_body(config)
        layers = body["layers"]
        self.layers_left -= len(layers)
        if depth > MAX_MODELS_DEEP or self.layers_left < 0:
            raise UserError(
                f"the model has more than {MAX_LAYERS:,} layers, "
                f"or models nested more than {MAX_MODELS_DEEP} deep"
            )
        name = body.get("name", class_name.lower())
        check_name(name)
        sequential = class_name == "Sequential"
        keras2 = not any(map(is_keras3_input, layers))
        entries = [self.entry(layer, sequential, keras2, depth) for layer in layers]
        check_unique(name, entries)
        if sequential:
            return sequential_model(name, body, with_groups(entries, count_inputs=False))
        return functional_model(name, body, with_groups(entries, count_inputs=True))

    def entry(self, layer: Any, sequential: bool, keras2: bool, depth: int) -> Entry:
        """One layer of a model's list; a Functional says what each is called with."""
        if not isinstance(layer, dict) or not isinstance(layer.get("class_name"), str):
            raise UserError(
                f"a layer of the model is {shown(layer)}, expected a JSON object with a class_name"
            )
        class_name = layer["class_name"]
        module = layer.get("module")
        inner = self.model(layer, depth + 1) if class_name in MODELS else None
        config = layer.get("config")
        if inner and not isinstance(config, dict):
            config = {}
        name = layer.get("name") or name_in_config(config)
        if inner and not name:
            name = inner.name
        check_name(name)
        check_name(class_name)
        options = Options(name, config, keras2)
        calls: tuple[Call, ...] = (Call(),)
        function: FunctionCall | None = None
        operation = is_operation(module, class_name, options)
        if not sequential and class_name != "InputLayer":
            nodes = layer.get("inbound_nodes")
            if operation or class_name in TF_FUNCTIONS:
                function, call = read_function(name, class_name, options, nodes)
                calls = (call,)
            else:
                calls = read_calls(name, nodes)
        class_names = [class_name]
        if inner:
            class_names = [entry.class_name for entry in inner.all_entries()]
        reason = ""
        note = ""
        if any(call.training for call in calls):
            reason = reason_in_training(class_names)
            note = note_on_training(name, class_names)
        formula: tuple[FunctionCall, ...] | None = None
        if class_name == "Lambda" or (is_foreign(module) and class_name not in KNOWN_CODE):
            self.lambdas.append(name)
            if name in self.formulas:
                formula = read_formula(name, self.formulas[name])
            else:
                reason = unknown_code(name, class_name)
        return Entry(
            name,
            class_name,
            options,
            calls[0].inputs,
            operation=operation,
            function=function,
            formula=formula,
            reason=reason or calls[0].reason,
            note=note,
            model=inner,
            call_count=len(calls),
            further_calls=calls[1:],
        )


def class_and_body(config: Any) -> tuple[str, Mapping[str, Any]]:
    """A model's class, and the object in which its layers are listed."""
    fields = config if isinstance(config, dict) else {}
    class_name = fields.get("class_name")
    body = fields.get("config")
    if isinstance(body, list):
        # a Sequential of Keras 2.2 and before
        body = {"layers": body}
    if class_name in MODELS and isinstance(body, dict) and isinstance(body.get("layers"), list):
        return class_name, body
    raise UserError(
        f"the model's class is {shown(class_name)}, expected Functional or Sequential with a list "
        f"of layers; a model that is written as Python code of its own cannot be read"
    )


def sequential_model(name: str, body: Mapping[str, Any], entries: list[Entry]) -> Model:
    """A Sequential: each layer reads the one before. It gets an input layer if it has none."""
    if not entries[0].is_input:
        names = {entry.name for entry in entries}
        input_name = "input"
        while input_name in names:
            input_name += "_"
        entries = [Entry(input_name, "InputLayer", entries[0].options), *entries]
    first = entries[0]
    chain = [first]
    # an input layer further on only says a shape once more
    for entry in (entry for entry in entries[1:] if not entry.is_input):
        before = Tensor(chain[-1].name, 0)
        chain.append(replace(entry, inputs=(before,)))
    last = Tensor(chain[-1].name, 0)
    layers = tuple(chain)
    return Model(name, layers, (first.name,), (last,), layers, True, is_trainable(body))


def functional_model(name: str, body: Mapping[str, Any], entries: list[Entry]) -> Model:
    """A Functional: each layer reads those that it names."""
    input_names = {entry.name for entry in entries if entry.is_input}
    calls, outputs = calls_in_order(name, entries, end_tensors(name, body, "output_layers"))
    inputs = [tensor.layer for tensor in end_tensors(name, body, "input_layers")]
    if set(inputs) != input_names:
        raise UserError(
            f"the model {name}: its input_layers are not its layers of class InputLayer"
        )
    return Model(name, calls, tuple(inputs), outputs, tuple(entries), False, is_trainable(body))


def is_trainable(body: Mapping[str, Any]) -> bool:
    """Whether a model was not frozen as a whole; Keras 2 does not say."""
    return body.get("trainable") is not False


def end_tensors(name: str, body: Mapping[str, Any], key: str) -> tuple[Tensor, ...]:
    """input_layers or output_layers: [name, 0, 0], or a list or an object of such."""
    value = body.get(key)
    rows = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(rows, list) or not rows:
        raise UserError(f"the model {name}: {key} is {shown(rows)}, expected a list of layers")
    if isinstance(rows[0], str):
        rows = [rows]
    return tuple(read_tensor(name, row) for row in rows)
