"""From the layers of a Keras model's JSON to nodes: what each of them is here, and which of them cannot be had."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ...errors import UserError
from ...formats.checked_json import shown
from ...network.base import Shape
from ...network.graph import INPUT, Node
from ...network.layers import Identity
from .graph import NAME, Entry, Model, Tensor
from .layers import CLASSES, affine
from .options import Map, NotUnderstood
from .parts import SOFTMAX, Part, Recipe

CELLS = 1 << 31  # of a map
WITH_NUMBER: dict[
    str, Callable[[float], tuple[float, float]]
] = {  # operations on a map and a number, as scale and shift
    "Add": lambda n: (1.0, n),
    "Multiply": lambda n: (n, 0.0),
    "Subtract": lambda n: (1.0, -n),
    "TrueDivide": lambda n: (1 / n, 0.0),
    "Divide": lambda n: (1 / n, 0.0),
}


@dataclass(frozen=True)
class Place:
    """Where a layer's variables stand in a file: the names of the models around it and its own, and those of Keras 3's groups."""

    path: tuple[str, ...]
    steps: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Source:
    """Where a parameter comes from."""

    place: Place
    recipe: Recipe


@dataclass(frozen=True)
class Gone:
    """Instead of a node's name: what cannot be had, because of that layer, of that class."""

    layer: str
    kind: str


Ref = str | Gone


class Walk:
    """Nodes as far as they are built, with what is known of their maps."""

    def __init__(self, model: Model, shape: Shape) -> None:
        self.counts = Counter(entry.name for entry in model.walk() if entry.kind != "InputLayer")
        self.counts[INPUT] += 1
        self.nodes: dict[str, Node] = {}
        self.maps = {INPUT: Map(shape, False, False)}
        self.sources: dict[str, dict[str, Source]] = {}
        self.missing: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.read: set[str] = set()

    def model(
        self,
        model: Model,
        path: tuple[str, ...],
        steps: tuple[tuple[str, int], ...],
        inputs: Sequence[Ref],
        reason: str = "",
    ) -> list[Ref]:
        """Adds a model's layers, and returns its outputs; with a reason it is left out."""
        refs: dict[str, list[Ref]] = dict(zip(model.inputs, ([ref] for ref in inputs)))
        for entry in model.entries:
            if entry.kind == "InputLayer":
                continue
            place = Place((*path, entry.name), (*steps, *([entry.step] if entry.step else [])))
            sources = [
                chosen(entry, refs[source.layer], source.output)
                for source in entry.inputs
                if isinstance(source, Tensor)
            ]
            why = reason or entry.reason
            if entry.model:
                if not why and len(sources) != len(entry.model.inputs):
                    why = (
                        f"it has {len(sources)} inputs and is called with {len(entry.model.inputs)}"
                    )
                given = sources if not why else [Gone(entry.name, why)] * len(entry.model.inputs)
                refs[entry.name] = self.model(entry.model, place.path, place.steps, given, why)
                if why:
                    self.missing.setdefault(entry.name, why)
                elif isinstance(out := refs[entry.name][0], str):
                    self.aliases[entry.name] = out
            else:
                refs[entry.name] = [self.layer(entry, place, sources, why)]
        return [chosen(None, refs[output.layer], output.output) for output in model.outputs]

    def layer(self, entry: Entry, place: Place, sources: Sequence[Ref], why: str) -> Ref:
        """Adds a layer; returns its node's name, or why there is none."""
        collides = self.counts[entry.name] > 1
        name = (
            "/".join(place.path if len(place.path) > 1 else (place.path[0] + "_layer",))
            if collides and (len(place.path) > 1 or entry.name == INPUT)
            else entry.name
        )
        self.read.update(source for source in sources if isinstance(source, str))
        try:
            if why:
                raise NotUnderstood(why)
            if gone := next((source for source in sources if isinstance(source, Gone)), None):
                self.missing[name] = (
                    f"it depends on {gone.layer} ({gone.kind}), which cannot be had"
                )
                return gone
            last = known = [source for source in sources if isinstance(source, str)]
            for part in self.parts(entry, [self.maps[source] for source in known]):
                inputs = (
                    last
                    if part.reads is None
                    else [*(known[i] for i in part.reads), *(last if last is not known else [])]
                )
                self.add(name + part.suffix, part, inputs, place)
                last = [name + part.suffix]
        except NotUnderstood as error:
            self.missing[name] = str(error)
            return Gone(name, entry.kind)
        return name

    def parts(self, entry: Entry, maps: Sequence[Map]) -> list[Part]:
        numbers = [value for value in entry.inputs if isinstance(value, float)]
        if numbers or entry.operation and len(maps) == 1:
            either = entry.kind in ("Add", "Multiply")  # the number may come first
            if (
                entry.kind not in WITH_NUMBER
                or len(entry.inputs) != 2
                or len(numbers) != 1
                or not (either or isinstance(entry.inputs[1], float))
                or not (numbers[0] or "Divide" not in entry.kind)
            ):
                raise NotUnderstood(
                    f"its class is {entry.kind}, which is not understood for these inputs"
                )
            scale, shift = WITH_NUMBER[entry.kind](numbers[0])
            return affine([scale] * maps[0].shape[2], [shift] * maps[0].shape[2])
        if entry.kind not in CLASSES or entry.operation and entry.kind not in ("Add", "Multiply"):
            raise NotUnderstood(f"its class is {entry.kind}, which is not understood")
        return CLASSES[entry.kind](entry.options, maps)

    def add(self, name: str, part: Part, inputs: Sequence[str], place: Place) -> None:
        maps = [self.maps[source] for source in inputs]
        shape = part.layer.output_shape(*(found.shape for found in maps))
        if min(shape) < 1:
            raise NotUnderstood(
                f"nothing is left of its input of {maps[0].shape[0]} x {maps[0].shape[1]}"
            )
        if math.prod(shape) > CELLS:
            raise UserError(
                f"layer {name}: its output is said to be of {' x '.join(shown(n) for n in shape)}, far more than can be"
            )
        if name in self.nodes or name in self.missing or len(name) > NAME:
            raise UserError(
                f"the file's model has two layers of the name {name[:NAME]}, or one too long"
            )
        vector = (
            all(found.vector for found in maps) if part.layer.vector is None else part.layer.vector
        )
        alone = part.layer.vector is not None or all(found.alone for found in maps)
        self.maps[name] = Map(shape, vector, alone and shape[:2] == (1, 1))
        self.nodes[name] = Node(name, part.layer, tuple(inputs))
        if needed := part.layer.parameters(maps[0].shape):
            self.sources[name] = {key: Source(place, part.recipes[key]) for key in needed}

    def logits(self) -> list[Node]:
        """The nodes; a softmax whose values nothing reads is left out, its layer's name stays."""
        nodes = dict(self.nodes)
        for node in self.nodes.values():
            if node.layer != SOFTMAX or node.name in self.read:
                continue
            before = f"{node.name}/logits"
            if node.inputs == (before,):
                del nodes[node.name]
                self.sources[node.name] = self.sources.pop(before)
                nodes = {
                    name if name != before else node.name: old
                    if name != before
                    else replace(old, name=node.name)
                    for name, old in nodes.items()
                }
            else:
                nodes[node.name] = replace(node, layer=Identity())
        return list(nodes.values())


def chosen(entry: Entry | None, outputs: list[Ref], index: int) -> Ref:
    if not 0 <= index < len(outputs):
        if isinstance(outputs[0], Gone):
            return outputs[0]
        reader = f"layer {entry.name}" if entry else "the file's model"
        raise UserError(f"{reader} reads output {index} of a layer that has {len(outputs)}")
    return outputs[index]
