"""Operations with a kernel or a matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ....network.layers import Conv, Dense, DepthwiseConv
from .. import kinds
from ..axes import BATCH
from ..call import Call
from ..feature_map import FeatureMap, vector_axes
from ..not_understood import NotUnderstood
from ..operation import Constant, Parameter
from .phases import phase_axes, phases

# the orders of kernels here
KERNEL, DEPTHWISE = "hwio", "hwcm"


def known_shape(constant: Constant) -> tuple[int, ...]:
    if constant.shape is None:
        raise NotUnderstood(f"the shape of {constant.name} is not known")
    return constant.shape


def kernel_sizes(
    kind: kinds.Convolution | kinds.TransposedConvolution, kernel: Constant, channels: int
) -> dict[str, int]:
    """{letter of an axis: how long it is}, for an input of so many channels."""
    if kernel.shape is None and kind.filters and kind.size:
        height, width = kind.size
        sizes = {"h": height, "w": width, "c": channels, "m": kind.filters, "o": kind.filters}
        sizes["i"] = channels
        if isinstance(kind, kinds.Convolution):
            sizes["i"] = channels // (kind.groups or 1)
        return {letter: sizes[letter] for letter in kind.kernel}
    shape = known_shape(kernel)
    if len(shape) != len(kind.kernel):
        raise NotUnderstood(f"its kernel has the shape {list(shape)}, expected four axes")
    return dict(zip(kind.kernel, shape))


def in_order(constant: Constant, order: str, wanted: str) -> Parameter:
    """A kernel with its axes in another order, each named by a letter."""
    if order == wanted:
        return Parameter((constant,))
    axes = [order.index(letter) for letter in wanted]
    shape = tuple(known_shape(constant)[axis] for axis in axes)
    return Parameter((constant,), lambda kernel: np.transpose(kernel, axes), shape)


def with_bias(
    call: Call, parameters: dict[str, Parameter], scale: float = 1.0, count: int | None = None
) -> bool:
    """Adds the bias that an operation has to the parameters; whether it has one."""
    bias = call.optional(2)
    if bias is None:
        return False
    is_plain = bias.shape is None or (len(bias.shape) == 1 and count in (None, *bias.shape))
    if scale == 1 and is_plain:
        parameters["bias"] = Parameter((bias,))
        return True
    shape = None
    if bias.shape is not None:
        values_count = int(np.prod(bias.shape))
        shape = (count or values_count,)
        if values_count not in (1, *shape):
            raise NotUnderstood(
                f"its bias has the shape {list(bias.shape)}, for {shape[0]} channels"
            )

    def make(values: np.ndarray) -> np.ndarray:
        flat = np.ravel(values) * scale
        return np.broadcast_to(flat, shape) if shape else flat

    parameters["bias"] = Parameter((bias,), make, shape)
    return True


def convolution(call: Call) -> FeatureMap:
    """On a map that was taken apart it is one with a dilation."""
    kind: kinds.Convolution = call.kind
    x = call.map()
    block = phases(x)
    if block is None:
        return convolution_of(call, kind, call.as_map(x, kind.channel_axis))
    plain = kind.stride == kind.dilation == (1, 1) and kind.pad == 0
    if not plain or kind.channel_axis % 4 != 3:
        raise NotUnderstood(
            "it has a stride, dilation or pad between SpaceToBatch and BatchToSpace"
        )
    y = convolution_of(call, replace(kind, dilation=block), x.with_axes(x.canonical_axes(3)))
    return y.with_axes(phase_axes(y, block))


def convolution_of(call: Call, kind: kinds.Convolution, x: FeatureMap) -> FeatureMap:
    kernel = call.constant(1)
    sizes = kernel_sizes(kind, kernel, x.channels)
    window: dict[str, Any] = {
        "size": (sizes["h"], sizes["w"]),
        "stride": kind.stride,
        "pad": kind.pad,
        "dilation": kind.dilation,
        "activation": kind.activation,
    }
    parameters: dict[str, Parameter] = {}
    if "m" in sizes:
        parameters["kernel"] = in_order(kernel, kind.kernel, DEPTHWISE)
        filters = sizes["c"] * sizes["m"]
        groups = sizes["c"]
    else:
        filters = sizes["o"]
        groups = x.channels // sizes["i"] if kind.groups is None else kind.groups
        if not groups or x.channels != sizes["i"] * groups or filters % groups:
            raise NotUnderstood(
                f"its kernel is for {sizes['i']} channels in each of {groups} groups, "
                f"and its input has {x.channels}"
            )
    bias = with_bias(call, parameters, count=filters)
    if "m" in sizes:
        layer = DepthwiseConv(multiplier=sizes["m"], bias=bias, **window)
        return call.add_map(layer, x, kind.channel_axis, parameters)
    parameters["kernel"] = in_order(kernel, kind.kernel, KERNEL)
    conv = Conv(filters, groups=groups, bias=bias, **window)
    return call.add_map(conv, x, kind.channel_axis, parameters)


def linear(call: Call) -> FeatureMap:
    """On each cell by itself it is a convolution of 1 x 1."""
    kind: kinds.Linear = call.kind
    x = call.map()
    if len(x.axes) == 2 and x.axes[0] == x.whole(BATCH):
        x = call.as_vector(x)
    else:
        # [n h w, c], too: all cells one below the other
        x = call.with_channels_at(x, len(x.axes) - 1)
    matrix = call.constant(1)
    count, units = matrix_sizes(kind, matrix, x.channels)
    parameter = in_order(matrix, kind.matrix, "io")
    if kind.scale != 1:
        make = parameter.make or (lambda values: values)
        parameter = Parameter((matrix,), lambda values: make(values) * kind.scale, (count, units))
    parameters = {"kernel": parameter}
    bias = with_bias(call, parameters, kind.bias_scale, units)
    if x.channels != count:
        raise NotUnderstood(f"its matrix is for {count} values, its input has {x.channels}")
    if x.single_cell:
        layer = Dense(units, bias, kind.activation)
        y = call.add(layer, x, parameters=parameters)
        if len(x.axes) == 2:
            return y.with_axes(vector_axes(y.batch, units))
        return y.with_axes((*x.axes[:-1], vector_axes(1, units)[1]))
    # the values are a kernel's of one cell
    if parameter.make is None:
        parameters["kernel"] = replace(parameter, leading_axes=2)
    else:
        parameters["kernel"] = replace(parameter, shape=(1, 1, count, units))
    conv = Conv(units, 1, bias=bias, activation=kind.activation)
    y = call.add(conv, x, parameters=parameters)
    return y.with_axes((*x.axes[:-1], vector_axes(1, units)[1]))


def matrix_sizes(kind: kinds.Linear, matrix: Constant, channels: int) -> tuple[int, int]:
    """How many values it takes and gives, of an input with so many."""
    if matrix.shape is None and kind.units:
        return channels, kind.units
    shape = known_shape(matrix)
    if len(shape) != 2:
        raise NotUnderstood(f"its matrix has the shape {list(shape)}, expected two axes")
    rows, columns = shape
    return (rows, columns) if kind.matrix == "io" else (columns, rows)


def matrix_product(call: Call) -> FeatureMap:
    """x times a constant matrix; of two maps it is not understood (attention)."""
    y = call.inputs[1]
    if not isinstance(y, Constant):
        raise NotUnderstood("it is a product of two maps, or has its constant on the left")
    inner = replace(call.operation, kind=kinds.Linear("io"))
    return linear(Call(call.builder, inner, call.inputs[:2]))
