"""For which sizes of image the layers hold that were worked out for one.

A file that leaves the size of its images open works out sizes of maps from it, by operations on
shapes. Here they are numbers, or factors, for the size that is assumed. So the graph is read again
for other sizes, and a layer that comes out otherwise holds only where it was found to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...errors import UserError
from ...network.base import Layer, Node, Shape
from ...network.layers import Resize
from ...network.spans import Pair
from .builder import NodeBuilder
from .image import DEFAULT_SIDE, image_of
from .operation import Graph, GraphInput
from .translator import Translator

# rows and columns that are added to see whether a layer holds for any size ...
ANY: tuple[Pair, ...] = ((1, 2), (3, 5))
# ... and for steps of so many: networks halve maps five times, which have whole cells more then
STEP = 32
STEPPED: tuple[Pair, ...] = ((STEP, 2 * STEP), (3 * STEP, STEP))

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
    others = builders_at(graph, image, ANY)
    for name in nodes:
        own = own_resize(name, builder, others)
        if own is not None:
            nodes[name] = replace(nodes[name], layer=own)
    wrong = nodes_that_differ(nodes, others)
    if not wrong:
        return nodes, {}
    wrong_at_steps = nodes_that_differ(nodes, builders_at(graph, image, STEPPED))
    return nodes, {name: 0 if name in wrong_at_steps else STEP for name in wrong}


def builders_at(
    graph: Graph, image: GraphInput, differences: Sequence[Pair]
) -> list[NodeBuilder | None]:
    """The graph's nodes for images of other sizes; None where it has none for such."""
    builders: list[NodeBuilder | None] = []
    for rows, columns in differences:
        try:
            size = DEFAULT_SIDE + rows, DEFAULT_SIDE + columns
            translator = Translator(graph, image, image_of(graph, image, size)[0])
            translator.run()
            builders.append(translator.builder)
        except UserError:
            builders.append(None)
    return builders


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


def nodes_that_differ(nodes: Nodes, others: Sequence[NodeBuilder | None]) -> set[str]:
    """Nodes that are others at another size, without those that depend on such."""
    wrong: set[str] = set()
    behind: set[str] = set()
    for node in nodes.values():
        if behind.intersection(node.inputs):
            behind.add(node.name)
        elif not all(is_same(node, other) for other in others):
            behind.add(node.name)
            wrong.add(node.name)
    return wrong


def is_same(node: Node, other: NodeBuilder | None) -> bool:
    """Whether a node is what the graph has at another size."""
    there = other.nodes.get(node.name) if other else None
    if there is None or other is None or there.inputs != node.inputs:
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
