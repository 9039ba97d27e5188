"""The layers a network is made of, as frozen specs: parameters, output shape, span. No tensors.

Shapes are (height, width, channels); a vector is a map of 1 x 1. This is the catalogue of all
layers; each stands in the room of its kind.
"""

from __future__ import annotations

from .activations import (
    ACTIVATIONS,
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
from .merges import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from .norms import LRN, Affine, BatchNorm, GroupNorm, LayerNorm, RMSNorm, UnitNorm
from .pools import AvgPool, GlobalAvgPool, GlobalMaxPool, GlobalPool, MaxPool
from .reshapes import Flatten, Identity, UpSample, ZeroPad
from .sampling import FITS, INTERPOLATIONS, Channels, Resize

__all__ = [
    "ACTIVATIONS",
    "CONSTANTS",
    "FITS",
    "GLU",
    "INTERPOLATIONS",
    "LRN",
    "RELU",
    "SMOOTH",
    "Activation",
    "Add",
    "Affine",
    "Average",
    "AvgPool",
    "BatchNorm",
    "Channels",
    "Concatenate",
    "Conv",
    "ConvTranspose",
    "Dense",
    "DepthwiseConv",
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
    "Softmax",
    "Subtract",
    "UnitNorm",
    "UpSample",
    "ZeroPad",
]
