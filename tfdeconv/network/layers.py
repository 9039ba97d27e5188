"""The layers a network is made of, as frozen specs: parameters, output shape, span. No tensors.

Shapes are (height, width, channels); a vector is a map of 1 x 1. This is the catalogue of all
layers; each stands in the room of its kind.
"""

from __future__ import annotations

from .activations import (
    ACTIVATIONS,
    ARITHMETIC,
    CONSTANTS,
    GLU,
    RELU,
    SMOOTH,
    Activation,
    LogSoftmax,
    PReLU,
    Softmax,
)
from .convolutions import Conv, ConvTranspose, Dense, DepthwiseConv
from .merges import Add, Average, Concatenate, Divide, Maximum, Minimum, Multiply, Subtract
from .norms import LRN, Affine, BatchNorm, GroupNorm, LayerNorm, RMSNorm, UnitNorm
from .pools import AvgPool, GlobalAvgPool, GlobalMaxPool, GlobalPool, MaxPool
from .reshapes import (
    ORDERS,
    BorderPad,
    Channels,
    DepthToSpace,
    Flatten,
    Identity,
    ShuffleChannels,
    SpaceToDepth,
    ZeroPad,
)
from .sampling import COORDINATES, FITS, INTERPOLATIONS, ROUNDINGS, Resize

__all__ = [
    "ACTIVATIONS",
    "ARITHMETIC",
    "CONSTANTS",
    "COORDINATES",
    "FITS",
    "GLU",
    "INTERPOLATIONS",
    "LRN",
    "ORDERS",
    "RELU",
    "ROUNDINGS",
    "SMOOTH",
    "Activation",
    "Add",
    "Affine",
    "Average",
    "AvgPool",
    "BatchNorm",
    "BorderPad",
    "Channels",
    "Concatenate",
    "Conv",
    "ConvTranspose",
    "Dense",
    "DepthToSpace",
    "DepthwiseConv",
    "Divide",
    "Flatten",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GlobalPool",
    "GroupNorm",
    "Identity",
    "LayerNorm",
    "LogSoftmax",
    "MaxPool",
    "Maximum",
    "Minimum",
    "Multiply",
    "PReLU",
    "RMSNorm",
    "Resize",
    "ShuffleChannels",
    "Softmax",
    "SpaceToDepth",
    "Subtract",
    "UnitNorm",
    "ZeroPad",
]
