"""Which sizes of image suit a layer: its maps are there, fit it, and are those of its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import UserError
from .base import INPUT, Node, Shape, times

if TYPE_CHECKING:
    from .graph import Network


def require_fit(network: Network, target: str, node: Node, shapes: Mapping[str, Shape]) -> None:
    """Raises UserError if images of the size in `shapes` do not suit a node of the target's.

    shapes: of all maps for that size, INPUT's too.
    """
    height, width, _ = shapes[INPUT]
    h, w, _ = network.input_shape
    if min(shapes[node.name]) < 1:
        raise UserError(
            f"an image of {height} x {width} is too small for {network.name}'s {target}: "
            f"the map of {node.name} would be empty; {h} x {w} is the training size"
        )
    input_shapes = [shapes[each] for each in node.inputs]
    if reason := node.layer.misfit(*input_shapes):
        raise UserError(
            f"an image of {height} x {width} does not fit {network.name}'s {target}, whose "
            f"{node.name} would read maps of {' and of '.join(map(times, input_shapes))}: "
            f"{reason}; {h} x {w} is the training size"
        )
    if node.layer.parameters(input_shapes[0]) != network.parameter_shapes.get(node.name, {}):
        raise UserError(
            f"{network.name}'s {target} takes images of {h} x {w} only, the size that the "
            f"weights of {node.name} are for; found {height} x {width}; "
            f"layers before {node.name} take any size"
        )
    if not is_step(network, node.name, height, width):
        step = network.steps[node.name]
        others = f", or of multiples of {step} more or less" if step else ""
        raise UserError(
            f"{network.name}'s {target} takes images of {h} x {w} only{others}, for which the "
            f"file works out the map of {node.name}; found {height} x {width}; "
            f"layers before {node.name} take any size"
        )


def is_step(network: Network, name: str, height: int, width: int) -> bool:
    """Whether a layer holds for images of that size: see Network.steps."""
    step = network.steps.get(name, 1)
    for extent, own in zip((height, width), network.input_shape):
        if extent != own and (not step or (extent - own) % step):
            return False
    return True
