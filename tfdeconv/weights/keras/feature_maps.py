"""What is known of the output of a layer, from what is known of its inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...errors import UserError
from ...formats.checked_json import shown
from ...limits import MAX_JOINED, MAX_MAP_VALUES
from ...network.layers import Concatenate
from .options import FeatureMap, NotUnderstood
from .parts import Part


def output_map(name: str, part: Part, maps: Sequence[FeatureMap]) -> FeatureMap:
    """What is known of the output of a part of a layer."""
    layer = part.layer
    shapes, vectors, single_cells, planes, first = zip(*maps)
    plane = all(planes) if part.plane is None else part.plane
    shape = layer.output_shape(*shapes)
    if min(shape) < 1:
        height, width, _ = shapes[0]
        raise NotUnderstood(f"its output for an input of {height} x {width} would be empty")
    most = MAX_JOINED if isinstance(layer, Concatenate) else MAX_MAP_VALUES
    if math.prod(shape) > MAX_MAP_VALUES or shape[2] > most:
        extents = " x ".join(map(shown, shape))
        raise UserError(
            f"layer {name}: its output of {extents} is too large, expected at most "
            f"{MAX_MAP_VALUES:,} cells in {most:,} channels"
        )
    if layer.vector is None:
        vector = all(vectors)
        single_cell = all(single_cells)
    else:
        # it squeezes or flattens the map, whatever its size
        vector = layer.vector
        single_cell = True
    channels_first = part.channels_first
    if channels_first is None:
        channels_first = any(first) and not vector
    return FeatureMap(shape, vector, single_cell and shape[:2] == (1, 1), plane, channels_first)
