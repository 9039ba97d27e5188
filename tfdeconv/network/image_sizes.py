"""Which sizes of image suit a layer: its maps are there, fit it, and are those of its weights."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UserError
from .base import INPUT, Node, ParameterShapes, Shape, times


def require_fit(
    target: str,
    node: Node,
    shapes: Mapping[str, Shape],
    usual: Shape,
    parameters: ParameterShapes,
    step: int,
) -> None:
    """Raises UserError if images of a size do not suit a node that a target needs.

    target: whose it is, in words. shapes: of all maps for that size, INPUT's too. usual: the input
    whose size the node's parameters are for. step: see Network.steps; 1 where it takes any.
    """
    height, width, _ = shapes[INPUT]
    h, w, _ = usual
    if min(shapes[node.name]) < 1:
        raise UserError(
            f"an image of {height} x {width} is too small for {target}: "
            f"the map of {node.name} would be empty; {h} x {w} is the training size"
        )
    input_shapes = [shapes[each] for each in node.inputs]
    if reason := node.layer.misfit(*input_shapes):
        raise UserError(
            f"an image of {height} x {width} does not fit {target}, whose "
            f"{node.name} would read maps of {' and of '.join(map(times, input_shapes))}: "
            f"{reason}; {h} x {w} is the training size"
        )
    if node.layer.parameters(input_shapes[0]) != parameters:
        raise UserError(
            f"{target} takes images of {h} x {w} only, the size that the "
            f"weights of {node.name} are for; found {height} x {width}; "
            f"layers before {node.name} take any size"
        )
    if not is_step(height - h, step) or not is_step(width - w, step):
        others = f", or of multiples of {step} more or less" if step else ""
        raise UserError(
            f"{target} takes images of {h} x {w} only{others}, for which the "
            f"file works out the map of {node.name}; found {height} x {width}; "
            f"layers before {node.name} take any size"
        )


def is_step(difference: int, step: int) -> bool:
    return not difference or bool(step and difference % step == 0)
