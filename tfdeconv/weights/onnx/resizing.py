"""Maps at other sizes."""

from __future__ import annotations

from typing import Literal

from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Operation
from .kernels import CHANNEL_AXIS
from .node import Node

Interpolation = Literal["nearest", "bilinear", "bicubic"]
INTERPOLATIONS: dict[str, Interpolation] = {
    "nearest": "nearest",
    "linear": "bilinear",
    "bilinear": "bilinear",
    "cubic": "bicubic",
}
COORDINATES = ("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners")
# rows and columns
CELLS = (2, 3), (-2, -1)


def interpolation_of(node: Node) -> Interpolation:
    mode = node.word("mode", "nearest")
    if mode not in INTERPOLATIONS:
        raise NotUnderstood(f"its mode is {mode[:40]}, which is not understood")
    return INTERPOLATIONS[mode]


def upsample(node: Node) -> Operation:
    """By factors, an attribute or an input: the first cell stays where it is."""
    scales = node.numbers("scales")
    if scales is not None and (len(scales) != 4 or scales[:2] != (1, 1)):
        raise NotUnderstood(f"its scales are {list(scales)[:8]}, which are not understood")
    kind = kinds.Resizing(
        CHANNEL_AXIS,
        interpolation_of(node),
        "asymmetric",
        "floor",
        scales=scales and (scales[2], scales[3]),
    )
    return node.operation_of(kind, [node.input(0), "", node.input(1)])


def resize(node: Node) -> Operation:
    """By factors or to a size, which inputs say."""
    if node.version < 11:
        return upsample(node)
    node.require("antialias", 0)
    node.require("keep_aspect_ratio_policy", "stretch")
    # of what lies beyond a part that is cut out, which no coordinates here do
    node.skip("extrapolation_value")
    axes = node.wholes("axes")
    if axes is not None and axes not in CELLS:
        raise NotUnderstood(f"its axes are {list(axes)[:8]}, which are not understood")
    coordinates = node.word("coordinate_transformation_mode", "half_pixel")
    rounding = node.word("nearest_mode", "round_prefer_floor")
    if coordinates == "tf_half_pixel_for_nn" and rounding == "floor":
        # half a cell further, and rounded down
        coordinates, rounding = "half_pixel", "round_prefer_ceil"
    if coordinates not in COORDINATES:
        raise NotUnderstood(
            f"its coordinate_transformation_mode is {coordinates[:40]}, which is not understood"
        )
    kind = kinds.Resizing(
        CHANNEL_AXIS,
        interpolation_of(node),
        coordinates,
        rounding,
        cubic=node.number("cubic_coeff_a", -0.75),
        exclude_outside=node.flag("exclude_outside"),
    )
    return node.operation_of(kind, [node.input(0), node.input(3), node.input(2)])
