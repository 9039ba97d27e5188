"""From the layers of a Keras model's JSON to operations of the graph.

Names. A layer's own name is its operation's, unless two layers of the whole model have it: then
those in models within the model go by their path (`inner/conv`). A layer that becomes several
operations has suffixes on all but the last (`separable/depthwise`, `separable`). The name of a
model within the model is an alias of its first output. A layer's second call and those behind it
have their numbers (`relu`, `relu#1`), and so have all layers of a model that is called again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...errors import UserError
from ...network.base import INPUT
from ..graph.kinds import Unknown
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Constant, Operation
from .call_order import CallKey
from .calls import Tensor
from .entries import Entry, Model
from .layer_operations import LayerOperations
from .layers import add_layer
from .sources import VariablePath


class GraphBuilder:
    """The operations and constants that a model becomes, as far as its layers have been added."""

    def __init__(self, model: Model) -> None:
        self.operations: list[Operation] = []
        self.constants: dict[str, Constant] = {}
        # which of the operations makes a tensor
        self._makers: dict[str, int] = {}
        # how many layers have a name, the network's input included
        self._names = Counter([INPUT])
        for entry in model.all_entries():
            if not entry.is_input:
                self._names[entry.name] += 1

    def add_model(
        self, model: Model, path: VariablePath, inputs: Sequence[str], reason: str = ""
    ) -> list[str]:
        """Adds a model's layers and returns its outputs; with a reason, all of it is left out."""
        outputs: dict[CallKey, Sequence[str]] = {}
        for name, tensor in zip(model.inputs, inputs):
            outputs[name, 0] = [tensor]
        for entry in model.entries:
            if entry.is_input:
                continue
            reader = f"layer {entry.name}"
            sources = tuple(self._output_of(outputs, tensor, reader) for tensor in entry.inputs)
            if reason:
                entry = replace(entry, reason=reason)
            if entry.model:
                tensors = self._add_nested(entry, entry.model, path.to(entry), sources)
            else:
                tensors = self._add_layer(entry, path.to(entry), sources)
            outputs[entry.name, entry.call] = tensors
        return [self._output_of(outputs, output, "the model") for output in model.outputs]

    def _add_nested(
        self, entry: Entry, model: Model, path: VariablePath, sources: Sequence[str]
    ) -> Sequence[str]:
        """Adds a model that is used as a layer, and returns its outputs."""
        needed = len(model.inputs)
        name = entry.name + path.call_suffix
        reason = entry.reason
        if not reason and len(sources) != needed:
            reason = f"it has {needed} inputs and is called with {len(sources)}"
        if reason:
            unknown = LayerOperations(name, "", entry.options, (), path)
            unknown.add(Unknown(reason))
            return self.add_model(model, path, self._add(unknown) * needed, reason)
        outputs = self.add_model(model, path, sources)
        maker = self._makers.get(outputs[0])
        if maker is not None:
            operation = self.operations[maker]
            self.operations[maker] = replace(operation, aliases=(*operation.aliases, name))
        return outputs

    def _add_layer(
        self, entry: Entry, path: VariablePath, inputs: tuple[str, ...]
    ) -> Sequence[str]:
        """Adds a layer's operations; returns the outputs of the last."""
        name = self._node_name(entry, path)
        layer = LayerOperations(name, entry.title, entry.options, inputs, path)
        try:
            add_layer(entry, layer)
        except NotUnderstood as error:
            layer = replace(layer, operations=[], constants={})
            layer.add(Unknown(str(error)), *inputs)
        return self._add(layer)

    def _add(self, layer: LayerOperations) -> tuple[str, ...]:
        self.operations.extend(layer.finished())
        self.constants.update(layer.constants)
        outputs = self.operations[-1].outputs
        self._makers.update(dict.fromkeys(outputs, len(self.operations) - 1))
        return outputs

    def _node_name(self, entry: Entry, path: VariablePath) -> str:
        """A layer's name; where others have it, too, its path; and the number of its call."""
        return self._layer_name(entry, path) + path.call_suffix

    def _layer_name(self, entry: Entry, path: VariablePath) -> str:
        if self._names[entry.name] == 1:
            return entry.name
        if len(path.names) > 1:
            return "/".join(path.names)
        if entry.name == INPUT:
            return f"{INPUT}_layer"
        return entry.name

    def _output_of(
        self, outputs: Mapping[CallKey, Sequence[str]], tensor: Tensor, reader: str
    ) -> str:
        """The output of a layer that a tensor stands for; reader: what reads it, for the error."""
        tensors = outputs[tensor.layer, tensor.call]
        if 0 <= tensor.output < len(tensors):
            return tensors[tensor.output]
        maker = self._makers.get(tensors[0])
        # of what is not understood it is not known how many outputs it has
        if maker is not None and isinstance(self.operations[maker].kind, Unknown):
            return tensors[0]
        raise UserError(f"{reader} reads output {tensor.output} of a layer that has {len(tensors)}")
