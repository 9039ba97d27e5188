"""Which layers a unit's value can be computed through from its window alone.

The window is the route of receptive_field.py: of each map the cells that the unit depends on.
"""

from __future__ import annotations

from collections.abc import Sequence

from .base import Layer, Merge, Node
from .layers import (
    GLU,
    LRN,
    Activation,
    Affine,
    AvgPool,
    BatchNorm,
    Channels,
    Concatenate,
    Conv,
    Dense,
    DepthwiseConv,
    Identity,
    LayerNorm,
    LogSoftmax,
    MaxPool,
    PReLU,
    RMSNorm,
    ShuffleChannels,
    Softmax,
    UnitNorm,
    ZeroPad,
)

# layers of which each cell is made of the same cell, whatever its place in the map
BY_CELL = (
    *(Activation, Affine, BatchNorm, Channels, Concatenate, Dense, GLU, Identity, LayerNorm),
    *(LogSoftmax, LRN, Merge, PReLU, RMSNorm, ShuffleChannels, Softmax, UnitNorm),
)
# layers of which each cell is made of those in a window, with the same numbers for all windows
BY_WINDOW = (AvgPool, Conv, DepthwiseConv, MaxPool, ZeroPad)


def goes_by_window(layer: Layer) -> bool:
    """Whether some cells of a layer's inputs are enough for some cells of its output.

    So it is too where those are whole maps. layer: every pad of which is a number.
    """
    if isinstance(layer, AvgPool):
        # otherwise a mean is of fewer cells at the border
        return layer.window.pad == layer.counted
    # numbers of its own for each cell
    if isinstance(layer, Affine) and layer.by_cell:
        return False
    if isinstance(layer, PReLU) and (layer.by_row or layer.by_column):
        return False
    return layer.whole_map or isinstance(layer, (*BY_CELL, *BY_WINDOW))


def all_by_window(nodes: Sequence[Node]) -> bool:
    """Whether a unit of the last node can be computed from its windows of all maps."""
    return all(goes_by_window(node.layer) for node in nodes)
