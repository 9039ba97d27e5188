"""Which of a graph's inputs takes the images, and what is assumed of their size."""

from __future__ import annotations

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_CHANNELS, MAX_EXTENT
from ...network.base import INPUT
from ...network.consistency import refuse_large_input
from ...network.spans import Pair
from .axes import BATCH, axis_of
from .feature_map import FeatureMap, vector_axes
from .operation import Graph, GraphInput

# height and width of an input that leaves them open
DEFAULT_SIDE = 224
# inputs that an error names
SHOWN = 8


def image_input(graph: Graph) -> GraphInput:
    """The input that takes images: of several the first whose shape is an image's."""
    given = given_inputs(graph)
    if not given:
        raise UserError("the model has no input")
    for each in given:
        if len(each.shape) == 4:
            return each
    return given[0]


def given_inputs(graph: Graph) -> list[GraphInput]:
    """Inputs that are no constants: before ONNX's version 4 weights are inputs, too."""
    return [each for each in graph.inputs if each.name not in graph.constants]


def which_input(graph: Graph, image: GraphInput) -> str:
    """Which of several inputs images go to, in words."""
    names = ", ".join(each.name for each in given_inputs(graph)[:SHOWN])
    return f"the model has several inputs, {names}; images go to {image.name} alone"


def image_of(
    graph: Graph, image: GraphInput, assumed: Pair | None = None
) -> tuple[FeatureMap, tuple[str, ...]]:
    """The image as a map, of a size that is assumed where it is open, and words about that."""
    shape = image.shape
    if len(shape) == 2 and shape[1] is not None and 1 <= shape[1] <= MAX_CHANNELS:
        return vector_of(image, shape[1])
    if len(shape) != 4:
        raise UserError(
            f"the model's input {image.name} has the shape {shown(list(shape))}, expected images: "
            f"[n, channels, height, width] or [n, height, width, channels]"
        )
    channel_axis = graph.channel_axis
    if channel_axis is None:
        channel_axis = 3 if shape[3] in (1, 3, 4) and shape[1] not in (1, 3, 4) else 1
    channel_axis %= 4
    channels = shape[channel_axis]
    if channels is None:
        raise UserError(
            f"the model's input {image.name} has the shape {shown(list(shape))}, "
            f"which leaves the channels open"
        )
    extents = [shape[number] for number in range(1, 4) if number != channel_axis]
    if not 1 <= channels <= MAX_CHANNELS or any(
        extent is not None and not 1 <= extent <= MAX_EXTENT for extent in extents
    ):
        raise UserError(
            f"the model's input {image.name} has the shape {shown(list(shape))}, expected at most "
            f"{MAX_EXTENT:,} rows and columns"
        )
    usual = assumed or image.usual or (DEFAULT_SIDE, DEFAULT_SIDE)
    height, width = (extent or side for extent, side in zip(extents, usual))
    notes: tuple[str, ...] = ()
    if len(given_inputs(graph)) > 1:
        notes = (f"assumed: {which_input(graph, image)}",)
    if None in extents:
        size = f"{height} x {width}"
        notes = (*notes, f"the model leaves the size of its input open: {size} is assumed")
    refuse_large_input("the model", (height, width, channels))
    batch = shape[0] or 1
    if not 1 <= batch <= MAX_EXTENT:
        raise UserError(
            f"the model takes {batch:,} images at a time, expected at most {MAX_EXTENT:,}"
        )
    image_map = FeatureMap(INPUT, (height, width, channels), (), batch=batch)
    if axis_of(BATCH, batch) and len(graph.inputs) > 1:
        notes = (*notes, f"the model takes {batch} images at a time: each is read by itself")
    return image_map.with_axes(image_map.canonical_axes(channel_axis)), notes


def vector_of(image: GraphInput, channels: int) -> tuple[FeatureMap, tuple[str, ...]]:
    """What a generator makes an image of: a map of one cell."""
    batch = image.shape[0] or 1
    if not 1 <= batch <= MAX_EXTENT:
        raise UserError(
            f"the model takes {batch:,} vectors at a time, expected at most {MAX_EXTENT:,}"
        )
    axes = vector_axes(batch, channels)
    vector = FeatureMap(INPUT, (1, 1, channels), axes, single_cell=True, batch=batch)
    return vector, (f"it takes vectors of {channels:,} values, which go in as images of one pixel",)
