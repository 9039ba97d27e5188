"""From the layers of a Keras model's JSON to the nodes of a network.

For each call of a layer, in order: which nodes it becomes and under which names, what their maps
are, where their parameters come from; or that it is unavailable, and why. What depends on an
unavailable layer is unavailable, too.

Names. A layer's own name is its node's, unless two layers of the whole model have it: then those in
models within the model go by their path (`inner/conv`). A layer that becomes several nodes has
suffixes on all but the last (`separable/depthwise`, `separable`). The name of a model within the
model is an alias of its first output. A layer's second call and those behind it have their numbers
(`relu`, `relu#1`), and so have all layers of a model that is called again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...errors import UserError
from ...limits import MAX_NAME
from ...network.base import Layer, Shape
from ...network.graph import INPUT, Node
from ...network.layers import Activation, Identity, LogSoftmax
from .activations import SOFTMAX
from .call_order import CallKey
from .calls import Tensor
from .entries import Entry, Model
from .feature_maps import output_map
from .layers import translate
from .options import FeatureMap, NotUnderstood
from .parts import Part
from .sources import ParameterSource, VariablePath

# what makes probabilities of values
SQUASHES: dict[Layer | None, str] = {
    SOFTMAX: "softmax",
    LogSoftmax(): "log_softmax",
    Activation("sigmoid"): "sigmoid",
}


@dataclass(frozen=True)
class Unavailable:
    """Instead of a node's name: the layer that is left out. detail: its class and why."""

    layer: str
    detail: str


# an output of a layer: the name of its node, or why there is none
NodeRef = str | Unavailable


class NodeBuilder:
    """The nodes that a model becomes, as far as its layers have been added.

    missing: why a layer has no node, by name. aliases: other names of nodes. sources: where the
    parameters of the nodes that have any come from.
    """

    def __init__(self, model: Model, shape: Shape, channels_first: bool = False) -> None:
        self.nodes: dict[str, Node] = {}
        image = FeatureMap(shape, vector=False, single_cell=False, channels_first=channels_first)
        self.maps = {INPUT: image}
        self.sources: dict[str, ParameterSource] = {}
        self.missing: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.notes: list[str] = []
        # how many layers have a name, the network's input included
        self._names = Counter([INPUT])
        for entry in model.all_entries():
            if not entry.is_input:
                self._names[entry.name] += 1
        # nodes that others read
        self._read: set[str] = set()

    def add_model(
        self, model: Model, path: VariablePath, inputs: Sequence[NodeRef], reason: str = ""
    ) -> list[NodeRef]:
        """Adds a model's layers and returns its outputs; with a reason, all of it is left out."""
        outputs: dict[CallKey, list[NodeRef]] = {}
        for name, ref in zip(model.inputs, inputs):
            outputs[name, 0] = [ref]
        for entry in model.entries:
            if entry.is_input:
                continue
            reader = f"layer {entry.name}"
            sources = [output_of(outputs, tensor, reader) for tensor in entry.inputs]
            entry_reason = reason or entry.reason
            if entry.model:
                refs = self._add_nested(entry, entry.model, path.to(entry), sources, entry_reason)
            else:
                refs = [self._add_layer(entry, path.to(entry), sources, entry_reason)]
            outputs[entry.name, entry.call] = refs
        return [output_of(outputs, output, "the model") for output in model.outputs]

    def _add_nested(
        self,
        entry: Entry,
        model: Model,
        path: VariablePath,
        sources: Sequence[NodeRef],
        reason: str,
    ) -> list[NodeRef]:
        """Adds a model that is used as a layer, and returns its outputs."""
        needed = len(model.inputs)
        if not reason and len(sources) != needed:
            reason = f"it has {needed} inputs and is called with {len(sources)}"
        if reason:
            outputs = self.add_model(
                model, path, [Unavailable(entry.name, reason)] * needed, reason
            )
            self.missing.setdefault(entry.name + path.call_suffix, reason)
            return outputs
        outputs = self.add_model(model, path, sources)
        if isinstance(outputs[0], str):
            self.aliases[entry.name + path.call_suffix] = outputs[0]
        return outputs

    def _add_layer(
        self, entry: Entry, path: VariablePath, sources: Sequence[NodeRef], reason: str
    ) -> NodeRef:
        """Adds a layer's nodes; returns the name of the last, or why there is none."""
        name = self._node_name(entry, path)
        inputs: list[str] = []
        unavailable: list[Unavailable] = []
        for source in sources:
            if isinstance(source, Unavailable):
                unavailable.append(source)
            else:
                inputs.append(source)
        self._read.update(inputs)
        try:
            if reason:
                raise NotUnderstood(reason)
            if unavailable:
                cause = unavailable[0]
                self.missing[name] = (
                    f"it depends on {cause.layer} ({cause.detail}), which is not available"
                )
                return cause
            parts = translate(entry, self._maps_of(inputs))
            self._add_parts(name, parts, inputs, path)
        except NotUnderstood as error:
            self.missing[name] = str(error)
            return Unavailable(name, detail_of(entry, str(error)))
        return name

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

    def _maps_of(self, nodes: Sequence[str]) -> list[FeatureMap]:
        return [self.maps[node] for node in nodes]

    def _add_parts(
        self, name: str, parts: Sequence[Part], inputs: list[str], path: VariablePath
    ) -> None:
        """Adds a node for each part. See Part for what reads what."""
        before: list[str] = []
        for part in parts:
            if part.reads is not None:
                part_inputs = [inputs[i] for i in part.reads] + before
            else:
                part_inputs = before or inputs
            self._add_node(name + part.suffix, part, part_inputs, path)
            before = [name + part.suffix]

    def _add_node(self, name: str, part: Part, inputs: Sequence[str], path: VariablePath) -> None:
        maps = self._maps_of(inputs)
        output = output_map(name, part, maps)
        if name in self.nodes or name in self.missing or len(name) > MAX_NAME:
            shortened = name[:MAX_NAME]
            raise UserError(f"the model has two layers called {shortened}, or a name too long")
        self.maps[name] = output
        self.nodes[name] = Node(name, part.layer, tuple(inputs))
        parameters = part.layer.parameters(maps[0].shape)
        if parameters:
            recipes = {parameter: part.recipes[parameter] for parameter in parameters}
            self.sources[name] = ParameterSource(path, recipes, part.suffix)

    def nodes_to_logits(self) -> list[Node]:
        """The nodes without the softmax or sigmoid of an output, whose layer keeps its name.

        Those are flat where a class is sure, and would send next to nothing back. A dense layer
        with a softmax is `d/logits` and `d`: the first takes the name of both. A layer with a
        sigmoid loses it; a softmax or sigmoid that is a layer becomes an Identity. Those that
        other layers read stay. `notes` says of which layers the values are logits.
        """
        nodes = dict(self.nodes)
        for node in self.nodes.values():
            squash = squash_of(node.layer)
            if not squash or node.name in self._read:
                continue
            logits = f"{node.name}/logits"
            if node.inputs == (logits,):
                nodes[node.name] = replace(nodes.pop(logits), name=node.name)
                self.sources[node.name] = self.sources.pop(logits)
            elif node.layer in SQUASHES:
                nodes[node.name] = replace(node, layer=Identity())
            else:
                layer = replace(node.layer, activation=None)  # type: ignore[call-arg]
                nodes[node.name] = replace(node, layer=layer)
            self.notes.append(f"{node.name}: its values are logits, those before its {squash}")
        return list(nodes.values())


def squash_of(layer: Layer) -> str:
    """What makes probabilities of a layer's values, softmax or sigmoid; "" where nothing does."""
    return SQUASHES.get(layer) or SQUASHES.get(getattr(layer, "activation", None), "")


def detail_of(entry: Entry, reason: str) -> str:
    """What is said of a layer that is left out where others depend on it."""
    if entry.title in reason:
        return reason
    return f"{entry.title}: {reason}"


def output_of(outputs: Mapping[CallKey, Sequence[NodeRef]], tensor: Tensor, reader: str) -> NodeRef:
    """The output of a layer that a tensor stands for; reader: what reads it, for the error."""
    refs = outputs[tensor.layer, tensor.call]
    if 0 <= tensor.output < len(refs):
        return refs[tensor.output]
    if isinstance(refs[0], Unavailable):
        return refs[0]
    raise UserError(f"{reader} reads output {tensor.output} of a layer that has {len(refs)}")
