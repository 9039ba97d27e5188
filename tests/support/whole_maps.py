"""Single units sent back on their windows, and on whole maps: the two must agree."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import tensorflow as tf

from tfdeconv.engine.deconvnet import Deconvnet
from tfdeconv.network.graph import INPUT
from tfdeconv.network.spans import UNIT, whole


def send_back(
    deconvnet: Deconvnet, x: np.ndarray, units: list[tuple[int, int, int, int]], windowed: bool
) -> np.ndarray:
    """Units (image, channel, row, column) sent back with value 1, pasted into whole images.

    windowed: on their windows; otherwise on whole maps.
    """
    x, shapes = deconvnet._checked_images(x)
    passes, target = deconvnet._passes, deconvnet.target
    height, width, _ = shapes[target]
    image, channel, row, column = np.array(units, np.int32).T
    if windowed:
        start = UNIT
        seeds = np.ones((len(units), 1, 1))
    else:
        start = whole((height, width))
        seeds = np.zeros((len(units), height, width))
        seeds[np.arange(len(units)), row, column] = 1
    route = passes.route(target, start, shapes)
    _, traces = passes.graphs.forward(shapes, traced=True)(tf.constant(x))
    items = map(tf.constant, (seeds.astype(x.dtype), image, channel, row, column))
    patches = passes.graphs.backward(shapes, route, traces, target)(traces, *items).numpy()
    rows, columns = route[INPUT]
    pasted = np.zeros((len(units), *shapes[INPUT]))
    for item, patch in enumerate(patches):
        top, left = rows.origin(row[item]), columns.origin(column[item])
        # the part of the patch that lies in the image
        inside = (
            slice(max(-top, 0), max(pasted.shape[1] - top, 0)),
            slice(max(-left, 0), max(pasted.shape[2] - left, 0)),
        )
        part = patch[inside]
        above, before = max(top, 0), max(left, 0)
        pasted[item, above : above + part.shape[0], before : before + part.shape[1]] = part
        patch[inside] = 0
        assert not patch.any(), "a value outside of the image"
    return pasted


def corners_and_borders(height: int, width: int, channels: int) -> list[tuple[int, int, int, int]]:
    """Units in all corners, on borders and inside, of two images and some channels."""
    positions = {
        (0, 0),
        (0, width - 1),
        (height - 1, 0),
        (height - 1, width - 1),
        (height // 2, 0),
        (0, width // 2),
        (height - 1, width // 2),
        (height // 2, width // 2),
        (height // 3, width * 2 // 3),
    }
    numbered = zip(range(9), cycle(sorted(positions)))
    return [(i % 2, i * 7 % channels, *position) for i, position in numbered]
