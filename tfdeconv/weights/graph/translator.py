"""The operations of a graph, one after the other, each with what is known of its inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ...limits import MAX_FOLDED_TOTAL, MAX_FOLDS_OF_WEIGHTS
from ...network.part import DEPENDS
from . import kinds
from .builder import NodeBuilder, Unavailable, Value
from .call import Call
from .coverage import Coverage
from .feature_map import FeatureMap
from .folding import fold
from .image import which_input
from .local_responses import join_local_responses
from .not_understood import MISTAKES, NotUnderstood, misfit_of
from .operation import Constant, Graph, GraphInput, Operation
from .ordered_outputs import ordered_outputs
from .scales import join_scales
from .shape_arithmetic import shape_of
from .translations.table import TRANSLATIONS


class Translator:
    """What is known of each tensor of a graph, as far as its operations have been read."""

    def __init__(self, graph: Graph, image: GraphInput, image_map: FeatureMap) -> None:
        self.graph = graph
        self.values: dict[str, Value] = {}
        self.missing: dict[str, str] = dict(graph.missing)
        self.coverage = Coverage(graph)
        self.aliases: dict[str, str] = {}
        # {name of what a layer was put together from: the layer}
        self.parts: dict[str, str] = {}
        self.builder = NodeBuilder(image_map, graph.of_layers)
        given = sum(math.prod(each.shape or ()) for each in graph.constants.values())
        self.values_left = MAX_FOLDED_TOTAL + MAX_FOLDS_OF_WEIGHTS * given
        # {tensor: the operation that reads it last, by its position}
        self.last_readers: dict[str, int] = {}
        for position, operation in enumerate(graph.operations):
            self.last_readers.update(dict.fromkeys(operation.inputs, position))
        self.values.update(graph.constants)
        for each in graph.inputs:
            if each.name not in graph.constants:
                reason = which_input(graph, image)
                self.values[each.name] = Unavailable(each.name, reason)
        self.values[image.name] = image_map

    def run(self) -> None:
        for position, operation in enumerate(self.graph.operations):
            outputs = self.outputs_of(operation)
            if outputs and isinstance(outputs[0], Unavailable):
                self.coverage.leave_out(operation, outputs[0])
            self.forget_constants(operation, position)
            for name, value in zip(operation.outputs, outputs):
                self.values[name] = value
                if not operation.layer:
                    self.add_aliases((name,), value)
            if outputs and (operation.is_layer or not operation.layer):
                self.add_aliases((operation.name, *operation.aliases), outputs[0])
                self.add_parts(operation.parts, outputs[0])
        if not self.graph.of_layers:
            self.order_outputs()
            self.join_layers()

    def forget_constants(self, operation: Operation, position: int) -> None:
        """Lets go what was computed from constants and is read no more: it may be large."""
        for name in operation.inputs:
            is_read = self.last_readers.get(name, position) > position
            if not is_read and isinstance(self.values.get(name), Constant):
                del self.values[name]

    def add_aliases(self, names: Sequence[str], value: Value) -> None:
        """Other names of a layer: of a tensor that is its map, with its channels in its order."""
        if isinstance(value, FeatureMap) and value.in_order:
            for name in filter(str.isprintable, names):
                self.aliases.setdefault(name, value.node)

    def order_outputs(self) -> None:
        for name, value in ordered_outputs(self.graph, self.values, self.builder).items():
            self.values[name] = value
            self.add_aliases((name,), value)

    def join_layers(self) -> None:
        outputs: set[str] = set()
        for name in self.graph.outputs:
            value = self.values.get(name)
            if isinstance(value, FeatureMap):
                outputs.add(value.node)
        for join in (join_scales, join_local_responses):
            with np.errstate(all="ignore"):
                heirs = join(self.builder, outputs)
            self.fold_names(heirs)

    def add_parts(self, names: Sequence[str], value: Value) -> None:
        if isinstance(value, FeatureMap):
            for name in filter(str.isprintable, names):
                self.parts.setdefault(name, value.node)

    def fold_names(self, heirs: Mapping[str, str]) -> None:
        """Names of layers that became part of others, {the layer: the other}, are no aliases."""
        for part, layer in self.parts.items():
            self.parts[part] = heirs.get(layer, layer)
        for alias, layer in list(self.aliases.items()):
            if layer in heirs:
                del self.aliases[alias]
                self.parts[alias] = heirs[layer]

    def outputs_of(self, operation: Operation) -> Sequence[Value]:
        """What an operation gives for each of its outputs."""
        inputs = [self.values.get(name) if name else None for name in operation.inputs]
        unmade = [name for name in operation.inputs if name and name not in self.values]
        if isinstance(operation.kind, kinds.Choice):
            inputs = chosen(inputs)
        causes = [value for value in inputs if isinstance(value, Unavailable)]
        count = max(len(operation.outputs), 1)
        maps = [value for value in inputs if isinstance(value, FeatureMap)]
        layer = operation.layer or operation.name
        try:
            if isinstance(operation.kind, kinds.Unknown):
                raise NotUnderstood(operation.kind.reason)
            if unmade:
                raise NotUnderstood("it reads a tensor that no operation makes")
            if causes:
                cause = causes[0]
                self.missing.setdefault(
                    layer, f"{DEPENDS} {cause.name} ({cause.detail}), which is not available"
                )
                return [cause] * count
            if isinstance(operation.kind, kinds.ShapeOf) and isinstance(inputs[0], FeatureMap):
                shape = shape_of(operation.kind, inputs[0].lengths)
                return [Constant.of_array(shape)]
            if not maps:
                return self.folded(operation, inputs)  # type: ignore[arg-type]
            call = Call(self.builder, operation, inputs)
            # a file's constants may be infinite
            with np.errstate(all="ignore"):
                outputs = TRANSLATIONS[type(operation.kind)](call)
            if operation.is_layer and not isinstance(outputs, list):
                outputs = call.as_layer(outputs)
        except (NotUnderstood, *MISTAKES) as error:
            reason = str(error if isinstance(error, NotUnderstood) else misfit_of(error))
            detail = reason if operation.title in reason else f"{operation.title}: {reason}"
            # what is computed from constants alone is no layer that anybody asks for
            if maps or causes or operation.layer or unmade:
                self.missing[layer] = detail
            # it may need what makes probabilities of values
            self.builder.read.update(value.node for value in maps)
            return [Unavailable(layer, detail)] * count
        return outputs if isinstance(outputs, list) else [outputs]

    def folded(self, operation: Operation, inputs: Sequence[Constant | None]) -> Sequence[Constant]:
        """What constants come to, within what is computed for a whole graph."""
        if self.values_left < 0:
            raise NotUnderstood("the model computes too much from constants")
        outputs = fold(operation.kind, inputs)
        for constant in (*inputs, *outputs):
            if constant is not None and not constant.depth:
                self.values_left -= math.prod(constant.shape or ())
        return outputs


def chosen(inputs: Sequence[Value | None]) -> list[Value | None]:
    """The one of a Choice's inputs that its condition says, whatever the other is."""
    condition = inputs[0] if len(inputs) == 3 else None
    if not isinstance(condition, Constant) or condition.shape is None:
        return list(inputs)
    if math.prod(condition.shape) != 1 or not condition.dtype.startswith(("bool", "int")):
        return list(inputs)
    return [inputs[1] if condition.read().any() else inputs[2]]
