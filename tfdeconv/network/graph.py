"""A network: named layers in order, each with its inputs. Names, shapes and mistakes are known without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from ..errors import UserError, unknown
from .base import Layer, Shape
from .layers import Activation, Add
from .receptive_field import meet, within
from .spans import UNIT, Spans

INPUT = "input"


@dataclass(frozen=True)
class Node:
    """A layer at its place in a network; its inputs are earlier nodes or INPUT."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]


class Residual(NamedTuple):
    """The layers of a residual block (He et al. 2016): its output, the sum before that (or itself), and the sum's two inputs."""

    output: str
    sum: str
    shortcut: str
    branch: str


@dataclass(frozen=True)
class Network:
    """Nodes in an order in which each follows its inputs.

    input_shape is the one the network was trained on; a convolutional target takes any height and width.
    folded maps the names of layers that Keras lists and this network has none for to the layer they are part of; aliases other
    names to a layer's; missing those that a file has and that cannot be had to the reason. variant tells networks apart that
    have one name and differ in strides, biases or constants ("" where there is but one).
    """

    name: str
    input_shape: Shape
    nodes: tuple[Node, ...]
    folded: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    variant: str = ""

    @property
    def channels(self) -> int:
        """Channels of the input."""
        return self.input_shape[2]

    @property
    def classes(self) -> int:
        """Channels of the last layer."""
        return self.shapes()[self.nodes[-1].name][2]

    def node(self, name: str) -> Node:
        """The node of that name; raises UserError with what to write instead."""
        by_name = {node.name: node for node in self.nodes}
        if (found := by_name.get(name) or by_name.get(self.aliases.get(name, ""))) is not None:
            return found
        if name in self.missing:
            raise UserError(f"{self.name}'s layer {name!r} cannot be had: {self.missing[name]}")
        if name in self.folded:
            raise UserError(
                f"{self.name}'s layer {name!r} is part of {self.folded[name]!r} here (its padding): "
                f"ask for {self.folded[name]!r}"
            )
        raise unknown(f"{self.name} has no layer", name, [node.name for node in self.nodes])

    def channel(self, name: str, channel: int) -> int:
        """Checks that the layer has that channel, and returns it; channels count from 0."""
        count = self.shapes()[self.node(name).name][2]
        if not 0 <= channel < count:
            raise UserError(
                f"{self.name}'s layer {name} has {count} channels, 0 to {count - 1}: there is no channel {channel}"
            )
        return channel

    def up_to(self, *targets: str) -> tuple[Node, ...]:
        """The nodes that the targets need, themselves included, in order."""
        wanted = {self.node(target).name for target in targets}
        for node in reversed(self.nodes):
            if node.name in wanted:
                wanted.update(node.inputs)
        return tuple(node for node in self.nodes if node.name in wanted)

    def shapes(self, height: int | None = None, width: int | None = None) -> dict[str, Shape]:
        """{layer: (h, w, c)} for an input of that size (the training's when left out); vectors are (1, 1, c).

        A map that comes out empty has a height or width below 1.
        """
        h, w, c = self.input_shape
        shapes: dict[str, Shape] = {INPUT: (height or h, width or w, c)}
        for node in self.nodes:
            shapes[node.name] = node.layer.output_shape(*(shapes[name] for name in node.inputs))
        del shapes[INPUT]
        return shapes

    def at(self, height: int, width: int) -> Network:
        """The network for inputs of that size alone, in which every pad is a number."""
        shapes = {INPUT: (height, width, self.channels)} | self.shapes(height, width)
        nodes = (
            Node(node.name, node.layer.at(shapes[node.inputs[0]]), node.inputs)
            for node in self.nodes
        )
        return replace(self, input_shape=shapes[INPUT], nodes=tuple(nodes))

    def parameters(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """{layer: {parameter: shape}} of the layers that have parameters."""
        shapes = {INPUT: self.input_shape} | self.shapes()
        found = {node.name: node.layer.parameters(shapes[node.inputs[0]]) for node in self.nodes}
        return {name: shape for name, shape in found.items() if shape}

    @cached_property
    def vectors(self) -> frozenset[str]:
        """The layers whose output has no height and width: [n, c]."""
        found: set[str] = set()
        for node in self.nodes:
            if found.issuperset(node.inputs) if node.layer.vector is None else node.layer.vector:
                found.add(node.name)
        return frozenset(found)

    def residuals(self) -> dict[str, Residual]:
        """The residual blocks by their outputs, in order: sums of two maps of one shape, with their activation if there is one.

        The shortcut is the input with fewer layers on its way from the image.
        """
        shapes = {INPUT: self.input_shape} | self.shapes()
        activated = {
            node.inputs[0]: node.name for node in self.nodes if isinstance(node.layer, Activation)
        }
        depth, found = {INPUT: 0}, {}
        for node in self.nodes:
            depth[node.name] = 1 + max(depth[name] for name in node.inputs)
            if (
                isinstance(node.layer, Add)
                and len(node.inputs) == 2
                and len({shapes[name] for name in node.inputs}) == 1
            ):
                shortcut, branch = sorted(node.inputs, key=depth.__getitem__)
                output = activated.get(node.name, node.name)
                found[output] = Residual(output, node.name, shortcut, branch)
        return found

    def input_shapes(self, target: str, height: int, width: int) -> dict[str, Shape]:
        """shapes() with the INPUT's own, for what the target needs; raises UserError where that size does not do."""
        shapes = {INPUT: (height, width, self.channels)} | self.shapes(height, width)
        h, w, _ = self.input_shape
        parameters = self.parameters()
        for node in self.up_to(target):
            if min(shapes[node.name]) < 1:
                raise UserError(
                    f"an image of {height} x {width} is too small for {self.name}'s {target}: nothing is left "
                    f"of it at {node.name}; {h} x {w} is the size of its training"
                )
            if node.layer.parameters(shapes[node.inputs[0]]) != parameters.get(node.name, {}):
                raise UserError(
                    f"{self.name}'s {target} takes images of {h} x {w} only, which the weights of {node.name} "
                    f"fix: this one is {height} x {width}; layers before {node.name} take any size"
                )
        return shapes

    def require(self, target: str, found: Mapping[str, Mapping[str, tuple[int, ...]]]) -> None:
        """Raises UserError with all that the target needs and these parameter shapes, by layer, lack or have otherwise."""
        needed = self.parameters()
        wrong = [
            mismatch
            for node in self.up_to(target)
            if node.name in needed
            for mismatch in mismatches(node.name, needed[node.name], found.get(node.name, {}))
        ]
        if wrong:
            raise UserError(
                f"the weights do not hold what {self.name}'s {target} needs: {'; '.join(wrong)}"
            )

    def route(self, target: str, start: Spans, shapes: Mapping[str, Shape]) -> dict[str, Spans]:
        """For each node down to INPUT the spans that a signal started at the target covers on its map.

        A span as large as its map is the whole map from there on. For a network whose pads are numbers: see at().
        """
        spans = {target: within(start, shapes[target])}
        for node in reversed(self.up_to(target)):
            for name in node.inputs:
                landing = within(node.layer.through(spans[node.name], shapes[name]), shapes[name])
                if name in spans:
                    a, b = map(meet, landing, spans[name], shapes[name])
                    landing = within((a, b), shapes[name])
                spans[name] = landing
        return spans

    def receptive_fields(self, shapes: Mapping[str, Shape]) -> dict[str, Spans]:
        """What a unit of each layer sees of the input, row and column, borders ignored: may be larger than any image.

        Stride 0 where all units see the same. shapes: those of all maps, INPUT's too; the network as for route().
        """
        fields = {INPUT: UNIT}
        for node in self.nodes:
            seen = []
            for name in node.inputs:
                (a, b), (below_a, below_b) = node.layer.through(UNIT, shapes[name]), fields[name]
                seen.append((a.seen_through(below_a), b.seen_through(below_b)))
            fields[node.name] = seen[0]
            for pair in seen[1:]:
                a, b = map(meet, fields[node.name], pair, shapes[INPUT])
                fields[node.name] = a, b
        return fields


def mismatches(
    layer: str, needed: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
) -> list[str]:
    """What differs between the parameters a layer needs and those found, each as a clause of an error."""
    wrong = [
        f"{layer}/{name} is {list(found[name])}, needs {list(shape)}"
        if name in found
        else f"{layer}/{name} {list(shape)} is missing"
        for name, shape in needed.items()
        if found.get(name) != shape
    ]
    return wrong + [
        f"{layer}/{name} {list(shape)} is one too many"
        for name, shape in found.items()
        if name not in needed
    ]


class Builder:
    """Adds layers one after the other: each reads the one before unless it names its inputs."""

    def __init__(self, name: str, input_shape: Shape, variant: str = ""):
        self.name, self.input_shape, self.variant = name, input_shape, variant
        self.nodes: list[Node] = []
        self.folded: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.last = INPUT

    def add(self, name: str, layer: Layer, *inputs: str) -> str:
        """Adds a node and returns its name."""
        self.nodes.append(Node(name, layer, inputs or (self.last,)))
        self.last = name
        return name

    def network(self) -> Network:
        return Network(
            self.name,
            self.input_shape,
            tuple(self.nodes),
            self.folded,
            self.aliases,
            variant=self.variant,
        )
