"""Networks small enough to check, with random weights."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfdeconv.engine.forward_pass import ForwardPass
from tfdeconv.network.base import Merge
from tfdeconv.network.graph import Builder, Network
from tfdeconv.network.layers import (
    GLU,
    LRN,
    RELU,
    Activation,
    Add,
    Affine,
    Average,
    AvgPool,
    BatchNorm,
    BorderPad,
    Channels,
    Concatenate,
    Conv,
    ConvTranspose,
    Dense,
    DepthToSpace,
    DepthwiseConv,
    Divide,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    GroupNorm,
    Identity,
    LayerNorm,
    LogSoftmax,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    PReLU,
    Resize,
    RMSNorm,
    ShuffleChannels,
    Softmax,
    SpaceToDepth,
    Subtract,
    UnitNorm,
    ZeroPad,
)

# The one table of examples of layers: at least one of every class, each window of another kind.
# Every test of a property runs over it (adjoint, windows, replica, derivative, planted errors).
EXAMPLES = {
    "conv 3x3": Conv(5, 3, pad=1),
    "conv 1x1 stride 2": Conv(5, 1, stride=2),
    "conv 5x5 stride 2, rectified": Conv(4, 5, stride=2, pad=((1, 2), (2, 0)), activation=RELU),
    "conv 7x7 stride 4": Conv(3, 7, stride=4, pad=3),
    "conv 2x3 stride 3x1, 2 groups": Conv(4, (2, 3), stride=(3, 1), groups=2),
    "conv 3x3 without bias": Conv(5, 3, bias=False),
    "conv 3x3 dilated": Conv(5, 3, pad=2, dilation=2),
    "conv 2x3 dilated 3x1": Conv(4, (2, 3), pad=((1, 2), (0, 1)), dilation=(3, 1), activation=RELU),
    "conv 3x2 stride 2x3, dilated 3x2": Conv(4, (3, 2), (2, 3), ((1, 2), (0, 1)), 2, (3, 2)),
    "conv 4x3 stride 2, same": Conv(4, (4, 3), stride=2, pad="same"),
    "depthwise 3x3": DepthwiseConv(3, pad=1, activation=RELU),
    "depthwise 5x4 stride 2, same": DepthwiseConv((5, 4), stride=2, pad="same", bias=False),
    "depthwise 3x3 dilated, 2 a channel": DepthwiseConv(3, pad=2, dilation=2, multiplier=2),
    "depthwise 2x2 stride 3, 3 a channel": DepthwiseConv(2, stride=3, pad=1, multiplier=3),
    "depthwise 3x2 stride 1x2": DepthwiseConv((3, 2), stride=(1, 2), pad=1),
    "depthwise 3x3 stride 2, dilated": DepthwiseConv(3, 2, pad=2, dilation=(2, 3), multiplier=2),
    "transposed 3x3 stride 2": ConvTranspose(4, 3, 2, ((0, 1), (1, 0)), activation=RELU),
    "transposed 4x3 stride 2x3, read at stride 6": ConvTranspose(3, (4, 3), (2, 3), bias=False),
    "transposed 2x2 stride 3x4, 2 groups": ConvTranspose(
        6, 2, (3, 4), ((1, -2), (-1, 0)), groups=2, activation=RELU
    ),
    "transposed 3x3 stride 2, dilated, read at stride 6": ConvTranspose(
        4, 3, 2, ((3, 1), (0, -1)), bias=False, dilation=(3, 2)
    ),
    "transposed 4x4 stride 2 of each channel": ConvTranspose(4, 4, 2, ((1, 1), (1, 1)), groups=4),
    "transposed 2x2 of each pair, dilated": ConvTranspose(2, 2, 1, groups=2, dilation=2),
    "relu6": Activation(ceiling=0.5),
    "leaky relu": Activation(slope=0.3),
    "leaky relu with a ceiling": Activation(slope=0.2, ceiling=0.7),
    "relu with a threshold": Activation(slope=0.2, ceiling=0.7, threshold=0.3),
    # the others' functions: test_functions
    **{kind: Activation(kind) for kind in ("relu", "sigmoid", "silu", "selu")},
    "clip": Activation("clip", floor=-0.5, ceiling=0.7),
    "prelu": PReLU(),
    "prelu by cell": PReLU(by_row=True, by_column=True),
    "glu": GLU(),
    "softmax": Softmax(),
    "log softmax": LogSoftmax(),
    "pool 2x2": MaxPool(2, 2),
    "pool 3x3 stride 2, padded": MaxPool(3, 2, pad=1),
    "pool 3x3 stride 2": MaxPool(3, 2),
    "pool 2x3 stride 1x2": MaxPool((2, 3), (1, 2), pad=((0, 1), (1, 1))),
    "pool 2x2 stride 3": MaxPool(2, 3),
    "pool 3x2 stride 2, dilated, padded": MaxPool((3, 2), 2, pad=((2, 1), (0, 1)), dilation=(2, 3)),
    "pool 3x3 stride 2, ceil": MaxPool(3, (2, 3), pad=((1, 1), (0, 0)), ceil=True),
    "average 2x2": AvgPool(2, 2),
    "average 3x3 stride 1, same": AvgPool(3, 1, pad="same"),
    "average 3x4 stride 2x3, padded": AvgPool((3, 4), (2, 3), pad=((1, 2), (3, 0))),
    "average 2x2 stride 3": AvgPool(2, 3),
    "average 3x2 stride 2, pads counted": AvgPool((3, 2), 2, ((2, 1), (1, 1)), count_pads=True),
    "average 3x5 stride 2x4, ceil": AvgPool((3, 5), (2, 4), ceil=True),
    "average 4x3 stride 3, pads counted, ceil": AvgPool((4, 3), 3, 1, count_pads=True, ceil=True),
    "batch norm": BatchNorm(1e-3),
    "batch norm without gamma": BatchNorm(1e-3, scale=False),
    "affine": Affine(),
    "affine by cell": Affine(by_row=True, by_column=True),
    "scaled rows": Affine(by_row=True, by_channel=False, shift=False),
    "shifted cells": Affine(by_row=True, by_column=True, scale=False),
    "identity": Identity(),
    "up 2x1": Resize(factor=(2, 1), interpolation="nearest"),
    "up 2x3, read at stride 6": Resize(factor=(2, 3), interpolation="nearest"),
    "bilinear up 2x3, read at stride 6": Resize(factor=(2, 3)),
    "nearest up 2x3, rounded up, read at stride 6": Resize(
        factor=(2, 3), interpolation="nearest", coordinates="asymmetric", rounding="ceil"
    ),
    "bicubic up 3x2, read at stride 6": Resize(
        factor=(3, 2), interpolation="bicubic", coordinates="pytorch_half_pixel"
    ),
    "depth to space, read at stride 6": DepthToSpace(2),
    "space to depth": SpaceToDepth(2, "crd"),
    "shuffled channels": ShuffleChannels(2),
    "zero pad": ZeroPad(((1, 2), (0, 3))),
    "crop": ZeroPad(((-1, -2), (-3, 0))),
    "reflected": BorderPad(((2, 1), (0, 3))),
    "mirrored with its edge": BorderPad(((1, 0), (2, 2)), "symmetric"),
    "edges repeated": BorderPad(((3, 1), (2, 0)), "edge"),
    "channels backwards": Channels(3, 2, -2),
    # the other fits: test_sampling
    "resize": Resize(6, 20, fit="fill"),
    "lrn": LRN(5, 1.0, 0.2, 0.75),
    "lrn, an even window": LRN(2, 1.0, 0.2, 0.75, before=0),
    "layer norm": LayerNorm(0.1),
    "group norm": GroupNorm(2, 0.1),
    "group norm by cell": GroupNorm(4, 0.1, by_cell=True),
    "rms norm": RMSNorm(0.1),
    "unit norm": UnitNorm(),
    "add": Add(),
    "average": Average(),
    "subtract": Subtract(),
    "maximum": Maximum(),
    "minimum of a cell": Minimum(),
    "multiply": Multiply(),
    "divide": Divide(),
    "concatenate": Concatenate(),
    "gate": Multiply(),
    "shift": Add(),
    "dense": Dense(6),
    "dense without bias": Dense(6, bias=False, activation=RELU),
    "flatten": Flatten(),
    "flatten, channels first": Flatten(channels_first=True),
    "global average pool": GlobalAvgPool(),
    "global average pool, kept": GlobalAvgPool(keep=True),
    "global max pool": GlobalMaxPool(),
}
# of which the replica takes a derivative by differences
DIFFERENTIATED = {
    *("sigmoid", "silu", "selu", "clip", "glu", "log softmax", "gate", "shift"),
    *("layer norm", "group norm", "group norm by cell", "rms norm", "unit norm"),
    *("minimum of a cell", "divide"),
}


def example(name: str, height: int = 13, width: int = 11, channels: int = 4) -> Network:
    """A network around one example layer.

    A convolution before it, so that a signal goes on below, and where it can be one behind it.
    """
    layer = EXAMPLES[name]
    net = Builder(name, (height, width, channels))
    # no rectifier before an activation, which is to see values below 0 as well; nor behind an
    # average, whose single cell it could drop
    before = None if isinstance(layer, Activation | PReLU | GLU | UnitNorm) else RELU
    behind = None if isinstance(layer, GlobalAvgPool) else RELU
    net.add("before", Conv(4, 3, pad=1, activation=before))
    inputs = ["before"]
    if isinstance(layer, Dense):
        inputs = [net.add("flat", Flatten())]
    elif name in ("gate", "shift", "minimum of a cell"):  # as Hu et al. 2018 weight channels
        net.add("squeezed", GlobalAvgPool(keep=True))
        inputs.append(net.add("excited", Dense(4, activation=Activation("sigmoid"))))
    elif isinstance(layer, Merge | Concatenate):
        # a divisor is not near 0
        positive = Activation("sigmoid") if isinstance(layer, Divide) else None
        inputs.append(net.add("before2", Conv(4, 5, pad=2, activation=positive), "before"))
    elif isinstance(layer, SpaceToDepth):
        inputs = [net.add("even", ZeroPad(((0, -1), (0, -1))))]
    net.add("layer", layer, *inputs)
    if "layer" not in net.network().vectors:
        # the spans of what moves by whole windows of the layer are smaller than the map
        stride = 6 if "at stride 6" in name else 1
        net.add("behind", Conv(3, 3, stride, pad=1, activation=behind))
    return net.network()


def random_weights(
    network: Network, rng, target: str | None = None, dtype=np.float64
) -> dict[str, dict[str, tf.Tensor]]:
    """Weights that keep signals of about the same size, with biases and statistics that matter."""
    needed = {node.name for node in network.up_to(target or network.nodes[-1].name)}
    weights = {}
    for layer, shapes in network.parameters().items():
        if layer not in needed:
            continue
        p = {}
        for name, shape in shapes.items():
            values = rng.standard_normal(shape, np.float32)
            if name == "kernel":
                values *= np.sqrt(2 / np.prod(shape[:-1]))
            elif name == "variance":
                values = 0.5 + rng.random(shape)
            elif name in ("gamma", "scale"):
                # a residual branch adds little, or the sum would explode
                size = 0.3 if layer.endswith("_3_bn") else 1
                values = size * (0.5 + rng.random(shape))
            else:
                values *= 0.2
            p[name] = tf.constant(values, dtype)
        weights[layer] = p
    return weights


def arrays(forward_pass: ForwardPass) -> dict[str, np.ndarray]:
    """A forward pass's maps [n, h, w, c] by layer."""
    return {layer: forward_pass.map_of(layer) for layer in forward_pass.maps}
