"""The kinds of operations of the intermediate graph, each with its attributes.

A framework's table turns each of its operators into one of these, or several. Every attribute is
said in the framework's own axes: what axis of a tensor is a map's rows, columns or channels is
worked out in one place (axes.py), for all frameworks. Inputs are named in the order in which an
operation has them; [ ] marks those that may be left out, as "". A value that an operation takes as
a tensor may be a constant of the graph or worked out from constants and shapes: a Reshape's target,
a Slice's ends.
"""

from .base import Kind, Unknown
from .constants import Cast, Choice, Computation, ShapeOf
from .linear import Convolution, Linear, MatrixProduct, TransposedConvolution
from .norms import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    LocalResponse,
    RmsNormalization,
    Scaling,
    Standardization,
    UnitNormalization,
)
from .places import (
    BatchToSpace,
    DepthToSpace,
    Expand,
    Flattened,
    MovedAxis,
    Padding,
    Reshape,
    Resizing,
    Slice,
    SpaceToBatch,
    SpaceToDepth,
    Squeeze,
    Take,
    Tile,
    Transpose,
    Unsqueeze,
)
from .values import AlongChannels, Elementwise, Function, Idle, Joined, LearnedSlope, Power, Split
from .windows import AdaptiveMean, ChannelMean, Pooling, Reduction

__all__ = [
    "AdaptiveMean",
    "AlongChannels",
    "BatchNormalization",
    "BatchToSpace",
    "Cast",
    "ChannelMean",
    "Choice",
    "Computation",
    "Convolution",
    "DepthToSpace",
    "Elementwise",
    "Expand",
    "Flattened",
    "Function",
    "GroupNormalization",
    "Idle",
    "Joined",
    "Kind",
    "LayerNormalization",
    "LearnedSlope",
    "Linear",
    "LocalResponse",
    "MatrixProduct",
    "MovedAxis",
    "Padding",
    "Pooling",
    "Power",
    "Reduction",
    "Reshape",
    "Resizing",
    "RmsNormalization",
    "Scaling",
    "ShapeOf",
    "Slice",
    "SpaceToBatch",
    "SpaceToDepth",
    "Split",
    "Standardization",
    "Squeeze",
    "Take",
    "Tile",
    "Transpose",
    "TransposedConvolution",
    "UnitNormalization",
    "Unknown",
    "Unsqueeze",
]
