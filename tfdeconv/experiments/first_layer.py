"""The kernels of a network's first convolution, as filters of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..data.preprocessing import Preprocessing
from ..errors import UserError
from ..network.base import Node
from ..network.graph import Network
from ..network.layers import (
    Activation,
    Affine,
    BatchNorm,
    BorderPad,
    Channels,
    Conv,
    DepthwiseConv,
    Identity,
    Resize,
    ZeroPad,
)

# what a pixel's value passes through as it is
UNCHANGED = (Identity, ZeroPad, BorderPad, Resize)
# of the median of the kernels' root mean squares: one with less has next to no weights
LEAST_RMS = 0.01
BRIGHTEST = 255.0
IMAGE_CHANNELS = (1, 3)  # of images whose values are known to be from 0 to BRIGHTEST


@dataclass(frozen=True)
class FirstLayer:
    """A first convolution, and the batch norm behind it if there is one, as one filter of pixels.

    kernels: [n, h, w, c], what the output gains where a pixel's value is 1 of 255 higher; colours
    are in the order rgb; a dilated kernel has zeros between its weights.
    bias: [n], the output for an image of zeros.
    greatest: [n], what no output for an image of values from 0 to 255 exceeds, and the largest
    one where no zeros around it and no channel that is read twice count; None where the range of
    values is not known.
    threshold: what the output has to exceed to pass the rectifier; None: no rectifier is behind it.
    """

    layer: str
    kernels: np.ndarray
    bias: np.ndarray
    greatest: np.ndarray | None
    threshold: float | None
    stride: tuple[int, int]
    norm: str = ""  # the batch norm that is in the kernels
    resized: str = ""  # a layer that scales the image before

    @cached_property
    def rms(self) -> np.ndarray:
        """Root mean square of each kernel's weights: [n]."""
        return np.sqrt(np.square(self.kernels).mean((1, 2, 3)))

    @cached_property
    def relative_rms(self) -> np.ndarray:
        """The same over their median: [n]; all of them 1 where that is 0."""
        median = float(np.median(self.rms))
        if not median:
            return np.where(self.rms > 0, np.inf, 0.0)
        return self.rms / median

    @property
    def weightless(self) -> np.ndarray:
        """Which kernels have next to no weights: [n]."""
        return self.relative_rms < LEAST_RMS

    @property
    def silent(self) -> np.ndarray:
        """Which kernels no image makes fire: [n]; none where that is not known."""
        if self.greatest is None or self.threshold is None:
            return np.zeros(len(self.kernels), bool)
        return self.greatest <= self.threshold

    def oversized(self, radius: float) -> np.ndarray:
        """Which kernels are larger than so many times the median: [n]."""
        return self.relative_rms > radius


def first_convolution(network: Network) -> Node:
    """The first layer with kernels that move over a map; raises UserError where there is none."""
    for node in network.nodes:
        if isinstance(node.layer, Conv | DepthwiseConv):
            return node
    raise UserError(f"{network.name} has no convolution, of whose kernels filters could be drawn")


def first_layer(
    network: Network, weights: Mapping[str, Mapping[str, Any]], preprocessing: Preprocessing
) -> FirstLayer:
    """The first convolution's kernels; weights: at least of it and the batch norm behind it.

    Raises UserError where the network has none, or one that reads no pixels but something else
    that was computed of them.
    """
    node = first_convolution(network)
    sized = network.at(*network.input_shape[:2]).node(node.name)
    assert isinstance(sized.layer, Conv | DepthwiseConv)
    scale, shift, source, resized = from_pixels(network, node, weights, preprocessing)
    kernels = all_channels(sized.layer, np.asarray(weights[node.name]["kernel"], np.float64))
    bias = np.zeros(len(kernels))
    if "bias" in weights[node.name]:
        bias = np.asarray(weights[node.name]["bias"], np.float64)
    behind = only_reader(network, node)
    norm = ""
    if sized.layer.activation is None and behind and isinstance(behind.layer, BatchNorm):
        norm_scale, norm_shift = norm_of(behind.layer, weights[behind.name])
        kernels = kernels * norm_scale[:, None, None, None]
        bias = bias * norm_scale + norm_shift
        norm = behind.name
        behind = only_reader(network, behind)
    activation = sized.layer.activation
    if activation is None and behind and isinstance(behind.layer, Activation):
        activation = behind.layer

    greatest = None
    if network.channels in IMAGE_CHANNELS:
        ends = np.stack([shift, shift + BRIGHTEST * scale])
        if sized.layer.reaches_outside or any_pad(network, node):
            ends = np.concatenate([ends, np.zeros((1, len(scale)))])
        high = np.maximum(kernels * ends.max(0), kernels * ends.min(0))
        greatest = bias + high.sum((1, 2, 3))
    bias = bias + (kernels * shift).sum((1, 2, 3))
    pixel_kernels = np.zeros((*kernels.shape[:3], network.channels))
    for channel, pixel_channel in enumerate(source):
        pixel_kernels[..., pixel_channel] += kernels[..., channel] * scale[channel]
    window = sized.layer.window
    return FirstLayer(
        layer=node.name,
        kernels=preprocessing.reorder(spread(pixel_kernels, window.dilation)),
        bias=bias,
        greatest=greatest,
        threshold=threshold_of(activation),
        stride=window.stride,
        norm=norm,
        resized=resized,
    )


def from_pixels(
    network: Network,
    node: Node,
    weights: Mapping[str, Mapping[str, Any]],
    preprocessing: Preprocessing,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """How the channels that a layer reads come of pixels: pixels[source] * scale + shift.

    source: channels in the network's own order. And the layer that resizes, or "".
    """
    channels = network.channels
    scale = 1 / np.array(preprocessing.scale or (1.0,) * channels)
    shift = -np.array(preprocessing.mean or (0.0,) * channels) * scale
    source = np.arange(channels)
    resized = ""
    for before in network.up_to(node.name)[:-1]:
        layer = before.layer
        p = weights.get(before.name, {})
        if isinstance(layer, BatchNorm):
            factor, summand = norm_of(layer, p)
        elif isinstance(layer, Affine) and not layer.by_cell:
            factor, summand = np.asarray(p.get("scale", 1.0)), np.asarray(p.get("shift", 0.0))
        elif isinstance(layer, Channels):
            picked = list(layer.indices)
            scale, shift, source = scale[picked], shift[picked], source[picked]
            continue
        elif isinstance(layer, UNCHANGED):
            if isinstance(layer, Resize):
                resized = before.name
            continue
        else:
            raise UserError(
                f"{network.name}: the first convolution, {node.name}, reads {before.name}, which "
                f"is a {type(layer).__name__}: its kernels are not filters of pixels"
            )
        scale, shift = scale * factor, shift * factor + summand
    return scale, shift, source, resized


def all_channels(layer: Conv | DepthwiseConv, kernel: np.ndarray) -> np.ndarray:
    """Kernels [n, h, w, c] over all channels of the input: of a group's others they have zeros."""
    height, width, own, last = kernel.shape
    if isinstance(layer, DepthwiseConv):
        kernels = np.zeros((own, last, height, width, own))
        for channel in range(own):
            kernels[channel, ..., channel] = kernel[:, :, channel].transpose(2, 0, 1)
        return kernels.reshape(own * last, height, width, own)
    kernels = np.zeros((last, height, width, own * layer.groups))
    count = last // layer.groups
    for group in range(layer.groups):
        members = slice(group * count, (group + 1) * count)
        part = kernel[..., members].transpose(3, 0, 1, 2)
        kernels[members, ..., group * own : (group + 1) * own] = part
    return kernels


def spread(kernels: np.ndarray, dilation: tuple[int, int]) -> np.ndarray:
    """Kernels [n, h, w, c] with the zeros between their weights that a dilation puts there."""
    down, across = dilation
    count, height, width, channels = kernels.shape
    size = ((height - 1) * down + 1, (width - 1) * across + 1)
    wide = np.zeros((count, *size, channels), kernels.dtype)
    wide[:, ::down, ::across] = kernels
    return wide


def norm_of(layer: BatchNorm, p: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The scale and the shift [c] of a batch norm."""
    arrays = {name: np.asarray(array, np.float64) for name, array in p.items()}
    scale = arrays.get("gamma", 1.0) / np.sqrt(arrays["variance"] + layer.epsilon)
    return scale, arrays.get("beta", 0.0) - arrays["mean"] * scale


def only_reader(network: Network, node: Node) -> Node | None:
    """The layer that reads a layer's output, if it is one alone."""
    readers = [each for each in network.nodes if node.name in each.inputs]
    return readers[0] if len(readers) == 1 else None


def any_pad(network: Network, node: Node) -> bool:
    """Whether zeros are put around the image before a layer reads it."""
    return any(isinstance(each.layer, ZeroPad) for each in network.up_to(node.name)[:-1])


def threshold_of(activation: Activation | None) -> float | None:
    """What a value has to exceed to pass an activation; None where others pass it as well."""
    if activation is None or activation.kind != "relu" or activation.slope:
        return None
    return activation.threshold


def layers_needed(network: Network) -> list[str]:
    """The layers whose weights first_layer() reads."""
    node = first_convolution(network)
    behind = only_reader(network, node)
    if behind and isinstance(behind.layer, BatchNorm):
        return [behind.name]
    return [node.name]
