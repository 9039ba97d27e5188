"""Transposed convolutions, and the size of what they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ....network.layers import ConvTranspose
from ....network.spans import Pads, Pair
from .. import kinds
from ..call import Call
from ..feature_map import FeatureMap
from ..not_understood import NotUnderstood
from .linear import in_order, kernel_sizes, with_bias

# the order of kernels here
TRANSPOSED = "hwoi"


def transposed_convolution(call: Call) -> FeatureMap:
    kind: kinds.TransposedConvolution = call.kind
    x = call.as_map(call.map(), kind.channel_axis)
    kernel = call.constant(1)
    sizes = kernel_sizes(kind, kernel, x.channels)
    filters = sizes["o"] * kind.groups
    if sizes["i"] != x.channels:
        raise NotUnderstood(f"its kernel is for {sizes['i']} channels, its input has {x.channels}")
    size = sizes["h"], sizes["w"]
    parameters = {"kernel": in_order(kernel, kind.kernel, TRANSPOSED)}
    bias = with_bias(call, parameters, count=filters)
    kind = with_output_size(call, kind, x, filters, size)
    pad = pads_of_transpose(kind, size, x.shape[:2])
    layer = ConvTranspose(
        filters, size, kind.stride, pad, bias, kind.activation, kind.groups, kind.dilation
    )
    return call.add_map(layer, x, kind.channel_axis, parameters)


def with_output_size(
    call: Call, kind: kinds.TransposedConvolution, x: FeatureMap, filters: int, size: Pair
) -> kinds.TransposedConvolution:
    """The operation with the size that an input asks for.

    A size that goes with the input's holds for any: the stride times as many cells, or as many as
    the windows reach.
    """
    asked = call.integers(3)
    if asked is None:
        return kind
    channel_axis = kind.channel_axis % 4
    if len(asked) != 4 or asked[channel_axis] != filters:
        raise NotUnderstood(f"its output size is {list(asked)[:8]}, and it has {filters} channels")
    rows, columns = (asked[axis] for axis in range(1, 4) if axis != channel_axis)
    times = tuple(extent * stride for extent, stride in zip(x.shape, kind.stride))
    if (rows, columns) == times and not any(map(any, kind.pad)):
        return replace(kind, same=True)
    if (rows, columns) == reached(kind, size, x.shape):
        return kind
    return replace(kind, output_size=(rows, columns))


def reached(
    kind: kinds.TransposedConvolution, size: Pair, extents: Sequence[int]
) -> tuple[int, ...]:
    """How many cells the windows reach, less the pads."""
    cells = []
    for axis in (0, 1):
        window = (size[axis] - 1) * kind.dilation[axis] + 1
        cells.append((extents[axis] - 1) * kind.stride[axis] + window - sum(kind.pad[axis]))
    return tuple(cells)


def pads_of_transpose(
    kind: kinds.TransposedConvolution, size: Pair, extents: Sequence[int]
) -> Pads:
    """What is taken off on each side; cells that are added behind count as less."""
    pads = []
    for axis in (0, 1):
        stride = kind.stride[axis]
        reach = (size[axis] - 1) * kind.dilation[axis] + 1
        before, after = kind.pad[axis]
        total = None
        if kind.output_size is not None:
            total = (extents[axis] - 1) * stride + reach - kind.output_size[axis]
        elif kind.same:
            total = reach - stride
        if total is not None:
            before = max(total, 0) // 2
            if kind.odd_before:
                before = max(total, 0) - before
            after = total - before
        pads.append((before, after - kind.output_pad[axis]))
    return pads[0], pads[1]
