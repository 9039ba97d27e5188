"""Operators with a kernel or a matrix."""

from __future__ import annotations

import numpy as np

from ...formats.exported_argument import Reference
from ...limits import MAX_CHANNELS
from ..graph import kinds
from ..graph.not_understood import NotUnderstood
from ..graph.operation import Constant
from .operator_call import Made, OperatorCall


def both_sides(pair: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """torch pads as much before as behind."""
    rows, columns = pair
    return (rows, rows), (columns, columns)


def conv2d(call: OperatorCall) -> Made:
    if is_line(call):
        return conv1d(call)
    dilation = call.pair("dilation", 1)
    kind = kinds.Convolution(
        channel_axis=1,
        kernel="oihw",
        stride=call.pair("stride", 1),
        pad=pads_of(call, dilation),
        dilation=dilation,
        groups=call.integer("groups", 1),
    )
    return kind, call.tensor("input"), call.tensor("weight"), call.optional("bias")


def pads_of(call: OperatorCall, dilation: tuple[int, int]):
    """As numbers; or "same", of which an odd one is behind, or "valid"."""
    if not isinstance(call.argument("padding"), str):
        return both_sides(call.pair("padding", 0))
    word = call.text("padding")
    if word == "valid":
        return both_sides((0, 0))
    shape = call.shape("weight")
    if word != "same" or len(shape) != 4:
        raise NotUnderstood(f"its padding is {word!r}, which is not understood")
    pads = []
    for extent, step in zip(shape[2:], dilation):
        total = ((extent or 1) - 1) * step
        pads.append((total // 2, total - total // 2))
    return pads[0], pads[1]


def conv_transpose2d(call: OperatorCall) -> Made:
    kind = kinds.TransposedConvolution(
        channel_axis=1,
        kernel="iohw",
        stride=call.pair("stride", 1),
        pad=both_sides(call.pair("padding", 0)),
        dilation=call.pair("dilation", 1),
        groups=call.integer("groups", 1),
        output_pad=call.pair("output_padding", 0),
    )
    return kind, call.tensor("input"), call.tensor("weight"), call.optional("bias")


def convolution(call: OperatorCall) -> Made:
    """Either of them, as run_decompositions() writes it."""
    if call.flag("transposed"):
        return conv_transpose2d(call)
    if any(call.integers("output_padding", 0)):
        raise NotUnderstood("its output_padding is for transposed convolutions only")
    return conv2d(call)


def is_line(call: OperatorCall) -> bool:
    """Whether a kernel has one axis beside the channels'."""
    weight = call.argument("weight")
    value = call.values.get(weight.name) if isinstance(weight, Reference) else None
    return value is not None and len(value.shape) == 3


def conv1d(call: OperatorCall) -> Made:
    """Along channels that are the cells of one line, [n, 1, c]: a matrix with equal diagonals.

    Efficient channel attention (Wang et al. 2020) is such.
    """
    cells, weight = call.shape("input")[2], call.tensor("weight")
    taps = call.shape("weight")
    if call.shape("input")[1] != 1 or cells is None or len(taps) != 3 or taps[:2] != (1, 1):
        raise NotUnderstood("it convolves along one axis, which is not the channels of a vector")
    for name in ("stride", "dilation", "groups"):
        if set(call.integers(name, 1)) != {1}:
            raise NotUnderstood(f"its {name} is {call.plain(name)}, which is not understood")
    (pad,) = call.integers("padding", 0)
    if weight not in call.constants or taps[2] is None:
        raise NotUnderstood("its kernel is computed")
    shape = (cells + 2 * pad - taps[2] + 1, cells)
    if min(shape) < 1 or max(shape) > MAX_CHANNELS:
        raise NotUnderstood(f"its matrix is {shape[0]} x {shape[1]}, which is not understood")
    kernel = call.constants[weight]
    matrix = f"{call.operation.name}/matrix"
    call.constants[matrix] = Constant(
        shape, kernel.dtype, lambda: diagonals(pad, shape, kernel.read()), kernel.name
    )
    x = call.step(kinds.Squeeze((1,)), call.tensor("input"))
    y = call.step(kinds.Linear("oi"), x, matrix, call.optional("bias"))
    return kinds.Unsqueeze((1,)), y


def diagonals(pad: int, shape: tuple[int, int], kernel: np.ndarray) -> np.ndarray:
    """The matrix [out, in] that a kernel [1, 1, taps] is: out[o] = sum of kernel[i + pad - o] in[i]

    >>> diagonals(1, (3, 3), np.array([[[1, 2, 3]]])).tolist()
    [[2, 3, 0], [1, 2, 3], [0, 1, 2]]
    """
    rows, columns = shape
    taps = kernel.reshape(-1)
    matrix = np.zeros(shape, kernel.dtype)
    for number, tap in enumerate(taps):
        matrix += tap * np.eye(rows, columns, number - pad, kernel.dtype)
    return matrix


def linear(call: OperatorCall) -> Made:
    return kinds.Linear("oi"), call.tensor("input"), call.tensor("weight"), call.optional("bias")


def addmm(call: OperatorCall) -> Made:
    """beta * bias + alpha * (x @ matrix)"""
    kind = kinds.Linear("io", call.number("alpha", 1), call.number("beta", 1))
    return kind, call.tensor("mat1"), call.tensor("mat2"), call.tensor("self")


def matmul(call: OperatorCall) -> Made:
    other = next(filter(call.has, ("mat2", "vec", "tensor")), "other")
    return kinds.MatrixProduct(), call.tensor("self"), call.tensor(other)


TABLE = {
    "conv1d": conv1d,
    "conv2d": conv2d,
    "convolution": convolution,
    "conv_transpose2d": conv_transpose2d,
    "linear": linear,
    "addmm": addmm,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "vdot"), matmul),
}
