"""From a graph to a network: its operations in order, each with what is known of its inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_CHANNELS, MAX_EXTENT, MAX_FOLDED_TOTAL, MAX_LAYERS, MAX_MODEL_NAME
from ...network.consistency import refuse_large_input
from ...network.graph import INPUT, Network
from . import kinds
from .axes import BATCH, axis_of
from .builder import NodeBuilder, Unavailable, Value
from .call import Call
from .feature_map import FeatureMap
from .folding import fold
from .logits import nodes_to_logits
from .not_understood import MISTAKES, NotUnderstood, misfit_of
from .operation import Constant, Graph, GraphInput, Operation, Parameter
from .recognition import recognised
from .scales import join_scales
from .shape_arithmetic import shape_of
from .translations.table import TRANSLATIONS

# height and width of an input that leaves them open
DEFAULT_SIDE = 224
# reasons that an error gives
SHOWN = 8


@dataclass(frozen=True)
class Translated:
    """A network, where its parameters come from by node, and what was assumed."""

    network: Network
    parameters: Mapping[str, Mapping[str, Parameter]]
    notes: tuple[str, ...]


def translate(graph: Graph) -> Translated:
    """The network that a graph is of.

    Operations that are not understood are left out, with what depends on them; the network's
    `missing` says why. Raises UserError where nothing is left.
    """
    graph = recognised(graph)
    if len(graph.operations) > MAX_LAYERS * 8:
        raise UserError(f"the model has {len(graph.operations):,} operations, too many")
    image = image_input(graph)
    image_map, notes = image_of(graph, image)
    translator = Translator(graph, image, image_map)
    translator.run()
    translator.join_scales()
    nodes, logits = nodes_to_logits(translator.builder)
    if not nodes:
        raise nothing_understood(translator.missing)
    if len(graph.name) > MAX_MODEL_NAME or not graph.name.isprintable():
        raise UserError(
            f"the model's name is {shown(graph.name)}, "
            f"expected at most {MAX_MODEL_NAME} printable characters"
        )
    names = {node.name for node in nodes}
    aliases = {}
    for alias, name in translator.aliases.items():
        if alias not in names and name in names:
            aliases[alias] = name
    missing = {name: why for name, why in translator.missing.items() if name not in aliases}
    network = Network(graph.name, image_map.shape, nodes, aliases=aliases, missing=missing)
    parameters = translator.builder.parameters
    return Translated(network, parameters, (*graph.notes, *notes, *logits))


class Translator:
    """What is known of each tensor of a graph, as far as its operations have been read."""

    def __init__(self, graph: Graph, image: GraphInput, image_map: FeatureMap) -> None:
        self.graph = graph
        self.values: dict[str, Value] = {}
        self.missing: dict[str, str] = dict(graph.missing)
        self.aliases: dict[str, str] = {}
        self.builder = NodeBuilder(image_map)
        self.values_left = MAX_FOLDED_TOTAL
        self.values.update(graph.constants)
        for each in graph.inputs:
            if each.name not in graph.constants:
                reason = which_input(graph, image)
                self.values[each.name] = Unavailable(each.name, reason)
        self.values[image.name] = image_map

    def run(self) -> None:
        for operation in self.graph.operations:
            outputs = self.outputs_of(operation)
            for name, value in zip(operation.outputs, outputs):
                self.values[name] = value
                self.add_aliases((name,), value)
            if outputs:
                self.add_aliases((operation.name, *operation.aliases), outputs[0])

    def add_aliases(self, names: Sequence[str], value: Value) -> None:
        """Other names of a layer: of a tensor that is its map, with its channels in its order."""
        if isinstance(value, FeatureMap) and value.in_order:
            for name in names:
                self.aliases.setdefault(name, value.node)

    def join_scales(self) -> None:
        outputs: set[str] = set()
        for name in self.graph.outputs:
            value = self.values.get(name)
            if isinstance(value, FeatureMap):
                outputs.add(value.node)
        heirs = join_scales(self.builder, outputs)
        for alias, name in self.aliases.items():
            self.aliases[alias] = heirs.get(name, name)

    def outputs_of(self, operation: Operation) -> Sequence[Value]:
        """What an operation gives for each of its outputs."""
        inputs = [self.values.get(name) if name else None for name in operation.inputs]
        causes = [value for value in inputs if isinstance(value, Unavailable)]
        count = max(len(operation.outputs), 1)
        depends = any(isinstance(value, FeatureMap) for value in inputs)
        try:
            if None in [value for value, name in zip(inputs, operation.inputs) if name]:
                raise NotUnderstood("it reads a tensor that nothing makes")
            if causes and isinstance(operation.kind, kinds.Unknown):
                raise NotUnderstood(operation.kind.reason)
            if causes:
                cause = causes[0]
                self.missing[operation.name] = (
                    f"it depends on {cause.name} ({cause.detail}), which is not available"
                )
                return [cause] * count
            if isinstance(operation.kind, kinds.ShapeOf) and isinstance(inputs[0], FeatureMap):
                shape = shape_of(operation.kind, inputs[0].lengths)
                return [Constant.of_array(shape)]
            if not depends:
                return self.folded(operation, inputs)  # type: ignore[arg-type]
            translation = TRANSLATIONS[type(operation.kind)]
            outputs = translation(Call(self.builder, operation, inputs))
        except (NotUnderstood, *MISTAKES) as error:
            reason = str(error if isinstance(error, NotUnderstood) else misfit_of(error))
            detail = f"{operation.title}: {reason}" if operation.title else reason
            # what is computed from constants alone is no layer that anybody asks for
            if depends or causes:
                self.missing[operation.name] = detail
            return [Unavailable(operation.name, detail)] * count
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


def image_input(graph: Graph) -> GraphInput:
    """The input that takes images: of several the first whose shape is an image's."""
    given = [each for each in graph.inputs if each.name not in graph.constants]
    if not given:
        raise UserError("the model has no input")
    for each in given:
        if len(each.shape) == 4:
            return each
    return given[0]


def which_input(graph: Graph, image: GraphInput) -> str:
    """Which of several inputs images go to, in words."""
    names = ", ".join(each.name for each in graph.inputs[:SHOWN])
    return f"the model has several inputs, {names}; images go to {image.name} alone"


def image_of(graph: Graph, image: GraphInput) -> tuple[FeatureMap, tuple[str, ...]]:
    """The image as a map, and what was assumed of its size."""
    shape = image.shape
    if len(shape) != 4:
        raise UserError(
            f"the model's input {image.name} has the shape {shown(list(shape))}, expected images: "
            f"[n, channels, height, width] or [n, height, width, channels]"
        )
    channel_axis = graph.channel_axis
    if channel_axis is None:
        channel_axis = 3 if shape[3] in (1, 3, 4) and shape[1] not in (1, 3, 4) else 1
    channel_axis %= 4
    channels = shape[channel_axis]
    if channels is None:
        raise UserError(
            f"the model's input {image.name} has the shape {shown(list(shape))}, "
            f"which leaves the channels open"
        )
    extents = [shape[number] for number in range(1, 4) if number != channel_axis]
    if not 1 <= channels <= MAX_CHANNELS or any(
        extent is not None and not 1 <= extent <= MAX_EXTENT for extent in extents
    ):
        raise UserError(
            f"the model's input {image.name} has the shape {shown(list(shape))}, expected at most "
            f"{MAX_EXTENT:,} rows and columns"
        )
    height, width = (extent or DEFAULT_SIDE for extent in extents)
    notes: tuple[str, ...] = ()
    if None in extents:
        notes = (f"the model leaves the size of its input open: {height} x {width} is assumed",)
    refuse_large_input("the model", (height, width, channels))
    batch = shape[0] or 1
    if not 1 <= batch <= MAX_EXTENT:
        raise UserError(f"the model takes {batch:,} images at a time")
    image_map = FeatureMap(INPUT, (height, width, channels), (), batch=batch)
    if axis_of(BATCH, batch) and len(graph.inputs) > 1:
        notes = (*notes, f"the model takes {batch} images at a time: each is read by itself")
    return image_map.with_axes(image_map.canonical_axes(channel_axis)), notes


def nothing_understood(missing: Mapping[str, str]) -> UserError:
    """The error for a model of which no layer is left."""
    causes: list[str] = []
    for layer, reason in missing.items():
        if not reason.startswith("it depends on"):
            causes.append(f"{layer}: {reason}")
    reasons = "; ".join(causes[:SHOWN]) or "it has none that does anything"
    return UserError(f"no layer of the model is understood ({reasons})")
