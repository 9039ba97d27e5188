"""What would take more memory, or longer, than can be meant: refused from shapes alone.

Needs no TensorFlow, so that commands can know before they import it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

from ..errors import UserError
from ..limits import MAX_GRAPH_LAYERS, MAX_WORK
from ..memory import refuse_beyond_memory
from ..network import receptive_field
from ..network.base import Node, times
from ..network.cost import Cost, backward_cost, forward_cost
from ..network.graph import INPUT, Network
from ..network.spans import UNIT, Spans, whole
from ..network.strips import Segment, forward_values, segments
from .cropping import crop
from .device import refuse_beyond_device

if TYPE_CHECKING:
    from .types import ShapesByLayer

FLOAT32 = 4  # bytes
# of an image's forward pass all at a time: where it takes more, it goes by strips of rows
LARGE_BYTES = 1 << 30
SMALLER_OR_EARLIER = "scale it down, or ask for an earlier layer"


def refuse_costly_forward(
    network: Network, targets: Sequence[str], size: tuple[int, int], images: int
) -> None:
    """Raises UserError for what a scan should not begin: so many images of this size at a time."""
    shapes, nodes = cropped_nodes(network, targets, size)
    refuse_long(network, nodes, shapes, forward_cost(nodes, shapes, traced=False))
    refuse_large_images(nodes, shapes, FLOAT32, images)


def refuse_costly(
    network: Network, target: str, size: tuple[int, int], mode: str, masked: bool = True
) -> None:
    """Raises UserError for what a command should not begin: an image of this height and width.

    mode: "max" or "all", of a projection. masked: whether its rule masks.
    """
    shapes, nodes = cropped_nodes(network, [target], size)
    refuse_long(network, nodes, shapes, forward_cost(nodes, shapes, traced=True))
    refuse_large_image(nodes, shapes, FLOAT32, masked, by_strips=True)
    start = UNIT if mode == "max" else whole(shapes[nodes[-1].name])
    route = receptive_field.route(nodes, start, shapes)
    refuse_long(network, nodes, shapes, backward_cost(nodes, shapes, route))
    if mode == "max" or not segments_of_large(nodes, shapes, FLOAT32, masked):
        refuse_large_signals(nodes, shapes, route, FLOAT32)


def cropped_nodes(
    network: Network, targets: Sequence[str], size: tuple[int, int]
) -> tuple[ShapesByLayer, list[Node]]:
    """The shapes of all maps for images of this size, and the nodes that the targets need.

    Raises UserError where the size does not suit the last target.
    """
    shapes = network.input_shapes(network.node(targets[-1]).name, *size)
    needed = network.at(*size).up_to(*targets)
    nodes, _ = crop(needed, {node.name: {} for node in needed}, shapes)
    return shapes, nodes


def refuse_long(network: Network, nodes: Sequence[Node], shapes: ShapesByLayer, cost: Cost) -> None:
    """Raises UserError where a pass has more layers or work than is begun."""
    target = nodes[-1].name
    if len(nodes) > MAX_GRAPH_LAYERS:
        raise UserError(
            f"{network.name}'s {target} depends on {len(nodes):,} layers, expected "
            f"at most {MAX_GRAPH_LAYERS:,}: ask for an earlier layer"
        )
    if cost.work > MAX_WORK:
        height, width, _channels = shapes[INPUT]
        raise UserError(
            f"{network.name}'s {target} would take {cost.work:.1e} multiply-adds for an image of "
            f"{height} x {width}, expected at most {MAX_WORK:.0e}: scale it down, or ask for an "
            f"earlier layer"
        )


def segments_of_large(
    nodes: Sequence[Node], shapes: ShapesByLayer, item_size: int, masked: bool
) -> list[Segment]:
    """The segments that are computed by strips; none of an image whose maps all fit.

    nodes: every pad of which is a number; shapes: of all maps; item_size: bytes of a value.
    """
    cost = forward_cost(nodes, shapes, traced=True, masked=masked, unrolled=True)
    if cost.values * item_size <= LARGE_BYTES:
        return []
    return segments(nodes, shapes)


def refuse_large_images(
    nodes: Sequence[Node], shapes: ShapesByLayer, item_size: int, images: int
) -> None:
    """Raises UserError where so many images do not fit, that go forward without strips and traces.

    nodes: every pad of which is a number; shapes: of all maps; item_size: bytes of a value.
    """
    cost = forward_cost(nodes, shapes, traced=False)
    what = f"{images} images of {times(shapes[INPUT][:2])} to {nodes[-1].name} (at {cost.layer})"
    remedy = "scan fewer at a time (--batch)"
    if images == 1:
        what = forward_pass_of(nodes, shapes, cost)
        remedy = SMALLER_OR_EARLIER
    refuse_beyond_device(cost.values * item_size * images, what, remedy)


def refuse_large_image(
    nodes: Sequence[Node], shapes: ShapesByLayer, item_size: int, masked: bool, by_strips: bool
) -> None:
    """Raises UserError where the forward pass of one image, with its traces, does not fit.

    masked: whether signs are kept for the way back; by_strips: whether it goes by strips if it is
    large.
    """
    cost = forward_cost(nodes, shapes, traced=True, masked=masked)
    values = cost.values
    parts = segments_of_large(nodes, shapes, item_size, masked) if by_strips else []
    if parts:
        values = forward_values(nodes, shapes, parts, masked)
    refuse_beyond_device(
        values * item_size, forward_pass_of(nodes, shapes, cost), SMALLER_OR_EARLIER
    )


def forward_pass_of(nodes: Sequence[Node], shapes: ShapesByLayer, cost: Cost) -> str:
    """What an image's forward pass is called in messages."""
    size = times(shapes[INPUT][:2])
    return f"the forward pass of an image of {size} to {nodes[-1].name} (at {cost.layer})"


def refuse_large_signals(
    nodes: Sequence[Node], shapes: ShapesByLayer, route: Mapping[str, Spans], item_size: int
) -> None:
    """Raises UserError where one signal does not fit on its way back."""
    cost = backward_cost(nodes, shapes, route)
    refuse_beyond_device(
        cost.values * item_size,
        f"a signal from {nodes[-1].name} back to the pixels (at {cost.layer})",
        "scale the image down, or ask for an earlier layer",
    )


def refuse_many_patches(
    count: int, route: Mapping[str, Spans], channels: int, item_size: int
) -> None:
    """Raises UserError where so many patches of the input, of so many channels, do not fit."""
    cells = prod(span.size for span in route[INPUT]) * channels
    refuse_beyond_memory(
        count * cells * item_size,
        f"{count} projections",
        "ask for fewer channels or images at a time",
    )
