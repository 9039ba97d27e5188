"""For which sizes of image the layers hold that were worked out for one.

A file that leaves the size of its images open works out sizes of maps from it, by operations on
shapes. Here they are numbers, or factors, for the size that is assumed. So the graph is read again
for other sizes, and a layer that comes out otherwise holds only where it was found to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...errors import UserError
from ...network.base import INPUT, Layer, Node, Shape
from ...network.layers import Resize
from ...network.spans import Pair
from .builder import NodeBuilder
from .image import image_of
from .operation import Graph, GraphInput
from .translator import Translator

# Steps of rows and columns for which layers are tried, from any on: networks halve maps up to five
# times, and by 32 cells more each map has whole cells more.
STEPS = (1, 2, 4, 8, 16, 32)
# how many steps are added to the rows and to the columns
DIFFERENCES: tuple[Pair, ...] = ((1, 2), (3, 5))

Nodes = dict[str, Node]


def fitting_nodes(
    graph: Graph, image: GraphInput, builder: NodeBuilder
) -> tuple[Nodes, dict[str, int]]:
    """The nodes of a graph, and those of them that hold for some sizes only.

    {node: an image may have so many rows and columns more or less than was assumed, or a multiple
    of that; 0: none}. What the file resizes to a size of its own is resized to that, by no factor.
    """
    nodes = dict(builder.nodes)
    if None not in image.shape[1:]:
        return nodes, {}
    steps: dict[str, int] = {}
    for step in STEPS:
        others = builders_at(graph, image, builder.shapes[INPUT], step)
        if step == STEPS[0]:
            nodes = with_own_sizes(nodes, builder, others)
        different, hidden = nodes_that_differ(nodes, others)
        for name, found in steps.items():
            if not found and name not in different | hidden:
                steps[name] = step
        steps |= dict.fromkeys(different, 0)
        if not different and not hidden:
            break
    return nodes, steps


def builders_at(
    graph: Graph, image: GraphInput, usual: Shape, step: int
) -> list[NodeBuilder | None]:
    """The graph's nodes for images of other sizes; None where it has none for such."""
    builders: list[NodeBuilder | None] = []
    for rows, columns in DIFFERENCES:
        try:
            size = usual[0] + rows * step, usual[1] + columns * step
            translator = Translator(graph, image, image_of(graph, image, size)[0])
            translator.run()
            builders.append(translator.builder)
        except UserError:
            builders.append(None)
    return builders


def with_own_sizes(
    nodes: Nodes, builder: NodeBuilder, others: Sequence[NodeBuilder | None]
) -> Nodes:
    """The nodes, with the sizes that the file resizes to whatever an image's is."""
    sized = dict(nodes)
    for name, node in nodes.items():
        layer = own_resize(name, builder, others)
        if layer is not None:
            sized[name] = replace(node, layer=layer)
    return sized


def own_resize(
    name: str, builder: NodeBuilder, others: Sequence[NodeBuilder | None]
) -> Layer | None:
    """What resizes a map to the same size for each size of image; None where nothing does."""
    size: Shape = builder.shapes[name]
    found: Layer | None = None
    for other in others:
        node = other.nodes.get(name) if other else None
        if node is None or not isinstance(node.layer, Resize):
            return None
        if (node.layer.height, node.layer.width) != size[:2]:
            return None
        found = node.layer
    return found


def nodes_that_differ(
    nodes: Nodes, others: Sequence[NodeBuilder | None]
) -> tuple[set[str], set[str]]:
    """Nodes that are others at another size, and those that cannot be seen there.

    Those depend on such, or on what does not fit its inputs there, which is seen by itself.
    """
    different: set[str] = set()
    hidden: set[str] = set()
    for node in nodes.values():
        if not different.isdisjoint(node.inputs) or not hidden.isdisjoint(node.inputs):
            hidden.add(node.name)
        elif any(is_misfit(node, other) for other in others):
            hidden.add(node.name)
        elif not all(is_same(node, other) for other in others):
            different.add(node.name)
    return different, hidden


def is_misfit(node: Node, other: NodeBuilder | None) -> bool:
    """Whether a node has no place at another size."""
    if other is None or node.name in other.nodes:
        return False
    if not other.shapes.keys() >= set(node.inputs):
        return False
    shapes = [other.shapes[name] for name in node.inputs]
    return bool(node.layer.misfit(*shapes)) or min(node.layer.output_shape(*shapes)) < 1


def is_same(node: Node, other: NodeBuilder | None) -> bool:
    """Whether a node is what the graph has at another size."""
    there = other.nodes.get(node.name) if other else None
    if other is None or there is None:
        return False
    if there.inputs != node.inputs:
        return False
    shape = other.shapes[node.inputs[0]]
    if node.layer.at(shape) == there.layer.at(shape):
        return True
    if not isinstance(node.layer, Resize) or not isinstance(there.layer, Resize):
        return False
    # a whole factor is the size that it comes to
    whole = all(float(factor).is_integer() for factor in node.layer.factors or ())
    sized = replace(there.layer, height=None, width=None, factor=node.layer.factor)
    return (
        whole
        and sized == node.layer
        and node.layer.output_shape(shape)[:2] == there.layer.output_shape(shape)[:2]
    )
