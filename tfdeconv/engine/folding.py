"""The same network with fewer layers: batch norms and zero pads inside their neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import tensorflow as tf

from ..network.base import Layer
from ..network.graph import Node
from ..network.layers import (
    Activation,
    Add,
    Average,
    AvgPool,
    BatchNorm,
    BorderPad,
    Channels,
    Concatenate,
    Conv,
    DepthToSpace,
    DepthwiseConv,
    Flatten,
    GlobalPool,
    Identity,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    Resize,
    ShuffleChannels,
    Softmax,
    SpaceToDepth,
    ZeroPad,
)
from .ops.normalization import batch_norm_scale
from .types import Parameters, Tensors

# nothing below 0 leaves these where nothing below 0 comes in
KEEPS_SIGN = (
    Identity,
    Resize,
    Channels,
    ShuffleChannels,
    DepthToSpace,
    SpaceToDepth,
    ZeroPad,
    BorderPad,
    MaxPool,
    AvgPool,
    Flatten,
    GlobalPool,
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Concatenate,
)


# A batch norm behind a convolution is a scale and a shift of each of its channels:
#
#     (kernel * x + bias) scale + shift = (kernel scale) * x + (bias scale + shift).
#
# So it goes into the convolution, which takes the name of the batch norm: it computes the same
# values as that did. Backward the signal meets kernel scale, as it would one after the other.
#
# Zeros around a map that a convolution reads are a convolution's own pad. A max pool's own pad is
# -inf, not 0. Forward that is the same where nothing below 0 comes in (and each window holds a cell
# of the map, so that no maximum is -inf). Backward it is better: in a window of nothing but zeros
# the first of the tie would be a zero of the pad, outside the map, where its signal would vanish.


def fold(
    nodes: Sequence[Node], weights: Tensors, exposed: Sequence[str] = ()
) -> tuple[list[Node], dict[str, Parameters]]:
    """Folds what nothing else reads into the layer before or behind it; exact up to rounding.

    exposed: layers whose outputs are needed and must not be folded away.
    Returns the nodes that remain, and their parameters.
    """
    uses = Counter(exposed)
    for node in nodes:
        uses.update(node.inputs)
    folded: dict[str, Node] = {}
    parameters: dict[str, Parameters] = {}
    positive: set[str] = set()  # maps without a value below 0
    for node in nodes:
        layer, p = by_channel(node.layer, weights.get(node.name, {}))
        node = replace(node, layer=layer)
        before = folded.get(node.inputs[0])
        if before is not None and uses[before.name] == 1:
            pair = fold_norm(before.layer, parameters[before.name], node.layer, p)
            if pair is None:
                pair = fold_pad(before.layer, node.layer, p, before.inputs[0] in positive)
            if pair is not None:
                layer, p = pair
                node = Node(node.name, layer, before.inputs)
                del folded[before.name], parameters[before.name]
        folded[node.name] = node
        parameters[node.name] = p
        if (
            positive.issuperset(node.inputs)
            and keeps_sign(node.layer)
            or never_negative(node.layer)
        ):
            positive.add(node.name)
    return list(folded.values()), parameters


def by_channel(layer: Layer, p: Parameters) -> tuple[Layer, Parameters]:
    """A convolution of as many groups as channels as the depthwise one that it is.

    Groups are an operation each, and ConvNeXt has thousands.
    """
    if not isinstance(layer, Conv) or layer.groups == 1 or p["kernel"].shape[2] > 1:
        return layer, p
    multiplier = layer.filters // layer.groups
    depthwise = DepthwiseConv(
        size=layer.size,
        stride=layer.stride,
        pad=layer.pad,
        multiplier=multiplier,
        dilation=layer.dilation,
        bias=layer.bias,
        activation=layer.activation,
    )
    kernel = tf.reshape(p["kernel"], (*layer.taps, layer.groups, multiplier))
    return depthwise, {**p, "kernel": kernel}


def fold_norm(
    layer: Layer, p: Parameters, behind: Layer, behind_p: Parameters
) -> tuple[Layer, Parameters] | None:
    """A convolution and its parameters with the batch norm behind it in them.

    None where they are no such pair, or an activation stands between.
    """
    if not isinstance(behind, BatchNorm) or not isinstance(layer, Conv | DepthwiseConv):
        return None
    if layer.activation is not None:
        return None
    scale, shift = batch_norm_scale(behind, behind_p)
    kernel_scale = scale
    if isinstance(layer, DepthwiseConv):
        # its kernel is [kh, kw, c, m], its output has c * m channels
        kernel_scale = tf.reshape(scale, p["kernel"].shape[2:])
    bias = p["bias"] * scale if "bias" in p else 0
    return replace(layer, bias=True), {"kernel": p["kernel"] * kernel_scale, "bias": shift + bias}


def fold_pad(
    before: Layer, layer: Layer, p: Parameters, positive: bool
) -> tuple[Layer, Parameters] | None:
    """A convolution or max pool with the zero pad before it as its own, and its parameters.

    positive: nothing below 0 comes in. None where they are no such pair, or would not be the same.
    """
    if not isinstance(before, ZeroPad) or not isinstance(layer, Conv | DepthwiseConv | MaxPool):
        return None
    crops = min(min(ends) for ends in before.pad) < 0
    if isinstance(layer.pad, str) or crops:
        return None
    if isinstance(layer, MaxPool):
        # whether every window holds a cell of the map
        fits = all(max(ends) < size for ends, size in zip(before.pad, layer.window.size))
        if not (positive and fits):
            return None
    pads = []
    for (first, last), (top, bottom) in zip(before.pad, layer.window.pad):
        pads.append((first + top, last + bottom))
    return replace(layer, pad=(pads[0], pads[1])), p


def keeps_sign(layer: Layer) -> bool:
    """Whether nothing below 0 leaves a layer where nothing below 0 comes in."""
    if isinstance(layer, Resize) and layer.interpolation == "bicubic":
        return False
    return isinstance(layer, KEEPS_SIGN)


def never_negative(layer: Layer) -> bool:
    """Whether nothing below 0 leaves a layer, whatever goes in."""
    if isinstance(layer, Softmax):
        return True
    activation = layer if isinstance(layer, Activation) else getattr(layer, "activation", None)
    return activation is not None and activation.never_negative
