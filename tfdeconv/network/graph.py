"""A network: named layers in order, each with its inputs. Names and shapes, no tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from ..errors import UserError, unknown
from ..words import counted, extent
from . import receptive_field
from .base import INPUT, Layer, Node, ParameterShapes, Shape, mismatches
from .image_sizes import require_fit
from .layers import Activation, Add, PReLU
from .part import Part
from .spans import Spans


class Residual(NamedTuple):
    """The layers of a residual block (He et al. 2016)."""

    output: str  # the activation behind the sum, or the sum itself where there is none
    sum: str
    shortcut: str  # that of the sum's two inputs with fewer layers on its way from the image
    branch: str


@dataclass(frozen=True, repr=False)
class Network:
    """Nodes in an order in which each follows its inputs.

    input_shape is the one the network was trained on; a convolutional target takes any height
    and width. What other names, in files and elsewhere, come to:

    folded    {a layer of the file's: the layer it is part of here}  conv1_pad: conv1_conv
    aliases   {another name: the layer}                layer1.0: conv2_block1_out (torchvision)
    missing   {a layer of the file: why it is not available}
    part      how much of its file's model it is; None: all of it
    steps     {a layer: images for it may have so many rows and columns more or less than those of
              input_shape, or a multiple of that; 0: none}, where a file works out its maps' sizes
    probabilities {an output whose values are logits: what its file makes probabilities of them
              with, "softmax" or "sigmoid"}
    variant   which of the networks of one name, that differ in strides, biases or constants,
              this is: "torchvision"; "" where there is but one
    """

    name: str
    input_shape: Shape
    nodes: tuple[Node, ...]
    folded: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    variant: str = ""
    steps: Mapping[str, int] = field(default_factory=dict)
    probabilities: Mapping[str, str] = field(default_factory=dict)
    part: Part | None = None
    # what shapes() worked out, by the shape of the input
    _shapes: dict = field(default_factory=dict, init=False, compare=False)

    def __repr__(self) -> str:
        variant = f" {self.variant}" if self.variant else ""
        layers = counted(len(self.nodes), "layer")
        ends = f"{self.nodes[0].name} to {self.nodes[-1].name}"
        return f"Network({self.name}{variant}, {layers}: {ends}; input {extent(self.input_shape)})"

    @property
    def channels(self) -> int:
        """Channels of the input."""
        return self.input_shape[2]

    @property
    def classes(self) -> int:
        """Channels of the last layer."""
        return self.shapes()[self.nodes[-1].name][2]

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.nodes}

    def node(self, name: str) -> Node:
        """The node of that name; raises UserError with what to write instead."""
        by_name = self.by_name
        if name in by_name:
            return by_name[name]
        if self.aliases.get(name) in by_name:
            return by_name[self.aliases[name]]
        if name in self.missing:
            raise UserError(f"{self.name}'s layer {name!r} is not available: {self.missing[name]}")
        if name in self.folded:
            layer = self.folded[name]
            raise UserError(
                f"{self.name}'s layer {name!r} is part of {layer!r} here: ask for {layer!r}"
            )
        raise unknown(f"{self.name} has no layer", name, by_name)

    def channel(self, name: str, channel: int) -> int:
        """Checks that the layer has that channel, and returns it; channels count from 0."""
        count = self.shapes()[self.node(name).name][2]
        if not 0 <= channel < count:
            raise UserError(
                f"{self.name}'s layer {name} has {count} channels, 0 to {count - 1}: "
                f"there is no channel {channel}"
            )
        return channel

    def up_to(self, *targets: str) -> tuple[Node, ...]:
        """The nodes that the targets need, themselves included, in order."""
        needed = {self.node(target).name for target in targets}
        for node in reversed(self.nodes):
            if node.name in needed:
                needed.update(node.inputs)
        return tuple(node for node in self.nodes if node.name in needed)

    def shapes(self, height: int | None = None, width: int | None = None) -> dict[str, Shape]:
        """{layer: (h, w, c)} for an input of that size, the training's when left out.

        Vectors are (1, 1, c). A map that comes out empty has a height or width below 1.
        """
        h, w, c = self.input_shape
        image = (height or h, width or w, c)
        if image not in self._shapes:
            shapes: dict[str, Shape] = {INPUT: image}
            for node in self.nodes:
                shapes[node.name] = node.layer.output_shape(*(shapes[name] for name in node.inputs))
            self._shapes[image] = {node.name: shapes[node.name] for node in self.nodes}
        return dict(self._shapes[image])

    def at(self, height: int, width: int) -> Network:
        """The network for inputs of that size alone, in which every pad is a number."""
        shapes = {INPUT: (height, width, self.channels)} | self.shapes(height, width)
        nodes = []
        for node in self.nodes:
            nodes.append(replace(node, layer=node.layer.at(shapes[node.inputs[0]])))
        return replace(self, input_shape=shapes[INPUT], nodes=tuple(nodes))

    def parameters(self) -> dict[str, ParameterShapes]:
        """{layer: {parameter: shape}} of the layers that have parameters."""
        return dict(self.parameter_shapes)

    @cached_property
    def parameter_shapes(self) -> Mapping[str, ParameterShapes]:
        """The same, worked out once."""
        shapes = {INPUT: self.input_shape} | self.shapes()
        parameters: dict[str, ParameterShapes] = {}
        for node in self.nodes:
            if layer_parameters := node.layer.parameters(shapes[node.inputs[0]]):
                parameters[node.name] = layer_parameters
        return parameters

    @cached_property
    def vectors(self) -> frozenset[str]:
        """The layers whose output has no height and width: [n, c]."""
        vectors: set[str] = set()
        shapes = self.shapes()
        for node in self.nodes:
            is_vector = node.layer.vector
            if is_vector is None:
                # a generator makes a map of a vector
                one_cell = shapes[node.name][:2] == (1, 1)
                is_vector = one_cell and vectors.issuperset(node.inputs)
            if is_vector:
                vectors.add(node.name)
        return frozenset(vectors)

    def sum_outputs(self) -> dict[str, list[str]]:
        """{sum: its outputs}: the activations behind it, or the sum itself where there is none."""
        outputs: dict[str, list[str]] = {}
        for node in self.nodes:
            before = node.inputs[0]
            if isinstance(node.layer, Add):
                outputs[node.name] = []
            elif isinstance(node.layer, Activation | PReLU) and before in outputs:
                outputs[before].append(node.name)
        return {name: activations or [name] for name, activations in outputs.items()}

    def residuals(self) -> dict[str, Residual]:
        """The residual blocks by their outputs, in order: the sums of two maps of one shape."""
        shapes = {INPUT: self.input_shape} | self.shapes()
        outputs = self.sum_outputs()
        depth = {INPUT: 0}
        residuals: dict[str, Residual] = {}
        for node in self.nodes:
            depth[node.name] = 1 + max(depth[name] for name in node.inputs)
            if node.name not in outputs or len(node.inputs) != 2:
                continue
            shortcut, branch = sorted(node.inputs, key=depth.__getitem__)
            if shapes[shortcut] == shapes[branch]:
                output = outputs[node.name][-1]
                residuals[output] = Residual(output, node.name, shortcut, branch)
        return residuals

    def input_shapes(self, target: str, height: int, width: int) -> dict[str, Shape]:
        """shapes() and INPUT's own; raises UserError if that size does not suit the target."""
        shapes = {INPUT: (height, width, self.channels)} | self.shapes(height, width)
        words = f"{self.name}'s {target}"
        for node in self.up_to(target):
            parameters = self.parameter_shapes.get(node.name, {})
            step = self.steps.get(node.name, 1)
            require_fit(words, node, shapes, self.input_shape, parameters, step)
        return shapes

    def require(self, target: str, shapes: Mapping[str, Mapping[str, tuple[int, ...]]]) -> None:
        """Raises UserError with all parameters the target needs that lack or differ in `shapes`.

        shapes: {layer: {parameter: shape}} of the weights at hand.
        """
        needed = self.parameters()
        wrong: list[str] = []
        for node in self.up_to(target):
            if node.name in needed:
                wrong += mismatches(node.name, needed[node.name], shapes.get(node.name, {}))
        if wrong:
            raise UserError(
                f"the weights do not have what {self.name}'s {target} needs: {'; '.join(wrong)}"
            )

    def route(self, target: str, start: Spans, shapes: Mapping[str, Shape]) -> dict[str, Spans]:
        """Where a signal started at the target lands; every pad a number: see at()."""
        return receptive_field.route(self.up_to(target), start, shapes)

    def receptive_fields(self, shapes: Mapping[str, Shape]) -> dict[str, Spans]:
        """What a unit of each layer sees of the input; every pad a number: see at()."""
        return receptive_field.receptive_fields(self.nodes, shapes)


class Builder:
    """Adds layers one after the other: each reads the one before unless it names its inputs."""

    def __init__(self, name: str, input_shape: Shape, variant: str = ""):
        self.name = name
        self.input_shape = input_shape
        self.variant = variant
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
        """The network of the layers added so far."""
        nodes = tuple(self.nodes)
        return Network(
            self.name, self.input_shape, nodes, self.folded, self.aliases, variant=self.variant
        )
