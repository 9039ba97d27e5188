"""What would take more memory than there is, from shapes alone."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from ..memory import refuse_beyond_memory
from ..network.graph import INPUT, Network
from ..network.spans import Spans
from .types import ShapesByLayer


def refuse_large_images(network: Network, shapes: ShapesByLayer, item_size: int) -> None:
    """Raises UserError where the largest layer of one image does not fit, with its inputs.

    shapes: of all maps; item_size: bytes of a value.
    """
    largest = 0
    for node in network.nodes:
        cells = sum(prod(shapes[name]) for name in (node.name, *node.inputs))
        largest = max(largest, cells)
    height, width, _channels = shapes[INPUT]
    refuse_beyond_memory(
        largest * item_size,
        f"the forward pass of an image of {height} x {width} to {network.nodes[-1].name}",
        "scale it down",
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
