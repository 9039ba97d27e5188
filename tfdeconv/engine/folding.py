"""The same network with fewer layers: batch norms and zero pads inside their neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import tensorflow as tf

from ..network.base import Layer
from ..network.graph import Node
from ..network.layers import (
    Activation,
    Add,
    AvgPool,
    BatchNorm,
    Concatenate,
    Conv,
    DepthwiseConv,
    Flatten,
    GlobalPool,
    Identity,
    MaxPool,
    Multiply,
    Softmax,
    ZeroPad,
)
from .ops import normalization

Tensors = Mapping[str, Mapping[str, tf.Tensor]]  # by layer and parameter
KEEPS_SIGN = (Identity, ZeroPad, MaxPool, AvgPool, Flatten, GlobalPool, Add, Multiply, Concatenate)


def fold(
    nodes: Sequence[Node], weights: Tensors, kept: Sequence[str] = ()
) -> tuple[list[Node], dict[str, Mapping[str, tf.Tensor]]]:
    """Folds what nothing else reads into the layer before or behind it; exact up to rounding, both ways.

    kept: layers whose own maps are wanted, and which stay as they are therefore.

    A batch norm goes into the convolution before it, the scale into the kernel, the shift into the bias: the convolution takes
    the name of the batch norm, which computes the same values as before. A pad goes into the convolution or max pool behind it.
    A pool pads with -inf: the same values where nothing below 0 comes in, and no switch points outside the map, where its
    signal would vanish.
    """
    users = Counter([*kept, *(name for node in nodes for name in node.inputs)])
    folded: dict[str, Node] = {}
    parameters: dict[str, Mapping[str, tf.Tensor]] = {}
    positive: set[str] = set()  # maps without a value below 0
    for node in nodes:
        p, before = weights.get(node.name, {}), folded.get(node.inputs[0])
        if before and users[before.name] == 1:
            layer, inner = node.layer, before.layer
            if (
                isinstance(layer, BatchNorm)
                and isinstance(inner, Conv | DepthwiseConv)
                and not inner.activation
            ):
                p = scaled(
                    inner, parameters[before.name], *normalization.batch_norm_scale(layer, p)
                )
                node = Node(node.name, replace(inner, bias=True), before.inputs)
            elif isinstance(inner, ZeroPad) and takes_pad(
                layer, inner, before.inputs[0] in positive
            ):
                assert isinstance(layer, Conv | DepthwiseConv | MaxPool)
                a, b = ((x + u, y + v) for (x, y), (u, v) in zip(inner.pad, layer.window.pad))
                node = Node(node.name, replace(layer, pad=(a, b)), before.inputs)
            if node.inputs == before.inputs:
                del folded[before.name], parameters[before.name]
        folded[node.name], parameters[node.name] = node, p
        if (
            never_negative(node.layer)
            or isinstance(node.layer, KEEPS_SIGN)
            and positive.issuperset(node.inputs)
        ):
            positive.add(node.name)
    return list(folded.values()), parameters


def scaled(
    layer: Conv | DepthwiseConv, p: Mapping[str, tf.Tensor], scale: tf.Tensor, shift: tf.Tensor
) -> dict[str, tf.Tensor]:
    """A convolution's parameters with a scale and a shift of its output in them."""
    by_output = (
        tf.reshape(scale, p["kernel"].shape[2:]) if isinstance(layer, DepthwiseConv) else scale
    )
    return {
        "kernel": p["kernel"] * by_output,
        "bias": shift + (p["bias"] * scale if "bias" in p else 0),
    }


def never_negative(layer: Layer) -> bool:
    """Whether nothing below 0 leaves a layer, whatever goes in."""
    activation = layer if isinstance(layer, Activation) else getattr(layer, "activation", None)
    return isinstance(layer, Softmax) or (
        activation is not None
        and activation.kind in ("relu", "sigmoid", "hard_sigmoid")
        and not activation.slope
    )


def takes_pad(layer: Layer, before: ZeroPad, positive: bool) -> bool:
    """Whether a zero pad before this layer can become its own; positive: nothing below 0 comes in."""
    if (
        not isinstance(layer, Conv | DepthwiseConv | MaxPool)
        or layer.pad == "same"
        or min(map(min, before.pad)) < 0
    ):
        return False
    return not isinstance(layer, MaxPool) or (
        positive and all(max(ends) < size for ends, size in zip(before.pad, layer.window.size))
    )
